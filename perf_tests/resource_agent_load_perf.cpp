// The load levels of the resource agent. Each comes in two forms: as written, with think times of 1
// to 3 s, which cannot reach the rates that go with the levels (10 users send some 5 requests a
// second) and so has no rate to meet; and paced, one request per user every so often, where the
// rate is judged. Then the other classes of users, and the named scenarios.
#include "resource_agent.h"

namespace resource_agent_perf {
namespace {

constexpr Wait every(Duration time) { return {.low = {}, .high = {}, .every = time, .mean = {}}; }

// A p95 takes 200 answers, for which 10 users of this kind need more than 40 s.
TEST_F(ResourceAgentPerf, LightLoad) {
  const auto run = load(ordinary_users(), level(10, 2, {46s, 46s, 1min}));
  EXPECT_THAT(run, meets(targets("resource_agent/light")));
}

TEST_F(ResourceAgentPerf, MediumLoad) {
  const auto run = load(ordinary_users(), level(50, 5, {10s, 12s, 2min}));
  EXPECT_THAT(run, meets(targets("resource_agent/medium")));
}

TEST_F(ResourceAgentPerf, HeavyLoad) {
  const auto run = load(ordinary_users(), level(100, 10, {6s, 10s, 2min}));
  EXPECT_THAT(run, meets(targets("resource_agent/heavy")));
}

TEST_F(ResourceAgentPerf, StressLoad) {
  spawn_service();
  const auto wanted = ending_targets("resource_agent/stress");
  const auto run = load(ordinary_users(), through_stress());
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

TEST_F(ResourceAgentPerf, LightLoadPaced) {
  const auto run = load(ordinary_users(every(800ms)), level(10, 2, {18s, 20s, 1min}));
  EXPECT_THAT(run, meets(targets("resource_agent/light_paced")));
}

TEST_F(ResourceAgentPerf, MediumLoadPaced) {
  const auto run = load(ordinary_users(every(1s)), level(50, 5, {6s, 10s, 2min}));
  EXPECT_THAT(run, meets(targets("resource_agent/medium_paced")));
}

TEST_F(ResourceAgentPerf, HeavyLoadPaced) {
  const auto run = load(ordinary_users(every(1s)), level(100, 10, {5s, 10s, 2min}));
  EXPECT_THAT(run, meets(targets("resource_agent/heavy_paced")));
}

TEST_F(ResourceAgentPerf, StressLoadPaced) {
  spawn_service();
  const auto wanted = ending_targets("resource_agent/stress_paced");
  const auto run = load(ordinary_users(every(1600ms)), through_stress());
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

// Users that hardly wait, of whom some 250 have all that one core can do. Degradation is
// graceful when the work done does not collapse as more of them come.
TEST_F(ResourceAgentPerf, BeyondStressToTheBreakingPoint) {
  spawn_service();
  const auto wanted = ending_targets("resource_agent/breaking_point");
  const auto plan = ever_more({100, 250, 500, 1000}, 1s, {4s, 4s, 30s});
  const auto run = load(ordinary_users({.low = {}, .high = 200ms, .every = {}, .mean = {}}), plan);
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

// 50 of them send some 7 requests a second.
TEST_F(ResourceAgentPerf, LightUsers) {
  const auto run = load(light_users(), level(50, 10, {35s, 35s, 2min}));
  EXPECT_THAT(run, meets(targets("resource_agent/light")));
}

TEST_F(ResourceAgentPerf, HeavyUsers) {
  const auto run = load(heavy_users(), level(50, 5, {6s, 10s, 2min}));
  EXPECT_THAT(run, meets(targets("resource_agent/heavy")));
}

TEST_F(ResourceAgentPerf, AllClassesOfUsers) {
  const auto run = load(all_users(), level(60, 10, {10s, 12s, 2min}));
  EXPECT_THAT(run, meets(targets("resource_agent/medium")));
}

TEST_F(ResourceAgentPerf, BaselineScenario) {
  const auto run = load(ordinary_users(), level(30, 3, {16s, 20s, 5min}));
  EXPECT_THAT(run, meets(targets("resource_agent/medium")));
}

TEST_F(ResourceAgentPerf, PeakScenario) {
  const auto run = load(ordinary_users(), level(100, 10, {6s, 10s, 3min}));
  EXPECT_THAT(run, meets(targets("resource_agent/heavy")));
}

// 150 users at 50/s, out of ordinary load and back: everything is to be as before afterwards. 30
// users need more than 13 s for the 200 answers of a p95.
TEST_F(ResourceAgentPerf, SpikeScenario) {
  spawn_service();
  const auto wanted = ending_targets("resource_agent/spike");
  const auto run = load(ordinary_users(), users(at_most(30))
                                              .ramp(1s)
                                              .hold(length({5s, 8s, 1min}), "before")
                                              .to(at_most(150))
                                              .spawn_rate(dyno::load::per_second(50))
                                              .hold(length({5s, 15s, 2min}), "spike")
                                              .to(at_most(30))
                                              .hold(length({2s, 3s, 10s}), "settling")
                                              .hold(length({15s, 16s, 1min}), "after"));
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the spike";
}

}  // namespace
}  // namespace resource_agent_perf
