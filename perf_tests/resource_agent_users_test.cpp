// The users of the resource agent exist twice, in C++ and as scenario files: the same requests with
// the same weights and waits.

#include "resource_agent_users.h"

#include <gmock/gmock.h>

#include "journeys_for_test.h"
#include "services/resource_agent/service.h"

namespace resource_agent_perf {
namespace {

using testing::IsEmpty;

std::vector<std::string> differences(const Scenario& code, const char* file) {
  resource_agent::Service service{resource_agent::Config()};
  const auto port = service.start();
  if (!port) return {port.error().message};
  return journeys::differences(code, journeys::read(file), *port);
}

TEST(ResourceAgentUsers, AreTheSameAsDataAndInCode) {
  EXPECT_THAT(differences(ordinary_users(), "resource_agent.json"), IsEmpty());
}

TEST(ResourceAgentUsers, OfAllClassesAreTheSameAsDataAndInCode) {
  EXPECT_THAT(differences(all_users(), "resource_agent_classes.json"), IsEmpty());
}

}  // namespace
}  // namespace resource_agent_perf
