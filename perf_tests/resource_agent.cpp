#include "resource_agent.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "services/resource_agent/service.h"

namespace resource_agent_perf {

namespace {

using dyno::Error;
using dyno::Result;
using dyno::harness::LocalService;
using dyno::harness::ServiceSpec;

class LocalResourceAgent final : public LocalService {
 public:
  explicit LocalResourceAgent(resource_agent::Config config) : service_(std::move(config)) {}

  Result<void> start() {
    const auto port = service_.start();
    if (!port) return Error{"resource_agent: " + port.error().message};
    return {};
  }
  std::string url() const override { return service_.url(); }

 private:
  resource_agent::Service service_;
};

resource_agent::Config config_from_environment() {
  resource_agent::Config config;
  if (const char* fault = std::getenv("DYNO_FAULT")) config.fault = fault;
  return config;
}

}  // namespace

ServiceSpec ResourceAgentPerf::service_spec() const {
  ServiceSpec spec;
  spec.system = "resource_agent";
  spec.program = RESOURCE_AGENT_PROGRAM;
  spec.arguments = {"--port", "0"};
  spec.start_here = [config =
                         config_from_environment()]() -> Result<std::unique_ptr<LocalService>> {
    auto service = std::make_unique<LocalResourceAgent>(config);
    if (const auto started = service->start(); !started) return started.error();
    return std::unique_ptr<LocalService>(std::move(service));
  };
  return spec;
}

LoadPlan ResourceAgentPerf::level(std::uint32_t count, double spawned_per_second,
                                  const Lengths& lengths) {
  const auto plan = users(at_most(count));
  const bool quick = settings().form == dyno::harness::Form::quick;
  return (quick ? plan.ramp(1s) : plan.spawn_rate(dyno::load::per_second(spawned_per_second)))
      .hold(length(lengths));
}

LoadPlan ResourceAgentPerf::one_at_a_time() const {
  constexpr std::uint64_t enough_for_p95 = 220;
  return users(1)
      .hold(std::max<Duration>(length({10s, 30s, 1min}), 10s))
      .operations(enough_for_p95);
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
