#include "dyno/harness/perf_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/harness/case_outcome.h"
#include "dyno/harness/perf_session.h"
#include "dyno/harness/smoke.h"
#include "dyno/http/raw_server.h"
#include "dyno/record/figures.h"
#include "dyno/record/record_file.h"
#include "dyno/record/test_records.h"

namespace dyno::harness {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using load::Task;
using load::User;
using load::users;

// Answers every request at once; its health says what a service's does.
class TinyService final : public LocalService {
 public:
  std::string url() const override { return server_.url(); }

 private:
  http::RawServer server_{[](http::RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"rows\": 12345}");
    }
  }};
};

fs::path results_folder() {
  static const fs::path folder = [] {
    auto pattern = (fs::temp_directory_path() / "dyno_perf_case_XXXXXX").string();
    return fs::path(mkdtemp(pattern.data()));
  }();
  return folder;
}

class TinyPerf : public PerfCase {
 protected:
  TinyPerf() { session().settings.results = results_folder(); }

  // By now the record and the outcome of the case that keeps them must be in its folder.
  static void TearDownTestSuite() {
    if (!kept_) {
      fs::remove_all(results_folder());
      return;
    }
    const auto folder = results_folder() / "cases" / "TinyPerf.RunsJudgesAndKeeps";
    const auto run = record::read_record(folder);
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(run->name, "TinyPerf.RunsJudgesAndKeeps");
    EXPECT_EQ(run->completion, record::Completion::complete);
    EXPECT_THAT(run->notes, testing::Contains("said besides"));
    EXPECT_FALSE(fs::exists(folder / "journal.jsonl"));
    const auto outcome = read_case_outcome(folder / case_outcome_file);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->exit, ExitStatus::pass);
    EXPECT_THAT(outcome->records, testing::ElementsAre(""));
    fs::remove_all(results_folder());
  }

  inline static bool kept_ = false;  // RunsJudgesAndKeeps has run

  ServiceSpec service_spec() const override {
    ServiceSpec spec;
    spec.system = "tiny";
    spec.start_here = []() -> Result<std::unique_ptr<LocalService>> {
      return std::unique_ptr<LocalService>(std::make_unique<TinyService>());
    };
    return spec;
  }
};

Task<void> ask(User& user) {
  const auto answer = co_await user.get("/rows", {.want_body = true});
  user.check(answer, answer.body.find("12345") != std::string::npos, "the rows");
  co_await user.think(1ms);
}

targets::TargetSet one_target(double share) {
  targets::Target errors;
  errors.figure = "error_share";
  errors.limit = share;
  return {"tiny", "errors", "", {errors}};
}

TEST_F(TinyPerf, RunsJudgesAndKeeps) {
  kept_ = true;
  const auto run = load(ask, users(3).operations(60));
  note("said besides");
  EXPECT_EQ(record::figure(run, {.figure = "requests", .window = "*"}).value, 60);
  EXPECT_EQ(run.service.mode, record::ServiceMode::in_process);
  EXPECT_EQ(run.service.details.value("rows", 0), 12345);
  EXPECT_FALSE(run.engine_resources.empty());
  EXPECT_FALSE(run.service_resources.empty());
  EXPECT_FALSE(run.other_resources.empty());
  // To the microsecond, so that two within a second are told apart.
  EXPECT_THAT(run.id, testing::MatchesRegex("[0-9]+T[0-9]+\\.[0-9]+Z-TinyPerf.+"));
}

Task<void> ask_in_vain(User& user) {
  const auto answer = co_await user.get("/rows", {.want_body = true});
  user.check(answer, false, "rows that are not there");
  co_await user.think(5ms);
}

TEST_F(TinyPerf, ALoadEndsWhenATargetIsMissedForItsGrace) {
  session().settings.targets = results_folder() / "targets";
  ASSERT_TRUE(write_file(session().settings.targets / "tiny.json",
                         R"({"system": "tiny", "sets": {"errors": {"targets": [
                           {"figure": "error_share", "below": "1 %", "critical": "50 %",
                            "abort": {"grace": "1 s"}}]}}})"));
  const auto wanted = ending_targets("tiny/errors");
  const auto well = load(ask, users(2).hold(1100ms), "well");
  EXPECT_EQ(well.completion, record::Completion::complete);
  const auto run = load(ask_in_vain, users(2).hold(5min), "in_vain");
  EXPECT_EQ(run.completion, record::Completion::stopped);
  EXPECT_THAT(run.notes, testing::Contains(testing::HasSubstr("error_share < 1 % was crossed")));
  EXPECT_LT(run.length, 2min);
  EXPECT_EQ(session().stop.level(), 0) << "the next case runs";
  testing::StringMatchResultListener listener;
  EXPECT_FALSE(testing::ExplainMatchResult(meets(wanted), run, &listener));
  EXPECT_THAT(listener.str(), testing::HasSubstr("FAIL: error_share is 100 %"));
  session().status = ExitStatus::pass;
}

TEST_F(TinyPerf, ALoadEndsByWhatTheMonitorsReadToo) {
  session().settings.targets = results_folder() / "targets";
  ASSERT_TRUE(write_file(session().settings.targets / "cpu.json",
                         R"({"sets": {"engine": {"targets": [
                           {"figure": "engine.cpu_percent.max", "below": "0.01 %",
                            "critical": "0.02 %", "abort": {"grace": "1 s"}}]}}})"));
  ending_targets("cpu/engine");
  const auto run = load(ask, users(2).hold(1min), "cpu");
  EXPECT_EQ(run.completion, record::Completion::stopped);
  EXPECT_THAT(run.notes, testing::Contains(testing::HasSubstr("engine.cpu_percent.max < ")));
  session().status = ExitStatus::pass;
}

