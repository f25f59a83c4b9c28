// Everything that is asked of the resource agent, once, before any load.
#include "resource_agent.h"

namespace resource_agent_perf {
namespace {

TEST_F(ResourceAgentPerf, Smoke) { smoke(ordinary_users()); }

}  // namespace
}  // namespace resource_agent_perf
