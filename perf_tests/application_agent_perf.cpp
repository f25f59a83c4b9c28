// The application agent's table of targets, row by row, and its scenarios: load, stress, spike and
// endurance. Percentiles and rates are judged with burst users, since others send too few requests
// for a p99 in a short form, and cannot produce the rate at all.
#include <algorithm>
#include <memory>
#include <stdexcept>

#include "application_agent.h"
#include "dyno/scenario/reader.h"

namespace application_agent_perf {
namespace {

using dyno::load::per_second;
using dyno::load::rate;

TEST_F(ApplicationAgentPerf, ResponseTimeP50P95P99) {
  const auto wanted = ending_targets("application_agent/response_times");
  const auto run = load(burst_users(), level(50, 10, {9s, 12s, 2min}));
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, Throughput) {
  const auto wanted = ending_targets("application_agent/throughput");
  const auto run = load(burst_users(), level(50, 10, {5s, 10s, 2min}));
  EXPECT_THAT(run, meets(wanted));
}

// The same asked for whether or not earlier requests have been answered.
TEST_F(ApplicationAgentPerf, ThroughputAtAGivenRate) {
  load(shared_baselines(), users(1).operations(1), "baselines");
  const auto plan = rate(per_second(120)).warm_up(1s).hold(length({5s, 10s, 2min}));
  const auto wanted = ending_targets("application_agent/throughput");
  const auto run = load(arrivals(), plan);
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, ErrorRate) {
  const auto wanted = ending_targets("application_agent/error_rate");
  const auto run = load(all_users(), level(60, 10, {6s, 10s, 2min}));
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, CpuUsage) {
  spawn_service();
  const auto wanted = ending_targets("application_agent/cpu");
  const auto run = load(high_load_users(), level(50, 10, {5s, 10s, 2min}));
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, MemoryUsage) {
  spawn_service();
  const auto wanted = ending_targets("application_agent/memory");
  const auto run = load(high_load_users(), level(50, 10, {5s, 10s, 2min}));
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, LoadTest) {
  const auto wanted = ending_targets("application_agent/load");
  const auto run = load(normal_users(), level(50, 2, {10s, 12s, 5min}));
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, HighLoadUsers) {
  const auto wanted = ending_targets("application_agent/load");
  const auto run = load(high_load_users(), level(50, 2, {6s, 10s, 2min}));
  EXPECT_THAT(run, meets(wanted));
}

// What the scenario file says, sent by the engine from the file: the same load as LoadTest.
TEST_F(ApplicationAgentPerf, LoadTestFromTheScenarioFile) {
  const auto file =
      dyno::scenario::read_scenario(DYNO_SOURCE_DIR "/fixtures/scenarios/application_agent.json");
  if (!file) throw std::runtime_error(file.error().message);
  const auto wanted = ending_targets("application_agent/load");
  const auto run = load(Scenario(file->scenario), level(50, 2, {10s, 12s, 5min}));
  EXPECT_THAT(run, meets(wanted));
}

// From 50 users to 100, 10/s, and beyond; then whether it has recovered. To what is beyond, only
// the full form goes as slowly.
TEST_F(ApplicationAgentPerf, StressTest) {
  spawn_service();
  const auto wanted = ending_targets("application_agent/stress");
  const auto form = settings().form;
  auto plan = users(at_most(20)).ramp(1s).hold(length({5s, 8s, 1min}), "before");
  for (const std::uint32_t count : {50u, 100u, 200u, 400u}) {
    const bool leaps = form != dyno::harness::Form::full && count > 100;
    plan = plan.to(at_most(count));
    plan = (form == dyno::harness::Form::quick ? plan.ramp(1s)
                                               : plan.spawn_rate(per_second(leaps ? 100 : 10)))
               .hold(length({3s, 6s, 3min}), "stress");
  }
  const auto run = load(burst_users(), plan.to(at_most(20)).hold(length({8s, 12s, 1min}), "after"));
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

// Users that hardly wait, of whom some 250 have all that one core can do. Degradation is graceful
// when the work done does not collapse as more of them come.
TEST_F(ApplicationAgentPerf, BeyondStressToTheBreakingPoint) {
  spawn_service();
  const auto wanted = ending_targets("application_agent/breaking_point");
  const auto plan = ever_more({100, 250, 500, 1000}, 1s, {4s, 4s, 1min});
  const auto run = load(normal_users({.low = {}, .high = 100ms, .every = {}, .mean = {}}), plan);
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

// 10 users, 100 at once, and 10 again.
TEST_F(ApplicationAgentPerf, SpikeTest) {
  const auto wanted = ending_targets("application_agent/spike");
  const auto calm = length({6s, 10s, 2min});
  const auto run = load(burst_users(), users(at_most(10))
                                           .ramp(1s)
                                           .hold(calm, "before")
                                           .spike(at_most(100), length({3s, 15s, 1min}))
                                           .hold(length({1s, 5s, 10s}), "settling")
                                           .hold(calm, "after"));
  EXPECT_THAT(run, meets(wanted));
}

// Growth is a slope over steady state; the warm-up takes in what pools and caches fill once.
TEST_F(ApplicationAgentPerf, EnduranceTest) {
  spawn_service();
  const auto wanted = ending_targets("application_agent/endurance");
  const auto run = load(high_load_users(), users(at_most(25))
                                               .spawn_rate(per_second(5))
                                               .warm_up(warm_up_length({5s, 15s, 1min}))
                                               .hold(length({15s, 30s, 30min})));
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, QualityAnalysisTime) {
  const auto wanted = ending_targets("application_agent/operation");
  const auto run = load(only("analyse quality"), one_at_a_time());
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, WorkflowTime) {
  const auto wanted = ending_targets("application_agent/operation");
  const auto run = load(only("run workflow"), one_at_a_time());
  EXPECT_THAT(run, meets(wanted));
}

// Many queries at once, by fewer users than the pool has connections.
TEST_F(ApplicationAgentPerf, ConcurrentAnalytics) {
  const auto wanted = ending_targets("application_agent/concurrent_analytics");
  const auto run =
      load(only("analytics"), users(at_most(12)).warm_up(500ms).hold(length({3s, 10s, 30s})));
  EXPECT_THAT(run, meets(wanted));
}

// The only case that takes answers from the result cache; all others ask for the work itself.
TEST_F(ApplicationAgentPerf, CachedAnalytics) {
  const auto wanted = ending_targets("application_agent/cached_analytics");
  const auto run =
      load(cached_analytics(), users(at_most(12)).warm_up(500ms).hold(length({3s, 10s, 30s})));
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(ApplicationAgentPerf, AnalyticsTime) {
  const auto wanted = ending_targets("application_agent/operation");
  const auto run = load(only("analytics"), one_at_a_time());
  EXPECT_THAT(run, meets(wanted));
}

}  // namespace
}  // namespace application_agent_perf