Task<void> ask_twice(User& user) {
  co_await user.get("/rows");
  co_await user.get("/rows");
}

TEST_F(TinyPerf, AMissThatThePlanMadeSureOfSaysWhichNumberToChange) {
  session().settings.max_users = 2;
  load::Scenario scenario(ask_twice);
  scenario.classes[0].wait.low = scenario.classes[0].wait.high = 100ms;
  const auto run = load(scenario, users(at_most(40)).hold(1s), "cut");
  const auto rate = [](double limit) {
    targets::Target target;
    target.figure = "rate";
    target.relation = targets::Relation::at_least;
    target.limit = limit;
    return targets::TargetSet{"tiny", "rate", "", {target}};
  };
  testing::StringMatchResultListener listener;
  EXPECT_FALSE(testing::ExplainMatchResult(meets(rate(800)), run, &listener));
  EXPECT_THAT(listener.str(),
              testing::ContainsRegex("FAIL: rate is .*; unreachable: 2 users who wait 100 ms a "
                                     "round make at most (39|4).* such requests/s.*"
                                     "MAX_CONCURRENT_USERS has cut them: [4-8][0-9] would do"));
  testing::StringMatchResultListener nearly;
  EXPECT_FALSE(testing::ExplainMatchResult(meets(rate(42)), run, &nearly));
  EXPECT_THAT(nearly.str(), testing::Not(testing::HasSubstr("unreachable")))
      << "one more round at the edge of the window might do it";
  session().settings.max_users.reset();
  session().status = ExitStatus::pass;
}

TEST_F(TinyPerf, WhatThePlanAloneForbidsIsSaidBeforeTheLoad) {
  session().settings.targets = results_folder() / "targets";
  ASSERT_TRUE(write_file(session().settings.targets / "rounds.json",
                         R"({"sets": {"rate": {"targets": [
                           {"figure": "iteration_rate", "at_least": "900/s"},
                           {"figure": "rate", "at_least": "900/s"}]}}})"));
  ending_targets("rounds/rate");
  load::Scenario scenario(ask_twice);
  scenario.classes[0].wait.every = 100ms;
  testing::internal::CaptureStdout();
  load(scenario, users(1).operations(2), "few");
  load(scenario, users(1).hold(300ms), "more");
  const auto said = testing::internal::GetCapturedStdout();
  EXPECT_THAT(said, testing::HasSubstr("dyno: unreachable: iteration_rate >= 900/s: 1 users who "
                                       "wait 100 ms a round make at most 10 iterations/s"));
  EXPECT_THAT(said, testing::Not(testing::HasSubstr("unreachable: rate")))
      << "what a journey sends is not known before";
}

TEST_F(TinyPerf, ASmokeCaseDoesEverythingOnceAndKeepsNothing) {
  load::Scenario scenario(ask);
  scenario.classes.push_back(scenario.classes.front());
  scenario.classes.front().tasks.push_back({"again", 1, load::Activity(ask)});
  smoke(scenario);
  EXPECT_FALSE(fs::exists(results_folder() / "cases" /
                          "TinyPerf.ASmokeCaseDoesEverythingOnceAndKeepsNothing"));
  const auto all = load(once_each(scenario), one_pass(), "well");
  EXPECT_EQ(record::figure(all, {.figure = "requests", .window = "*"}).value, 3);
  EXPECT_THAT(what_went_wrong(all, 3), testing::IsEmpty());
  EXPECT_THAT(what_went_wrong(all, 4), testing::ElementsAre(testing::HasSubstr("only 3 requests")));
  scenario.classes.back().tasks.front().activity = load::Activity(ask_in_vain);
  const auto one_fails = load(once_each(scenario), one_pass(), "in_vain");
  EXPECT_THAT(
      what_went_wrong(one_fails, 3),
      testing::ElementsAre("GET /rows: check_failed: check failed: rows that are not there"));
}

TEST_F(TinyPerf, TellsItsLengthWithoutARequest) {
  session().listing = true;
  const auto run = load(ask, users(3).ramp(2s).hold(1h));
  load(ask, users(3).hold(1min).operations(60), "short");
  load(ask, users(3).operations(60), "no length");
  EXPECT_EQ(planned().load, 1h + 2s);
  EXPECT_EQ(planned().at_most, 1min);
  EXPECT_GT(planned().start, 0s);
  EXPECT_THAT(run, meets(one_target(0))) << "nothing was measured, so nothing is judged";
  EXPECT_TRUE(run.cells.empty());
  testing::internal::CaptureStdout();
  TearDown();
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              testing::MatchesRegex("TinyPerf.TellsItsLengthWithoutARequest 3602.0 60.0 0..\n"));
  EXPECT_FALSE(fs::exists(results_folder() / "cases" / "TinyPerf.TellsItsLengthWithoutARequest"));
  session().services.clear();
  session().listing = false;
}

TEST(Meets, PassesFailsAndExplains) {
  const auto run = record::test_record();
  EXPECT_THAT(run, meets(one_target(0.5)));
  EXPECT_THAT(run, testing::Not(meets(one_target(0.0001))));
  testing::StringMatchResultListener listener;
  meets(one_target(0.0001)).MatchAndExplain(run, &listener);
  EXPECT_THAT(listener.str(), testing::HasSubstr("FAIL: error_share is"));
}

TEST(Meets, AnInvalidRunDoesNotPass) {
  auto run = record::test_record();
  run.windows.clear();
  run.cells.clear();
  EXPECT_THAT(run, testing::Not(meets(one_target(0.5))));
}

}  // namespace
}  // namespace dyno::harness
