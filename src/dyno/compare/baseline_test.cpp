#include "dyno/compare/baseline.h"

#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/compare/compare.h"
#include "dyno/core/files.h"
#include "dyno/record/record_file.h"
#include "dyno/record/test_records.h"

namespace dyno::compare {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Baseline : public ::testing::Test {
 protected:
  ~Baseline() override { std::filesystem::remove_all(folder_); }

  // A suite run of one case in `results`, written to the disk.
  record::SuiteRecord write_results(const std::string& name, record::RunRecord run) {
    run.verdicts = {{record::VerdictKind::pass, "t", "*", "rate", 1.0, 1.0, "1/s", 1, "fine"}};
    record::SuiteRecord suite;
    suite.id = name;
    suite.name = name;
    suite.environment = run.environment;
    suite.cases = {record::summarise(run, {}, "cases/A.B")};
    suite.benchmarks = "benchmarks";
    EXPECT_TRUE(write_file(folder_ / name / "benchmarks" / "tiny.json",
                           R"({"benchmarks": [{"name": "Get", "real_time": 1}]})"));
    EXPECT_TRUE(record::write_record(run, folder_ / name / "cases/A.B/record.json"));
    EXPECT_TRUE(record::write_suite_record(suite, folder_ / name / "record.json"));
    EXPECT_TRUE(write_file(folder_ / name / "summary.md", "# not needed"));
    return suite;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("dyno_baseline_test_" + std::to_string(::getpid()));
  std::filesystem::path root_ = folder_ / "baselines";
};

TEST_F(Baseline, IsKeptByMachineAndFormAndFound) {
  const auto suite = write_results("first", record::test_record());
  const auto machine = fingerprint(suite.environment);
  EXPECT_THAT(find_baseline(root_, machine, "quick").why_not, HasSubstr("--save-baseline"));
  const auto saved = save_baseline(root_, folder_ / "first", suite);
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(*saved, root_ / machine / "quick");
  EXPECT_TRUE(std::filesystem::exists(*saved / "cases/A.B/record.json"));
  EXPECT_TRUE(std::filesystem::exists(*saved / "benchmarks/tiny.json"));
  EXPECT_FALSE(std::filesystem::exists(*saved / "summary.md"));
  EXPECT_EQ(find_baseline(root_, machine, "quick").folder, *saved);
  EXPECT_THAT(find_baseline(root_, machine, "full").why_not, HasSubstr("form 'full'"));
  EXPECT_THAT(find_baseline(root_, "another", "quick").why_not, HasSubstr("only for 1 other"));
}

TEST_F(Baseline, ALaterOneReplacesItWhole) {
  ASSERT_TRUE(
      save_baseline(root_, folder_ / "first", write_results("first", record::test_record())));
  const auto second = write_results("second", record::test_record());
  const auto saved = save_baseline(root_, folder_ / "second", second);
  ASSERT_TRUE(saved);
  const auto kept = record::read_suite_record(*saved);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->id, "second");
  EXPECT_FALSE(std::filesystem::exists(saved->string() + ".old"));
  EXPECT_FALSE(std::filesystem::exists(saved->string() + ".new"));
}

TEST_F(Baseline, OnlyACompleteValidPassedRunBecomesOne) {
  const auto good = write_results("run", record::test_record());
  const auto refused = [&](const record::SuiteRecord& suite) {
    const auto saved = save_baseline(root_, folder_ / "run", suite);
    return saved ? "" : saved.error().message;
  };
  auto suite = good;
  suite.exit = ExitStatus::fail;
  EXPECT_THAT(refused(suite), HasSubstr("did not pass"));
  suite = good;
  suite.cases[0].exit = ExitStatus::invalid;
  EXPECT_THAT(refused(suite), HasSubstr("did not pass"));
  suite = good;
  suite.missing_cases = {"A.C"};
  EXPECT_THAT(refused(suite), HasSubstr("did not pass"));
  suite = good;
  suite.cases[0].completion = record::Completion::stopped;
  EXPECT_THAT(refused(suite), HasSubstr("did not complete"));
  suite = good;
  suite.cases[0].validity.valid = false;
  EXPECT_THAT(refused(suite), HasSubstr("is invalid"));
  suite = good;
  suite.comparison.emplace();
  suite.comparison->figures.emplace_back();
  suite.comparison->figures[0].change = record::Change::regressed;
  EXPECT_THAT(refused(suite), HasSubstr("regressed"));
  EXPECT_FALSE(std::filesystem::exists(root_));
}

TEST_F(Baseline, ARunIsComparedWithTheOneOfItsMachine) {
  const auto first = write_results("first", record::test_record());
  auto compared = compare_with_baseline(root_, folder_ / "first", first);
  ASSERT_TRUE(compared);
  EXPECT_FALSE(compared->comparison);
  EXPECT_THAT(compared->why_not, HasSubstr("no baseline"));
  ASSERT_TRUE(save_baseline(root_, folder_ / "first", first));
  auto slow = record::test_record();
  slow.cells[1].response_time.reset();
  slow.cells[1].response_time.record_n(2s, 2000);
  const auto second = write_results("second", slow);
  compared = compare_with_baseline(root_, folder_ / "second", second);
  ASSERT_TRUE(compared) << compared.error().message;
  ASSERT_TRUE(compared->comparison);
  EXPECT_EQ(exit_status(*compared->comparison), ExitStatus::fail);
}

}  // namespace
}  // namespace dyno::compare
