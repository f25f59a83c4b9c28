// What the service uses while it is under load. It is a process of its own here, so that the
// figures are its own.
#include "cost_agent.h"

namespace cost_agent_perf {
namespace {

TEST_F(CostAgentPerf, ResourcesUnderNormalLoad) {
  spawn_service();
  const auto run =
      load(ordinary_day(100ms, 500ms), users(at_most(50)).ramp(1s).hold(length({5s, 12s, 2min})));
  EXPECT_THAT(run, meets(targets("cost_agent/normal_resources")));
}

TEST_F(CostAgentPerf, ResourcesUnderPeakLoad) {
  spawn_service();
  const auto run =
      load(ordinary_day(300ms, 900ms), users(at_most(200)).ramp(1s).hold(length({5s, 12s, 2min})));
  EXPECT_THAT(run, meets(targets("cost_agent/peak_resources")));
}

// Growth is a slope over steady state; the warm-up takes in what pools and caches fill once.
TEST_F(CostAgentPerf, MemoryDoesNotGrow) {
  spawn_service();
  const auto wanted = ending_targets("cost_agent/memory_growth");
  const auto run = load(ordinary_day(0s, 50ms), users(at_most(20))
                                                    .ramp(1s)
                                                    .warm_up(warm_up_length({5s, 15s, 1min}))
                                                    .hold(length({15s, 30s, 10min})));
  EXPECT_THAT(run, meets(wanted));
}

TEST_F(CostAgentPerf, DescriptorsDoNotGrow) {
  spawn_service();
  const auto run = load(ordinary_day(0s, 50ms), users(at_most(20))
                                                    .ramp(1s)
                                                    .warm_up(warm_up_length({2s, 5s, 10s}))
                                                    .hold(length({10s, 30s, 10min})));
  EXPECT_THAT(run, meets(targets("cost_agent/fd_growth")));
}

}  // namespace
}  // namespace cost_agent_perf
