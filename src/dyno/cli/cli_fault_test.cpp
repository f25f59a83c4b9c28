// The dyno program while a service fails in mid-run, and while it is itself being stopped: the run
// ends in time, its record can be read, and it never passes.
#include <csignal>
#include <memory>

#include "dyno/cli/program_for_test.h"

namespace dyno::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class MidRun : public DynoProgram {
 protected:
  // Four users on the service for so long; returns in mid-run.
  ProgramRun run_for(const char* time, const MoodyService& service,
                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{
        "run",   "--url", service.server.url(), "-u", "4", "--think", "2ms", "-t", time,
        "--out", "r"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto program = start(arguments);
    EXPECT_TRUE(harness::in_mid_run(program, folder_ / "r")) << program.err();
    return program;
  }
  void expect_failed(ProgramRun& program, const std::string& outcome) const {
    EXPECT_EQ(program.wait(30s), 1);
    EXPECT_THAT(program.out(), HasSubstr("FAIL"));
    const auto run = record("r");
    EXPECT_EQ(run.completion, record::Completion::complete);
    EXPECT_GT(count(run, "ok"), 0u);
    EXPECT_GT(count(run, outcome), 0u);
  }
};

TEST_F(MidRun, AServiceThatDiesIsRefused) {
  auto service = std::make_unique<MoodyService>();
  auto program = run_for("4s", *service);
  service.reset();
  expect_failed(program, "refused");
  EXPECT_THAT(program.out(), HasSubstr("did not answer in the last"));
  EXPECT_LT(count(record("r"), "refused"), 4 * 10 * 4 + 4 * 4u) << "users pause after a refusal";
}

TEST_F(MidRun, AServiceThatHangsTimesOut) {
  MoodyService service;
  auto program = run_for("3s", service, {"--timeout", "1s"});
  service.mood = Mood::hanging;
  expect_failed(program, "timeout(first_byte)");
}

// Where the request may take longer than the run, what fails it is the silence.
TEST_F(MidRun, AServiceThatHangsForLongerThanTheRunIsNoPass) {
  MoodyService service;
  auto program = run_for("3s", service);
  service.mood = Mood::hanging;
  expect_failed(program, "cancelled");
  EXPECT_THAT(program.out(), HasSubstr("did not answer in the last"));
}

TEST_F(MidRun, AServiceThatResets) {
  MoodyService service;
  auto program = run_for("3s", service);
  service.mood = Mood::resetting;
  expect_failed(program, "reset");
}

TEST_F(MidRun, AServiceThatAnswers500) {
  MoodyService service;
  auto program = run_for("3s", service);
  service.mood = Mood::failing;
  expect_failed(program, "http_error(500)");
  EXPECT_THAT(record("r").notes, testing::Contains(HasSubstr("/metrics did not answer")));
}

class Stopped : public DynoProgram {
 protected:
  ProgramRun start_long(const MoodyService& service) const {
    auto program = start({"run", "--url", service.server.url() + "/x", "-u", "4", "--think", "2ms",
                          "-t", "1h", "--out", "r"});
    EXPECT_TRUE(program.says("/x: 4 users"));
    EXPECT_TRUE(harness::in_mid_run(program, folder_ / "r")) << program.err();
    return program;
  }
};

TEST_F(Stopped, OnceWritesTheResultsAndPassesNothing) {
  const MoodyService service;
  auto program = start_long(service);
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(30s), 4);
  EXPECT_THAT(program.out(), HasSubstr("results in r"));
  const auto run = record("r");
  EXPECT_EQ(run.completion, record::Completion::stopped);
  EXPECT_GT(count(run, "ok"), 0u);
  EXPECT_EQ(count(run, "cancelled"), 0u);
  EXPECT_THAT(run.notes, testing::Contains(HasSubstr("stopped by SIGINT")));
  for (const auto& verdict : run.verdicts) EXPECT_NE(verdict.kind, record::VerdictKind::pass);
  for (const auto* file : {"record.json", "summary.md", "junit.xml", "locust_stats.csv"}) {
    EXPECT_TRUE(fs::exists(folder_ / "r" / file)) << file;
  }
  EXPECT_FALSE(fs::exists(folder_ / "r" / "journal.jsonl"));
}

TEST_F(Stopped, TwiceStopsNow) {
  MoodyService service;
  auto program = start_long(service);
  service.mood = Mood::hanging;
  while (service.hanging < 4) std::this_thread::sleep_for(5ms);
  program.signal(SIGINT);
  // That it does not end is seen only by waiting; and two signals at once would be one.
  std::this_thread::sleep_for(200ms);
  EXPECT_TRUE(program.running()) << "the first lets requests under way end";
  program.signal(SIGINT);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(program.wait(30s), 4);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 9s) << "that would be the graceful end";
  const auto run = record("r");
  EXPECT_EQ(run.completion, record::Completion::stopped);
  EXPECT_EQ(count(run, "cancelled"), 4u);
}

TEST_F(Stopped, KilledLeavesAJournalThatIsReadAndJudgedNoPass) {
  const MoodyService service;
  auto program = start_long(service);
  program.signal(SIGKILL);
  EXPECT_EQ(program.wait(), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(folder_ / "r" / "record.json"));
  const auto run = record("r");
  EXPECT_EQ(run.completion, record::Completion::partial);
  EXPECT_GT(count(run, "ok"), 0u);
  auto report = start({"report", "r"});
  EXPECT_EQ(report.wait(), 0) << report.err();
  EXPECT_THAT(report.out(), HasSubstr("partial"));
  auto compare = start({"compare", "r", "r"});
  EXPECT_NE(compare.wait(), 0);
}

}  // namespace
}  // namespace dyno::cli
