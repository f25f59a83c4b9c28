#include "dyno/harness/suite.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/files.h"
#include "dyno/harness/case_outcome.h"
#include "dyno/record/journal.h"
#include "dyno/record/record_file.h"
#include "dyno/record/test_records.h"

namespace dyno::harness {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Suite : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (fs::temp_directory_path() / "dyno_suite_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    sources_.folder = folder_;
    sources_.targets = fs::path(DYNO_SOURCE_DIR) / "fixtures" / "targets";
  }
  void TearDown() override { fs::remove_all(folder_); }

  // A case with one record, whose only verdict is of that kind.
  void add_case(const std::string& name, record::VerdictKind kind, ExitStatus exit) {
    auto run = record::test_record();
    run.name = name;
    record::Verdict verdict;
    verdict.kind = kind;
    verdict.message = "evidence";
    run.verdicts = {verdict};
    ASSERT_TRUE(record::write_record(run, folder_ / "cases" / name / record::record_file).ok());
    add_outcome(name, exit, {""});
  }

  void add_outcome(const std::string& name, ExitStatus exit, std::vector<std::string> records) {
    CaseOutcome outcome;
    outcome.name = name;
    outcome.exit = exit;
    outcome.records = std::move(records);
    if (exit != ExitStatus::pass) outcome.messages = {"goodput collapses\nand more"};
    ASSERT_TRUE(write_case_outcome(outcome, folder_ / "cases" / name / case_outcome_file).ok());
  }

  // As ctest --show-only=json-v1 lists them.
  void expect_cases(const std::vector<std::string>& names) {
    auto tests = nlohmann::json::array();
    for (const auto& name : names) {
      tests.push_back({{"name", name},
                       {"properties",
                        {{{"name", "LABELS"}, {"value", {"performance", "quick"}}},
                         {{"name", "TIMEOUT"}, {"value", 300.0}}}}});
    }
    const nlohmann::json listing = {{"kind", "ctestInfo"}, {"tests", tests}};
    ASSERT_TRUE(write_file(folder_ / "expected_cases.json", listing.dump()).ok());
  }

  record::SuiteRecord gather() {
    auto suite = gather_suite(sources_);
    EXPECT_TRUE(suite.ok()) << suite.error().message;
    return *suite;
  }

  fs::path folder_;
  SuiteSources sources_;
};

TEST_F(Suite, PassingCasesPassAndGiveTheSuiteItsTime) {
  add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
  add_case("A.Two", record::VerdictKind::warn, ExitStatus::pass);
  expect_cases({"A.One", "A.Two"});
  const auto suite = gather();
  EXPECT_EQ(suite.exit, ExitStatus::pass);
  EXPECT_EQ(suite.cases.size(), 2u);
  EXPECT_EQ(suite.started, record::test_record().started);
  EXPECT_EQ(suite.length, record::test_record().length);
}

TEST_F(Suite, AMissedTargetFails) {
  add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
  add_case("A.Two", record::VerdictKind::fail, ExitStatus::fail);
  EXPECT_EQ(gather().exit, ExitStatus::fail);
}

TEST_F(Suite, AnExpectationBeyondTheTargetsFailsWithItsMessage) {
  add_case("A.One", record::VerdictKind::pass, ExitStatus::fail);
  const auto suite = gather();
  EXPECT_EQ(suite.exit, ExitStatus::fail);
  EXPECT_EQ(suite.cases.at(0).message, "goodput collapses");
}

TEST_F(Suite, ACaseThatLeftNothingIsMissing) {
  add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
  expect_cases({"A.One", "A.Vanished"});
  const auto suite = gather();
  EXPECT_THAT(suite.missing_cases, ElementsAre("A.Vanished"));
  EXPECT_EQ(suite.exit, ExitStatus::invalid);
}

