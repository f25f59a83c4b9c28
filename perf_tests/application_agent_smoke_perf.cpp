// Everything that is asked of the application agent, once, before any load.
#include "application_agent.h"

namespace application_agent_perf {
namespace {

TEST_F(ApplicationAgentPerf, Smoke) { smoke(normal_users()); }

}  // namespace
}  // namespace application_agent_perf
