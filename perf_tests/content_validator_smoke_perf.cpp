// Everything that is asked of the content validator, once, before any load.
#include "content_validator.h"

namespace content_validator_perf {
namespace {

TEST_F(ContentValidatorPerf, Smoke) {
  const auto tools = scenario("all tools", {{"validate", 1, validate_file},
                                            {"list", 1, list_validations},
                                            {"get", 1, get_validation},
                                            {"stats", 1, get_stats},
                                            {"recommendations", 1, get_recommendations},
                                            {"approve", 1, approve},
                                            {"enhance", 1, enhance}});
  smoke(tools);
}

}  // namespace
}  // namespace content_validator_perf