TEST_F(Suite, WhatDidNotRunForASmokeCaseThatFailedIsToldWithIt) {
  add_outcome("A.Smoke", ExitStatus::fail, {});
  add_case("B.Smoke", record::VerdictKind::pass, ExitStatus::pass);
  const auto listed = [](const char* name, const char* property, const char* fixture) {
    return nlohmann::json{{"name", name},
                          {"properties", {{{"name", property}, {"value", {fixture}}}}}};
  };
  const nlohmann::json listing = {{"tests",
                                   {listed("A.Smoke", "FIXTURES_SETUP", "smoke_a"),
                                    listed("A.One", "FIXTURES_REQUIRED", "smoke_a"),
                                    listed("A.Two", "FIXTURES_REQUIRED", "smoke_a"),
                                    listed("B.Smoke", "FIXTURES_SETUP", "smoke_b"),
                                    listed("B.One", "FIXTURES_REQUIRED", "smoke_b")}}};
  ASSERT_TRUE(write_file(folder_ / "expected_cases.json", listing.dump()).ok());
  const auto suite = gather();
  EXPECT_THAT(suite.missing_cases, ElementsAre("A.One", "A.Two", "B.One"));
  EXPECT_THAT(suite.notes,
              ElementsAre("A.Smoke did not pass, so no load was put on its service: 2 cases did "
                          "not run"));
  EXPECT_EQ(suite.cases.front().message, "goodput collapses");
}

TEST_F(Suite, CasesHaveTheLabelsThatCtestKnows) {
  add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
  add_case("A.Unlisted", record::VerdictKind::pass, ExitStatus::pass);
  expect_cases({"A.One"});
  const auto suite = gather();
  EXPECT_THAT(suite.cases.at(0).labels, ElementsAre("performance", "quick"));
  EXPECT_THAT(suite.cases.at(1).labels, ElementsAre());
  EXPECT_THAT(suite.missing_cases, ElementsAre());
}

TEST_F(Suite, AListOfCasesThatCannotBeReadIsAnError) {
  add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
  for (const auto* text : {"", "{}", R"({"tests": [{"name": 1}]})"}) {
    ASSERT_TRUE(write_file(folder_ / "expected_cases.json", text).ok());
    EXPECT_FALSE(gather_suite(sources_).ok()) << text;
  }
}

TEST_F(Suite, AnInterruptedSuiteDoesNotPassThoughEveryCaseRan) {
  add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
  expect_cases({"A.One"});
  sources_.benchmarks = {folder_ / "benchmarks" / "cost_agent.json"};
  sources_.interrupted = true;
  const auto suite = gather();
  EXPECT_EQ(suite.exit, ExitStatus::invalid);
  EXPECT_EQ(suite.cases.back().message, "interrupted before they had ended");
  sources_.benchmarks.clear();
  EXPECT_EQ(gather().exit, ExitStatus::invalid);
}

TEST_F(Suite, AKilledCaseIsReadFromItsJournalAndDoesNotPass) {
  const auto path = folder_ / "cases" / "A.Killed" / record::journal_file;
  {
    record::Journal journal;
    ASSERT_TRUE(journal.open(path, record::test_record()).ok());
  }
  const auto suite = gather();
  ASSERT_EQ(suite.cases.size(), 1u);
  EXPECT_THAT(suite.cases[0].message, HasSubstr("killed"));
  EXPECT_EQ(suite.exit, ExitStatus::invalid);
}

TEST_F(Suite, ACaseThatWasMeasuredAgainCountsAsItWasAtLast) {
  auto spoilt = record::test_record();
  spoilt.validity.valid = false;
  spoilt.validity.reasons = {"the engine sent late"};
  ASSERT_TRUE(record::write_record(spoilt, folder_ / "set_aside" / "A.One" / record::record_file));
  add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
  expect_cases({"A.One"});
  auto suite = gather();
  EXPECT_EQ(suite.exit, ExitStatus::pass);
  EXPECT_THAT(suite.notes,
              ElementsAre(AllOf(HasSubstr("A.One was measured again"),
                                HasSubstr("the engine sent late (kept in set_aside/A.One)"))));

  add_case("A.One", record::VerdictKind::invalid, ExitStatus::invalid);
  EXPECT_EQ(gather().exit, ExitStatus::invalid) << "once, not until it passes";

  fs::remove_all(folder_ / "cases" / "A.One");
  add_case("A.Two", record::VerdictKind::pass, ExitStatus::pass);
  suite = gather();
  EXPECT_THAT(suite.missing_cases, ElementsAre("A.One")) << "interrupted before it ran again";
  EXPECT_EQ(suite.exit, ExitStatus::invalid);
}

