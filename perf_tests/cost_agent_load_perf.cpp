// The load levels of the cost agent: normal, peak, a spike, and the documented rate as an open
// load.
#include "cost_agent.h"

namespace cost_agent_perf {
namespace {

TEST_F(CostAgentPerf, NormalLoad) {
  const auto run = load(ordinary_day(100ms, 500ms),
                        users(at_most(50)).ramp(1s).warm_up(1s).hold(length({7s, 15s, 2min})));
  EXPECT_THAT(run, meets(targets("cost_agent/normal")));
}

TEST_F(CostAgentPerf, PeakLoad) {
  const auto run = load(ordinary_day(300ms, 900ms),
                        users(at_most(200)).ramp(1s).warm_up(1s).hold(length({5s, 12s, 2min})));
  EXPECT_THAT(run, meets(targets("cost_agent/peak")));
}

// As many requests as 50 users make, arriving whether or not earlier ones have been answered.
TEST_F(CostAgentPerf, NormalLoadArrivingAtRandom) {
  const auto plan = rate(dyno::load::per_second(150)).warm_up(1s).hold(length({8s, 15s, 2min}));
  const auto run = load(ordinary_day(0s, 0s), plan);
  EXPECT_THAT(run, meets(targets("cost_agent/normal")));
}

// Whether errors stay away when every operation is asked for at once.
TEST_F(CostAgentPerf, ErrorRate) {
  // The first answers for each customer are computed: for a second or two the service has its core
  // to the full, and the engine, in the same process, has been late by up to 80 ms.
  const auto run = load(ordinary_day(0s, 200ms),
                        users(at_most(100)).ramp(1s).warm_up(2s).hold(length({4s, 10s, 2min})));
  EXPECT_THAT(run, meets(targets("cost_agent/error_rate")));
}

TEST_F(CostAgentPerf, SpikeToPeakAndBack) {
  const auto wanted = ending_targets("cost_agent/spike");
  const auto calm = length({5s, 10s, 1min});
  const auto run =
      load(ordinary_day(100ms, 500ms), users(at_most(50))
                                           .ramp(1s)
                                           .hold(calm, "before")
                                           .spike(at_most(200), length({4s, 10s, 1min}))
                                           .hold(length({2s, 5s, 10s}), "settling")
                                           .hold(calm, "after"));
  EXPECT_THAT(run, meets(wanted));
}

}  // namespace
}  // namespace cost_agent_perf
