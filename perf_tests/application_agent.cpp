#include "application_agent.h"

#include <algorithm>
#include <utility>

#include "in_process.h"
#include "services/application_agent/service.h"

namespace application_agent_perf {

namespace {

using dyno::harness::ServiceSpec;
using dyno::harness::Settings;
using perf_tests::from_environment;

application_agent::Config config_of(const Settings& settings) {
  application_agent::Config config;
  config.size = settings.data;
  config.seed = settings.seed;
  config.database = from_environment("DYNO_DATABASE_URL");
  config.cache = from_environment("DYNO_REDIS_URL");
  config.fault = from_environment("DYNO_FAULT");
  return config;
}

}  // namespace

ServiceSpec ApplicationAgentPerf::service_spec() const {
  ServiceSpec spec;
  spec.system = "application_agent";
  spec.program = APPLICATION_AGENT_PROGRAM;
  spec.arguments = {"--port",        "0",      "--data",
                    settings().data, "--seed", std::to_string(settings().seed)};
  spec.start_here =
      perf_tests::start_here<application_agent::Service>(spec.system, config_of(settings()));
  return spec;
}

LoadPlan ApplicationAgentPerf::level(std::uint32_t count, double spawned_per_second,
                                     const Lengths& lengths) {
  const auto plan = users(at_most(count));
  const bool quick = settings().form == dyno::harness::Form::quick;
  return (quick ? plan.ramp(1s) : plan.spawn_rate(dyno::load::per_second(spawned_per_second)))
      .warm_up(1s)
      .hold(length(lengths));
}

}  // namespace application_agent_perf