TEST_F(Suite, ASkippedCaseIsANoteAndNoVerdict) {
  add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
  CaseOutcome skipped;
  skipped.name = "A.Skipped";
  skipped.skipped = true;
  skipped.messages = {"needs a service of its own"};
  ASSERT_TRUE(
      write_case_outcome(skipped, folder_ / "cases" / "A.Skipped" / case_outcome_file).ok());
  const auto suite = gather();
  EXPECT_EQ(suite.exit, ExitStatus::pass);
  EXPECT_THAT(suite.notes, ElementsAre(HasSubstr("needs a service of its own")));
}

// The entry of benchmarks of which one ran, in a file that names `families`.
class SuiteOfBenchmarks : public Suite {
 protected:
  record::CaseRecord entry_for(const std::string& benchmark, const std::string& families) {
    const auto text = fmt::format(R"({{"context": {{"dyno_families": "{}"}},
                                       "benchmarks": [{}]}})",
                                  families, benchmark);
    return entry_of_file(text);
  }

  record::CaseRecord entry_of_file(const std::string& text) {
    add_case("A.One", record::VerdictKind::pass, ExitStatus::pass);
    const auto file = folder_ / "benchmarks" / "tiny.json";
    EXPECT_TRUE(write_file(file, text).ok());
    const auto targets = R"({"system": "tiny", "sets": {"benchmarks": {"about": "all", "targets": [
        {"figure": "response_time.mean", "endpoint": "Get*", "below": "1 ms"}]}}})";
    EXPECT_TRUE(write_file(folder_ / "targets" / "tiny.json", targets).ok());
    sources_.targets = folder_ / "targets";
    sources_.benchmarks = {file};
    auto suite = gather();
    EXPECT_EQ(suite.benchmarks, "benchmarks");
    EXPECT_EQ(suite.exit, suite.cases.back().exit);
    return suite.cases.back();
  }

  static constexpr const char* get_64_in_10_us =
      R"({"name": "Get/64", "iterations": 1000, "real_time": 10, "time_unit": "us"})";
};

TEST_F(SuiteOfBenchmarks, ThoseOfASystemAreJudgedByItsTargets) {
  const auto entry = entry_for(get_64_in_10_us, "Get");
  EXPECT_EQ(entry.name, "benchmarks/tiny");
  EXPECT_EQ(entry.exit, ExitStatus::pass) << entry.message;
  EXPECT_EQ(entry.verdicts.size(), 1u);
  EXPECT_EQ(entry_for(R"({"name": "Get/64", "iterations": 1000, "real_time": 10,
                          "time_unit": "ms"})",
                      "Get")
                .exit,
            ExitStatus::fail);
}

TEST_F(SuiteOfBenchmarks, OneThatVanishedIsAFailureThoughItsTargetsPass) {
  const auto entry = entry_for(get_64_in_10_us, "Get,Set");
  EXPECT_EQ(entry.exit, ExitStatus::invalid);
  EXPECT_EQ(entry.message, "Set should have run, and did not");
  EXPECT_THAT(entry_for(get_64_in_10_us, "").message, HasSubstr("does not name"));
}

TEST_F(SuiteOfBenchmarks, OneThatFailedOrAFileThatCannotBeReadIsInvalid) {
  const auto failed = entry_for(R"({"name": "Get/64", "run_type": "iteration",
                                    "error_occurred": true, "error_message": "down"})",
                                "Get");
  EXPECT_EQ(failed.exit, ExitStatus::invalid);
  EXPECT_EQ(failed.message, "Get/64 failed: down");
  for (const auto* text : {"", R"({"context": {)", R"([1])", R"({"benchmarks": [{"name": 3}]})"}) {
    EXPECT_EQ(entry_of_file(text).exit, ExitStatus::invalid) << text;
  }
  fs::remove(sources_.benchmarks.front());
  EXPECT_EQ(gather().exit, ExitStatus::invalid);
}

TEST_F(Suite, AnEmptyFolderIsAnError) { EXPECT_FALSE(gather_suite(sources_).ok()); }

}  // namespace
}  // namespace dyno::harness
