#include "dyno/record/suite_record.h"

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/record/record_file.h"
#include "dyno/record/test_records.h"

namespace dyno::record {
namespace {

using namespace std::chrono_literals;

SuiteRecord suite() {
  SuiteRecord record;
  record.id = "20261121T074300Z-quick-1a2b3c4d5e6f";
  record.name = "quick";
  record.started = from_iso8601("2026-11-21T07:43:00Z");
  record.length = 90s;
  record.environment = test_record().environment;
  auto run = test_record();
  run.verdicts = {{VerdictKind::pass, "t", "*", "rate", 133.0, 100.0, "1/s", 4000, "fine"}};
  record.cases = {summarise(run, {"performance", "load"}, "cases/CostAgentPerf.NormalLoad")};
  record.missing_cases = {"CostAgentPerf.Vanished"};
  record.benchmarks = "benchmarks";
  ComparedFigure figure;
  figure.change = Change::regressed;
  figure.subject = "CacheGet/8";
  figure.ratio = 1.4;
  figure.message = "slower";
  record.comparison = Comparison{"baseline", "this run", {figure}, {"note"}};
  record.exit = ExitStatus::invalid;
  record.notes = {"n"};
  return record;
}

TEST(SuiteRecord, EveryFieldComesBack) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("dyno_suite_test_" + std::to_string(::getpid()));
  ASSERT_TRUE(write_suite_record(suite(), folder / record_file));
  const auto read = read_suite_record(folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read).dump(1), to_json(suite()).dump(1));
  const auto as_run = read_record(folder);
  ASSERT_FALSE(as_run);
  EXPECT_NE(as_run.error().message.find("whole suite"), std::string::npos)
      << as_run.error().message;
  std::filesystem::remove_all(folder);
}

TEST(SuiteRecord, ANewerOrForeignOneIsRefused) {
  auto json = to_json(suite());
  json["schema_version"] = 99;
  EXPECT_FALSE(suite_record_from_json(json, "x"));
  EXPECT_FALSE(suite_record_from_json({{"schema", "dyno.run"}}, "x"));
  json = to_json(suite());
  json["cases"][0]["exit_status"] = 9;
  EXPECT_FALSE(suite_record_from_json(json, "x"));
}

TEST(SuiteRecord, ACaseIsSummarisedByItsKeyFigures) {
  const auto item = suite().cases.at(0);
  EXPECT_EQ(item.exit, ExitStatus::pass);
  ASSERT_GE(item.figures.size(), 8U);
  EXPECT_EQ(item.figures[0].name, "requests");
  EXPECT_EQ(item.figures[0].value, 4020);
}

Verdict verdict(VerdictKind kind) {
  Verdict result;
  result.kind = kind;
  return result;
}

TEST(ExitStatus, NothingPassesForLackOfData) {
  EXPECT_EQ(exit_status({verdict(VerdictKind::pass), verdict(VerdictKind::warn)}),
            ExitStatus::pass);
  EXPECT_EQ(exit_status({verdict(VerdictKind::pass), verdict(VerdictKind::fail)}),
            ExitStatus::fail);
  EXPECT_EQ(exit_status({verdict(VerdictKind::pass), verdict(VerdictKind::no_data)}),
            ExitStatus::invalid);
  EXPECT_EQ(exit_status({verdict(VerdictKind::invalid)}), ExitStatus::invalid);
  EXPECT_EQ(exit_status({verdict(VerdictKind::pass), verdict(VerdictKind::not_applicable)}),
            ExitStatus::pass);
  EXPECT_EQ(exit_status({verdict(VerdictKind::not_applicable)}), ExitStatus::inconclusive);
  EXPECT_EQ(exit_status(std::vector<Verdict>{}), ExitStatus::invalid);
}

TEST(ExitStatus, AMissThatWasSeenCountsWhateverElseIsNotKnown) {
  for (const auto other : {VerdictKind::no_data, VerdictKind::invalid, VerdictKind::warn}) {
    EXPECT_EQ(exit_status({verdict(other), verdict(VerdictKind::fail)}), ExitStatus::fail);
    EXPECT_EQ(exit_status({verdict(VerdictKind::fail), verdict(other)}), ExitStatus::fail);
  }
}

TEST(ExitStatus, AMissingCaseMakesASuiteInvalid) {
  auto record = suite();
  EXPECT_EQ(exit_status(record), ExitStatus::invalid);
  record.missing_cases.clear();
  EXPECT_EQ(exit_status(record), ExitStatus::pass);
  record.cases.clear();
  EXPECT_EQ(exit_status(record), ExitStatus::invalid);
}

TEST(ExitStatus, AComparisonFailsOnARegressionAndPassesOnlyWhatItCouldSee) {
  Comparison comparison;
  EXPECT_EQ(exit_status(comparison), ExitStatus::inconclusive);
  const auto with = [&](Change change) {
    comparison.figures.assign(1, {});
    comparison.figures[0].change = change;
    return exit_status(comparison);
  };
  EXPECT_EQ(with(Change::regressed), ExitStatus::fail);
  EXPECT_EQ(with(Change::improved), ExitStatus::pass);
  EXPECT_EQ(with(Change::equivalent), ExitStatus::pass);
  EXPECT_EQ(with(Change::added), ExitStatus::pass);
  EXPECT_EQ(with(Change::inconclusive), ExitStatus::inconclusive);
  EXPECT_EQ(with(Change::no_baseline), ExitStatus::inconclusive);
  EXPECT_EQ(with(Change::missing), ExitStatus::invalid);
  EXPECT_EQ(with(Change::errored), ExitStatus::invalid);
}

}  // namespace
}  // namespace dyno::record
