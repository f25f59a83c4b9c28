// Everything that is asked of the cost agent, once, before any load.
#include "cost_agent.h"

namespace cost_agent_perf {
namespace {

TEST_F(CostAgentPerf, Smoke) { smoke(ordinary_day(0ms, 0ms)); }

}  // namespace
}  // namespace cost_agent_perf
