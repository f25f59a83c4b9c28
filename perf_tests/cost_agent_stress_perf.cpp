// Beyond the ordinary: 500 users with recovery afterwards, the way to the breaking point, and what
// each further user brings. The service is a process of its own, so that a crash is seen as one.
#include <map>
#include <vector>

#include <fmt/format.h>

#include "cost_agent.h"
#include "dyno/record/figures.h"

namespace cost_agent_perf {
namespace {

double rate_of(const RunRecord& run) { return dyno::record::figure(run, {.figure = "rate"}).value; }

constexpr const char* stress_notes = "the service must still run after the stress";

TEST_F(CostAgentPerf, StressLoadAndRecovery) {
  spawn_service();
  const auto wanted = ending_targets("cost_agent/stress");
  const auto run = load(ordinary_day(200ms, 1s), users(at_most(50))
                                                     .ramp(1s)
                                                     .hold(length({5s, 10s, 30s}), "before")
                                                     .to(at_most(500))
                                                     .ramp(2s)
                                                     .hold(length({5s, 15s, 2min}), "stress")
                                                     .to(at_most(50))
                                                     .hold(length({8s, 12s, 30s}), "after"));
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << stress_notes;
}

// Degradation is graceful when the work done does not collapse as users are added beyond what the
// service can serve at once.
TEST_F(CostAgentPerf, BeyondStressToTheBreakingPoint) {
  spawn_service();
  const auto wanted = ending_targets("cost_agent/breaking_point");
  const auto plan = ever_more({250, 500, 750, 1000}, 2s, {4s, 4s, 30s});
  const auto run = load(ordinary_day(100ms, 300ms), plan);
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << stress_notes;
}

// Up the ladder of users and down again, and the better of both counts: what slows the machine for
// a while slows a level once, and is not the service's fault.
TEST_F(CostAgentPerf, ScalesFromOneUser) {
  std::vector<std::uint32_t> ladder;
  for (std::uint32_t count = 1; count <= at_most(32); count *= 2) ladder.push_back(count);
  const std::size_t steps = ladder.size();
  for (std::size_t i = 0; i < steps; ++i) ladder.push_back(ladder[steps - 1 - i]);

  std::map<std::uint32_t, double> achieved;
  std::map<std::uint32_t, int> times;
  for (const std::uint32_t count : ladder) {
    const auto run = load(only("GET costs", query_costs_uncached),
                          users(count).warm_up(200ms).hold(length({1s, 3s, 20s})),
                          fmt::format("users_{}_{}", count, ++times[count]));
    EXPECT_THAT(run, meets(targets("cost_agent/scaling")));
    achieved[count] = std::max(achieved[count], rate_of(run));
  }
  double best = 0;
  for (const auto& [count, rate] : achieved) {
    best = std::max(best, rate);
    EXPECT_GT(rate, 0.7 * best) << count << " users get less done than fewer did";
  }
}

}  // namespace
}  // namespace cost_agent_perf
