#include "resource_agent.h"

#include <stdexcept>
#include <utility>

#include "in_process.h"
#include "services/resource_agent/service.h"

namespace resource_agent_perf {

namespace {

using dyno::harness::ServiceSpec;

resource_agent::Config config_from_environment() {
  resource_agent::Config config;
  config.fault = perf_tests::from_environment("DYNO_FAULT");
  return config;
}

}  // namespace

ServiceSpec ResourceAgentPerf::service_spec() const {
  ServiceSpec spec;
  spec.system = "resource_agent";
  spec.program = RESOURCE_AGENT_PROGRAM;
  spec.arguments = {"--port", "0"};
  spec.start_here =
      perf_tests::start_here<resource_agent::Service>(spec.system, config_from_environment());
  return spec;
}

LoadPlan ResourceAgentPerf::level(std::uint32_t count, double spawned_per_second,
                                  const Lengths& lengths) {
  const auto plan = users(at_most(count));
  const bool quick = settings().form == dyno::harness::Form::quick;
  return (quick ? plan.ramp(1s) : plan.spawn_rate(dyno::load::per_second(spawned_per_second)))
      .hold(length(lengths));
}

LoadPlan ResourceAgentPerf::through_stress() {
  const auto calm = users(at_most(50)).ramp(1s).hold(length({4s, 6s, 30s}), "before");
  const auto more = calm.to(at_most(200));
  const bool quick = settings().form == dyno::harness::Form::quick;
  return (quick ? more.ramp(1s) : more.spawn_rate(dyno::load::per_second(20)))
      .hold(length({5s, 10s, 2min}), "stress")
      .to(at_most(50))
      .hold(length({10s, 12s, 30s}), "after");
}

Scenario ResourceAgentPerf::only(const std::string& name) const {
  for (const Request& request : ordinary_requests) {
    if (request.name != name) continue;
    Scenario scenario([&request](User& user) { return send(user, request); });
    scenario.name = name;
    return scenario;
  }
  throw std::logic_error("no task is named " + name);
}

}  // namespace resource_agent_perf
