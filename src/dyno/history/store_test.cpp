#include "dyno/history/store.h"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/record/record_file.h"
#include "dyno/record/suite_record.h"
#include "dyno/record/test_records.h"

namespace dyno::history {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class HistoryStore : public testing::Test {
 protected:
  HistoryStore()
      : root_(fs::temp_directory_path() / ("dyno-history-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
  }
  ~HistoryStore() override { fs::remove_all(root_); }

  static HistoryRun run(const std::string& id,
                        const std::string& started = "2026-11-21T07:43:00Z") {
    HistoryRun run{id, started, "abc123", "quick", {}, ExitStatus::pass, {}, {}};
    run.subjects.push_back({"Case", "50 users", {{"response_time.p95", 2e6}}});
    run.left_out.push_back({"Other", "it ended early"});
    return run;
  }
  fs::path file() const { return history_file(root_, fingerprint(Environment{})); }
  std::string text() const { return read_file(file()).value(); }

  fs::path root_;
};

TEST_F(HistoryStore, WhatWasAddedIsRead) {
  EXPECT_EQ(add_run(root_, run("b", "2026-11-22T00:00:00Z")).value(), Added::added);
  EXPECT_EQ(add_run(root_, run("a")).value(), Added::added);
  const auto history = read_history(file());
  ASSERT_TRUE(history) << history.error().message;
  ASSERT_EQ(history->runs.size(), 2u);
  const auto& first = history->runs.front();  // by start, not by line
  EXPECT_EQ(first.id, "a");
  EXPECT_EQ(first.commit, "abc123");
  EXPECT_EQ(first.form, "quick");
  EXPECT_EQ(first.subjects.at(0).condition, "50 users");
  EXPECT_EQ(first.subjects.at(0).figures.at("response_time.p95"), 2e6);
  EXPECT_EQ(first.left_out.at(0).why, "it ended early");
  EXPECT_TRUE(history->notes.empty());
}

TEST_F(HistoryStore, TheSameRunIsNotAddedTwice) {
  ASSERT_TRUE(add_run(root_, run("a")));
  const auto before = text();
  EXPECT_EQ(add_run(root_, run("a")).value(), Added::already_there);
  EXPECT_EQ(text(), before);
}

TEST_F(HistoryStore, ATornLastLineCostsNothingElse) {
  ASSERT_TRUE(add_run(root_, run("a")));
  ASSERT_TRUE(add_run(root_, run("b")));
  const auto whole = text();
  for (const auto cut : {whole.size() - 2, whole.size() - 40, whole.size() / 2 + 5}) {
    ASSERT_TRUE(write_file(file(), whole.substr(0, cut)));
    const auto torn = read_history(file());
    ASSERT_TRUE(torn);
    EXPECT_EQ(torn->runs.size(), 1u);
    ASSERT_EQ(torn->notes.size(), 1u);
    EXPECT_THAT(torn->notes[0], HasSubstr("last line is torn"));
    // Added again, the run gets a line of its own.
    EXPECT_EQ(add_run(root_, run("b")).value(), Added::added);
    EXPECT_EQ(read_history(file())->runs.size(), 2u);
    EXPECT_EQ(text().substr(0, cut), whole.substr(0, cut));
  }
}

TEST_F(HistoryStore, LinesOfOthersAreNotedAndLaterVersionsRefused) {
  ASSERT_TRUE(add_run(root_, run("a")));
  const auto line = text();
  ASSERT_TRUE(write_file(file(), "{\"schema\":\"x\"}\n[1]\n" + line + line));
  const auto history = read_history(file());
  ASSERT_TRUE(history);
  EXPECT_EQ(history->runs.size(), 1u);
  EXPECT_EQ(history->notes.size(), 2u);
  ASSERT_TRUE(write_file(file(), "{\"schema\":\"dyno.history\",\"schema_version\":2}\n"));
  EXPECT_THAT(read_history(file()).error().message, HasSubstr("version 2 is later"));
}

TEST_F(HistoryStore, ProcessesThatAddAtTheSameTimeLoseNothing) {
  constexpr int processes = 4;
  constexpr int each = 10;
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p) {
    const auto child = ::fork();
    if (child == 0) {
      bool good = true;
      for (int i = 0; i < each; ++i) {
        const auto added = add_run(root_, run(std::to_string(p) + "-" + std::to_string(i)));
        good = good && added.ok();
      }
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const auto child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto history = read_history(file());
  ASSERT_TRUE(history);
  EXPECT_EQ(history->runs.size(), static_cast<std::size_t>(processes * each));
  EXPECT_TRUE(history->notes.empty());
}

// A limit on the size of files stands in for a full disk: both fail in the middle of a write.
TEST_F(HistoryStore, AFullDiskLeavesItAsItWas) {
  ASSERT_TRUE(add_run(root_, run("a")));
  const auto before = text();
  const auto child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{before.size() + 100, before.size() + 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto added = add_run(root_, run("b"));
    const bool said = !added && added.error().message.find("is as it was") != std::string::npos;
    ::_exit(said ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(text(), before);
}

TEST_F(HistoryStore, AFolderThatCannotBeWrittenIsSaid) {
  ASSERT_TRUE(write_file(root_, "a file in the way"));
  EXPECT_THAT(add_run(root_, run("a")).error().message, HasSubstr("cannot add to"));
}

TEST_F(HistoryStore, TheFileIsFoundOrWhatThereIsIsSaid) {
  EXPECT_THAT(find_history(root_, "").error().message, HasSubstr("dyno history add"));
  ASSERT_TRUE(add_run(root_, run("a")));
  EXPECT_EQ(find_history(root_, "").value(), file());  // the only one
  auto other = run("b");
  other.environment.cpu_model = "another";
  ASSERT_TRUE(add_run(root_, other));
  EXPECT_THAT(find_history(root_, "").error().message, HasSubstr("--fingerprint"));
  EXPECT_EQ(find_history(root_, fingerprint(Environment{})).value(), file());
  EXPECT_THAT(find_history(root_, "none").error().message, HasSubstr("no history of none"));
}

TEST_F(HistoryStore, ARunGivesItsFigures) {
  const auto record = record::test_record();
  ASSERT_TRUE(record::write_record(record, root_ / "run" / "record.json"));
  const auto run = run_from_results(root_ / "run", "");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->id, record.id);
  EXPECT_EQ(run->commit, "1a2b3c4d5e6f");
  EXPECT_EQ(run->started.substr(0, 10), "2026-11-21");
  ASSERT_EQ(run->subjects.size(), 3u);  // the case, and two endpoints
  EXPECT_EQ(run->subjects[0].name, "CostAgentPerf.NormalLoad");
  EXPECT_NEAR(run->subjects[0].figures.at("service.rss.max"), 1e8, 1);
  EXPECT_EQ(run->subjects[1].name, "CostAgentPerf.NormalLoad: GET /api/v1/costs");
  EXPECT_NEAR(run->subjects[1].figures.at("response_time.p95"), 95e6, 2e6);
  EXPECT_EQ(run_from_results(root_ / "run" / "record.json", "feed")->commit, "feed");
}

TEST_F(HistoryStore, ASuiteGivesItsCasesAndLeavesOutTheInvalid) {
  auto record = record::test_record();
  record::SuiteRecord suite;
  suite.id = "suite-1";
  suite.form = "quick";
  suite.environment = record.environment;
  suite.cases.push_back(record::summarise(record, {}, "cases/CostAgentPerf.NormalLoad"));
  ASSERT_TRUE(record::write_suite_record(suite, root_ / "s" / "record.json"));
  const auto cases = root_ / "s" / "cases";
  ASSERT_TRUE(record::write_record(record, cases / "CostAgentPerf.NormalLoad" / "record.json"));
  record.validity = {false, {"the engine was late"}, {}};
  ASSERT_TRUE(record::write_record(record, cases / "CostAgentPerf.PeakLoad" / "record.json"));
  const auto run = run_from_results(root_ / "s", "");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->id, "suite-1");
  EXPECT_EQ(run->subjects.front().name, "CostAgentPerf.NormalLoad");
  ASSERT_EQ(run->left_out.size(), 1u);
  EXPECT_EQ(run->left_out[0].name, "CostAgentPerf.PeakLoad");
  EXPECT_THAT(run->left_out[0].why, HasSubstr("the engine was late"));
}

TEST_F(HistoryStore, BenchmarksOnOtherDataAreOfAnotherCondition) {
  const auto record = record::test_record();
  record::SuiteRecord suite;
  suite.environment = record.environment;
  suite.benchmarks = "benchmarks";
  ASSERT_TRUE(record::write_suite_record(suite, root_ / "s" / "record.json"));
  const auto conditions = [&](const std::string& context) {
    EXPECT_TRUE(write_file(root_ / "s" / "benchmarks" / "tiny.json",
                           R"({"context": {)" + context +
                               R"(}, "benchmarks": [{"name": "Get", "iterations": 9,
                                  "real_time": 5, "time_unit": "ns"}]})"));
    const auto run = run_from_results(root_ / "s", "");
    return run && !run->subjects.empty() ? run->subjects.back().condition : "";
  };
  EXPECT_EQ(conditions(""), "1 thread");
  EXPECT_EQ(conditions(R"("dyno_data": "size small, seed 1")"),
            "1 thread, data size small, seed 1");
}

TEST_F(HistoryStore, ARunThatMeasuredNothingIsRefused) {
  auto record = record::test_record();
  record.validity = {false, {"the engine was late"}, {}};
  ASSERT_TRUE(record::write_record(record, root_ / "r" / "record.json"));
  EXPECT_THAT(run_from_results(root_ / "r", "").error().message,
              HasSubstr("measured nothing that could be kept; CostAgentPerf.NormalLoad: it is "
                        "invalid: the engine was late"));
  EXPECT_FALSE(run_from_results(root_ / "none", ""));
}

}  // namespace
}  // namespace dyno::history
