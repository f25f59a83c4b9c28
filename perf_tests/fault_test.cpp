// Whether the performance cases see what they are there to see: a real service with a fault, or
// killed in mid-run, must not pass, and one without must. docs/faults.md has the same by hand.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/harness/case_outcome.h"
#include "dyno/harness/program_run.h"
#include "dyno/record/record_file.h"
#include "dyno/record/suite_record.h"

namespace cost_agent_perf {
namespace {

using namespace std::chrono_literals;
using dyno::harness::ProgramRun;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;
namespace record = dyno::record;

using Environment = std::vector<std::pair<std::string, std::string>>;

std::uint64_t count(const record::RunRecord& run, std::string_view outcome) {
  std::uint64_t sum = 0;
  for (const auto& cell : run.cells) {
    if (dyno::metrics::to_string(cell.outcome) == outcome) sum += cell.count;
  }
  return sum;
}

class Faults : public testing::Test {
 protected:
  Faults() {
    auto pattern = (fs::temp_directory_path() / "dyno_fault_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~Faults() override { fs::remove_all(folder_); }

  // One case, or those of a filter, with its results in folder_/results.
  ProgramRun start_case(const std::string& filter, const std::string& results,
                        Environment environment = {}) const {
    const Environment common{{"DYNO_DATA", "small"},
                             {"DYNO_TARGET", "spawn"},
                             {"PERFORMANCE_TEST_MODE", "quick"},
                             {"MAX_CONCURRENT_USERS", "10"},
                             {"DYNO_DATABASE_URL", ""},
                             {"DYNO_REDIS_URL", ""},
                             {"DYNO_BILLING", ""},
                             {"DYNO_HOST", ""},
                             {"DYNO_FAULT", ""},
                             {"DYNO_RESULTS_DIR", (folder_ / results).string()}};
    environment.insert(environment.begin(), common.begin(), common.end());
    return ProgramRun({{COST_AGENT_PERF_PROGRAM, "--gtest_filter=CostAgentPerf." + filter},
                       environment,
                       folder_});
  }

  ProgramRun start_suite(const std::string& results, std::vector<std::string> more,
                         int file_blocks = 0) const {
    std::vector<std::string> argv{DYNO_PROGRAM, "suite",      results,       "--form",   "quick",
                                  "--targets",  DYNO_TARGETS, "--baselines", "baselines"};
    argv.insert(argv.end(), more.begin(), more.end());
    return ProgramRun({argv, {}, folder_, file_blocks});
  }

  // cost_agent on a free port, and its URL.
  std::pair<ProgramRun, std::string> start_service() const {
    ProgramRun service({{COST_AGENT_PROGRAM, "--port", "0", "--data", "small"}, {}, folder_});
    EXPECT_TRUE(service.says("listening on ")) << service.err();
    auto url = service.out();
    url = url.substr(url.find("http://"));
    return {std::move(service), url.substr(0, url.find('\n'))};
  }

  record::RunRecord record_of(const std::string& results, const std::string& name) const {
    auto read = record::read_record(folder_ / results / "cases" / ("CostAgentPerf." + name));
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
    return read ? std::move(*read) : record::RunRecord{};
  }

  bool in_mid_run(const ProgramRun& run, const std::string& results,
                  const std::string& name) const {
    return dyno::harness::in_mid_run(run, folder_ / results / "cases" / ("CostAgentPerf." + name));
  }

  static constexpr const char* DYNO_TARGETS = DYNO_SOURCE_DIR "/fixtures/targets";
  fs::path folder_;
};

TEST_F(Faults, HoldingAnalysisForThreeSecondsFailsItsTargetWithTheEvidence) {
  auto run = start_case("AnalysisTime", "r", {{"DYNO_FAULT", R"({"hold":{"analyze":3000}})"}});
  EXPECT_EQ(run.wait(2min), 1) << run.err();
  EXPECT_THAT(run.out(), HasSubstr("FAIL: response_time.mean of */api/v1/analyze is 3."));
  EXPECT_THAT(run.out(), HasSubstr("FAIL: response_time.p95 of */api/v1/analyze is 3."));
  EXPECT_THAT(run.out(), HasSubstr("target < 2.00 s"));
  auto suite = start_suite("r", {});
  EXPECT_EQ(suite.wait(), 1) << suite.err();
  EXPECT_THAT(suite.out(), HasSubstr("CostAgentPerf.AnalysisTime"));
  // Likewise on a disk that is full by now; what was written before stays.
  const auto earlier = dyno::read_file(folder_ / "r/record.json");
  auto full = start_suite("r", {}, 2);
  EXPECT_EQ(full.wait(), 2);
  EXPECT_THAT(full.out(), HasSubstr("FAIL     CostAgentPerf.AnalysisTime"));
  EXPECT_THAT(full.err(), testing::StartsWith("error: cannot write r/record.json: File too large"));
  EXPECT_EQ(*dyno::read_file(folder_ / "r/record.json"), *earlier);
}

TEST_F(Faults, ATenfoldSlowdownWithinTheTargetFailsTheComparisonAndNoneDoesNot) {
  // Time for all 220 analyses also where a sanitizer slows everything down.
  const Environment patient{{"TEST_DURATION_SECONDS", "120"}};
  ASSERT_EQ(start_case("AnalysisTime", "base", patient).wait(3min), 0);
  ASSERT_EQ(start_suite("base", {"--save-baseline"}).wait(), 0);
  for (const auto* again : {"same1", "same2", "same3"}) {
    ASSERT_EQ(start_case("AnalysisTime", again, patient).wait(3min), 0);
    auto suite = start_suite(again, {"--require-baseline"});
    EXPECT_EQ(suite.wait(), 0) << again << "\n" << suite.out();
  }
  auto with_fault = patient;
  with_fault.emplace_back("DYNO_FAULT", R"({"slow":{"analyze":9}})");
  auto slow = start_case("AnalysisTime", "slow", with_fault);
  EXPECT_EQ(slow.wait(3min), 0) << "it is still within its target\n" << slow.out();
  auto suite = start_suite("slow", {"--require-baseline"});
  EXPECT_EQ(suite.wait(), 1) << suite.out();
  EXPECT_THAT(suite.out(), AllOf(HasSubstr("regressed"), HasSubstr("/api/v1/analyze")));
}

// A service of its own, at which a case is aimed; what is done to it comes in mid-run.
class MidRun : public Faults {
 protected:
  ProgramRun start_load(const std::string& url) const {
    auto run = start_case("ErrorRate", "r", {{"DYNO_HOST", url}, {"TEST_DURATION_SECONDS", "4"}});
    EXPECT_TRUE(in_mid_run(run, "r", "ErrorRate")) << run.err();
    return run;
  }
  void expect_failed(ProgramRun& run, const std::string& outcome) const {
    EXPECT_EQ(run.wait(1min), 1) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("FAIL"));
    const auto record = record_of("r", "ErrorRate");
    EXPECT_EQ(record.completion, record::Completion::complete);
    EXPECT_GT(count(record, "ok"), 0u);
    EXPECT_GT(count(record, outcome), 0u);
    EXPECT_EQ(start_suite("r", {}).wait(), 1);
  }
};

TEST_F(MidRun, AServiceKilled) {
  auto [service, url] = start_service();
  auto run = start_load(url);
  service.signal(SIGKILL);
  expect_failed(run, "refused");
  EXPECT_THAT(run.out(), HasSubstr("the service did not answer in the last"));
}

TEST_F(MidRun, AServiceFrozen) {
  auto [service, url] = start_service();
  auto run = start_load(url);
  service.signal(SIGSTOP);
  expect_failed(run, "cancelled");
  EXPECT_THAT(run.out(), HasSubstr("the service did not answer in the last"));
  service.signal(SIGCONT);
}

// The program that measures is kept from the CPU again and again, as by others on its machine.
void starve(ProgramRun& run) {
  while (run.running()) {
    run.signal(SIGSTOP);
    std::this_thread::sleep_for(200ms);
    run.signal(SIGCONT);
    std::this_thread::sleep_for(200ms);
  }
}

TEST_F(MidRun, OnlyWhereNothingButTheEngineWasAtFaultIsItWorthMeasuringAgain) {
  const auto outcome = [this] {
    auto read = dyno::harness::read_case_outcome(folder_ / "r/cases/CostAgentPerf.ErrorRate" /
                                                 dyno::harness::case_outcome_file);
    EXPECT_TRUE(read);
    return read ? std::move(*read) : dyno::harness::CaseOutcome{};
  };
  auto [service, url] = start_service();
  auto late = start_load(url);
  starve(late);
  EXPECT_EQ(late.wait(1min), 4) << late.out() << late.err();
  EXPECT_THAT(late.out(), HasSubstr("the engine sent late"));
  EXPECT_TRUE(record_of("r", "ErrorRate").validity.short_of_cpu);
  EXPECT_TRUE(outcome().measure_again);

  fs::remove_all(folder_ / "r");
  auto also_refused = start_load(url);
  service.signal(SIGKILL);
  starve(also_refused);
  EXPECT_NE(also_refused.wait(1min), 0) << also_refused.out() << also_refused.err();
  EXPECT_GT(count(record_of("r", "ErrorRate"), "refused"), 0u);
  EXPECT_FALSE(outcome().measure_again) << "the service failed, whatever the engine did";
}

// The service that the case has started itself.
TEST_F(MidRun, ASpawnedServiceKilled) {
  auto run = start_case("ResourcesUnderNormalLoad", "r", {{"TEST_DURATION_SECONDS", "4"}});
  ASSERT_TRUE(in_mid_run(run, "r", "ResourcesUnderNormalLoad")) << run.err();
  const auto service = record_of("r", "ResourcesUnderNormalLoad").service.pid;
  ASSERT_GT(service, 0);
  ::kill(service, SIGKILL);
  const auto status = run.wait(1min);
  EXPECT_EQ(status, 1) << run.out() << run.err();
  const auto record = record_of("r", "ResourcesUnderNormalLoad");
  EXPECT_THAT(record.notes, testing::Contains(HasSubstr("the service ended")));
}

TEST_F(Faults, AnswersOf500AndResets) {
  const Environment brief{{"TEST_DURATION_SECONDS", "2"}};
  for (const auto& [fault, outcome] :
       {std::pair<std::string, std::string>{R"({"error":{"share":0.2,"status":500}})",
                                            "http_error(500)"},
        {R"({"reset":{"share":0.2}})", "reset"},
        {R"({"truncate":{"share":0.2}})", "truncated"}}) {
    auto environment = brief;
    environment.emplace_back("DYNO_FAULT", fault);
    auto run = start_case("CachedReads", outcome, environment);
    EXPECT_EQ(run.wait(1min), 1) << run.out() << run.err();
    EXPECT_THAT(run.out(), HasSubstr("most often " + outcome));
    EXPECT_GT(count(record_of(outcome, "CachedReads"), outcome), 0u);
  }
}

TEST_F(Faults, ACaseThatIsInterruptedPassesNothingAndTheNextAreSkipped) {
  auto run = start_case("CachedReads:CostAgentPerf.AnalysisThroughput", "r",
                        {{"TEST_DURATION_SECONDS", "600"}});
  const auto folder = folder_ / "r/cases/CostAgentPerf.AnalysisThroughput";
  ASSERT_TRUE(run.says("dyno: 2 s"));
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(1min), 4) << run.out();
  EXPECT_THAT(run.out(), HasSubstr("[  SKIPPED ]"));
  auto suite = start_suite("r", {"--interrupted"});
  EXPECT_EQ(suite.wait(), 4) << suite.out();
}

TEST_F(Faults, ACaseThatIsKilledLeavesAJournalThatTheSuiteReadsAndDoesNotPass) {
  auto run = start_case("CachedReads", "r", {{"TEST_DURATION_SECONDS", "600"}});
  ASSERT_TRUE(run.says("dyno: 2 s"));
  run.signal(SIGKILL);
  run.wait();
  EXPECT_EQ(record_of("r", "CachedReads").completion, record::Completion::partial);
  auto suite = start_suite("r", {});
  EXPECT_EQ(suite.wait(), 4);
  EXPECT_THAT(suite.out(), HasSubstr("killed"));
}

TEST_F(Faults, WhatCannotStartIsOneLineAndTwo) {
  const auto refusal = [&](const Environment& environment) {
    auto run = start_case("CachedReads", "r", environment);
    EXPECT_EQ(run.wait(1min), 2) << run.out();
    const auto line = run.err();
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
    return line;
  };
  auto none = start_case("NoSuchCase", "r");
  EXPECT_EQ(none.wait(1min), 2) << "a case that is not there has not passed";
  EXPECT_THAT(none.err(), HasSubstr("error: no case matches CostAgentPerf.NoSuchCase"));
  EXPECT_THAT(refusal({{"DYNO_HOST", "http://127.0.0.1:1"}}),
              AllOf(HasSubstr("http://127.0.0.1:1/health does not answer"),
                    HasSubstr("is the service running there?")));
  EXPECT_THAT(refusal({{"DYNO_DATABASE_URL", "postgresql://127.0.0.1:1/x"}}),
              AllOf(HasSubstr("the database cannot be used"), HasSubstr("Connection refused")));
  EXPECT_THAT(refusal({{"DYNO_FAULT", "{\"x\":1}"}}), HasSubstr("fault 'x' is not known"));
  EXPECT_THAT(refusal({{"DYNO_TARGETS_DIR", "/nowhere"}}), HasSubstr("/nowhere"));
  EXPECT_THAT(refusal({{"DYNO_RESULTS_DIR", "/proc/results"}}), HasSubstr("/proc/results"));
  ASSERT_TRUE(dyno::write_file(folder_ / "bad.csv", "not,a,billing\nexport,at,all\n"));
  EXPECT_THAT(refusal({{"DYNO_BILLING", (folder_ / "bad.csv").string()}}),
              HasSubstr("mandatory columns are missing"));
}

}  // namespace
}  // namespace cost_agent_perf
