// Thresholds of dyno run, as people who come from k6 write them.
#include "dyno/cli/run_for_test.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class Thresholds : public DynoRun {};

TEST_F(Thresholds, AreJudgedByEndpointAndTag) {
  file("held.json", R"({
    "thresholds": {"http_req_duration{name:/items}": ["max<10s"],
                   "http_reqs{tag:write}": ["count>0"], "iterations": ["count>10"],
                   "http_req_failed": ["rate==0"], "vus": ["max<=2"]},
    "load": {"users": 2, "run_time": "1200ms"}, "wait": "1ms",
    "tasks": [{"get": "/items"}, {"post": "/orders", "tags": ["write"]}]})");
  auto program = run({"held.json", "--host", host_, "--out", "r"});
  EXPECT_THAT(program.wait(), testing::AnyOf(0, 4));
  const auto run_record = record("r/record.json");
  std::vector<std::string> targets;
  for (const auto& verdict : run_record.verdicts) targets.push_back(verdict.target);
  EXPECT_THAT(targets,
              ElementsAre("response_time.max of /items < 10.0 s", "requests of POST /orders > 0",
                          "iterations > 10", "error_share <= 0 %", "users.max <= 2"));
  if (run_record.validity.valid) {
    for (const auto& verdict : run_record.verdicts) {
      EXPECT_EQ(verdict.kind, record::VerdictKind::pass) << verdict.message;
    }
  }
}

TEST_F(Thresholds, OfTheCommandLineStandInPlaceOfTheFiles) {
  file("held.json", R"({"thresholds": {"http_reqs": ["count>1000000"]}, "wait": "1ms",
                        "tasks": [{"get": "/items"}]})");
  auto program = run({"held.json", "--host", host_, "-t", "1s", "--out", "r", "--threshold",
                      "http_req_failed: rate<0.5", "--threshold", "http_req_duration: max<1us"});
  EXPECT_THAT(program.wait(), testing::AnyOf(1, 4));
  const auto run_record = record("r/record.json");
  ASSERT_EQ(run_record.verdicts.size(), 2u);
  EXPECT_EQ(run_record.verdicts[1].figure, "response_time.max");
  EXPECT_THAT(run_record.reproduce, HasSubstr("--threshold 'http_req_failed: rate<0.5'"));
  EXPECT_THAT(
      refusal({"run", "held.json", "--host", host_, "--threshold", "http_reqs{name:/x}: count>1"}),
      HasSubstr("no step is counted as \"/x\""));
  EXPECT_THAT(refusal({"run", "--url", host_, "--threshold", "http_reqs{tag:x}: count>1"}),
              HasSubstr("tags are of scenario files"));
}

TEST_F(Thresholds, MayAskForAnExactCount) {
  const auto with = [&](const std::string& threshold) {
    auto program =
        run({"--url", host_ + "/items", "-i", "20", "--out", "r", "--threshold", threshold});
    program.wait();
    return record("r/record.json").verdicts.at(0);
  };
  EXPECT_THAT(with("http_reqs: count==20").kind,
              testing::AnyOf(record::VerdictKind::pass, record::VerdictKind::invalid));
  const auto missed = with("http_reqs: count!=20");
  EXPECT_THAT(missed.kind, testing::AnyOf(record::VerdictKind::fail, record::VerdictKind::invalid));
  EXPECT_EQ(missed.target, "requests != 20");
  EXPECT_THAT(with("http_req_failed: rate==1").kind,
              testing::AnyOf(record::VerdictKind::fail, record::VerdictKind::invalid));
}

TEST_F(Thresholds, MayEndTheRun) {
  file("ends.json", R"({"thresholds": {"http_req_failed": [
      {"threshold": "rate<0.1", "abortOnFail": true, "delayAbortEval": "500ms"}]},
      "wait": "1ms", "tasks": [{"get": "/broken"}]})");
  auto program = run({"ends.json", "--host", host_, "-t", "1h", "--out", "r"});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.err(), HasSubstr("ending the run: error_share < 10 % was crossed"));
  const auto run_record = record("r/record.json");
  EXPECT_EQ(run_record.completion, record::Completion::stopped);
  EXPECT_THAT(run_record.notes, Contains(HasSubstr("error_share < 10 % was crossed")));
}

TEST_F(Thresholds, OutOfReachAreMarkedBeforeTheRun) {
  file("slow.json", R"({"thresholds": {"http_reqs": ["rate>500"]}, "wait": "2s",
      "load": {"users": 50, "run_time": "300ms"}, "tasks": [{"get": "/items"}]})");
  auto program = run({"slow.json", "--host", host_, "--out", "r"});
  program.wait();
  EXPECT_THAT(program.err(),
              AllOf(HasSubstr("warning: unreachable: throughput.all > 500/s: 50 users who wait "
                              "2.00 s a round make at most 25 such requests/s"),
                    HasSubstr("-u 1000 would do, or waits of 100 ms a round")));
  EXPECT_THAT(refusal({"run", "slow.json", "--host", host_, "--strict"}),
              HasSubstr("unreachable: throughput.all > 500/s"));
  EXPECT_THAT(refusal({"run", "slow.json", "--host", host_, "--strict", "--rate", "40/s"}),
              HasSubstr("--rate 500/s would do"));
}

TEST_F(Thresholds, OutOfReachAreIterationsTooAndEachWindowByItsOwnLevel) {
  file("stages.json", R"({"wait": "1s", "tasks": [{"get": "/items"}],
      "load": {"stages": [{"users": 100, "hold": "30s", "name": "peak"},
                          {"users": 10, "hold": "30s", "name": "after"}]}})");
  EXPECT_THAT(refusal({"run", "stages.json", "--host", host_, "--strict", "--threshold",
                       "iterations{window:after}: rate>90"}),
              HasSubstr("unreachable: iteration_rate in after > 90/s: 10 users who wait 1.00 s a "
                        "round make at most 10 iterations/s, however fast the service is; 90 users "
                        "there would do"));
  EXPECT_THAT(refusal({"run", "stages.json", "--host", host_, "--strict", "--threshold",
                       "http_reqs{window:after}: rate>90", "--threshold",
                       "http_reqs{window:peak}: rate>90"}),
              AllOf(HasSubstr("throughput.all in after"), Not(HasSubstr("in peak"))));
}

TEST_F(Thresholds, OnResourcesOfTheServiceMayEndTheRun) {
  service_.tells_memory = true;
  file("t.json", R"({"sets": {"small": {"targets": [
      {"figure": "service.rss.max", "below": "1 kB", "critical": "2 kB",
       "abort": {"grace": "1 s"}}]}}})");
  auto program = run({"--url", host_ + "/items", "--think", "10ms", "-t", "40s", "--targets",
                      "t.json:small", "--out", "r"});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.err(), HasSubstr("ending the run: service.rss.max < 1.00 kB was crossed"));
  EXPECT_EQ(record("r/record.json").completion, record::Completion::stopped);
}

}  // namespace
}  // namespace dyno::cli
