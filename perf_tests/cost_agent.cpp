#include "cost_agent.h"

#include <utility>

#include "in_process.h"
#include "services/cost_agent/service.h"

namespace cost_agent_perf {

namespace {

using dyno::harness::ServiceSpec;
using dyno::harness::Settings;
using perf_tests::from_environment;

cost_agent::Config config_of(const Settings& settings) {
  cost_agent::Config config;
  config.data.size = settings.data;
  config.data.seed = settings.seed;
  config.data.billing = settings.billing;
  config.data.cache_dir = settings.data_cache;
  config.data.database = from_environment("DYNO_DATABASE_URL");
  config.cache = from_environment("DYNO_REDIS_URL");
  config.fault = from_environment("DYNO_FAULT");
  return config;
}

std::vector<std::string> arguments_of(const Settings& settings) {
  std::vector<std::string> arguments{"--port", "0", "--cache-dir", settings.data_cache.string()};
  if (settings.billing.empty()) {
    arguments.insert(arguments.end(),
                     {"--data", settings.data, "--seed", std::to_string(settings.seed)});
  } else {
    arguments.insert(arguments.end(), {"--billing", settings.billing.string()});
  }
  return arguments;
}

}  // namespace

ServiceSpec CostAgentPerf::service_spec() const {
  ServiceSpec spec;
  spec.system = "cost_agent";
  spec.program = COST_AGENT_PROGRAM;
  spec.arguments = arguments_of(settings());
  spec.start_here = perf_tests::start_here<cost_agent::Service>(spec.system, config_of(settings()));
  return spec;
}

const Requests& CostAgentPerf::requests() {
  if (!requests_)
    requests_ = std::make_unique<Requests>(requests_for(service().url(), settings().http));
  return *requests_;
}

Scenario CostAgentPerf::ordinary_day(Duration think_low, Duration think_high) {
  return cost_agent_perf::ordinary_day(
      requests(), {.low = think_low, .high = think_high, .every = {}, .mean = {}});
}

Scenario CostAgentPerf::only(const std::string& name, Operation operation) {
  const auto& known = requests();
  Scenario scenario([&known, operation](User& user) { return operation(user, known); });
  scenario.name = name;
  return scenario;
}

}  // namespace cost_agent_perf
