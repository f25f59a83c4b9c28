#include "application_agent.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "services/application_agent/service.h"

namespace application_agent_perf {

namespace {

using dyno::Error;
using dyno::Result;
using dyno::harness::LocalService;
using dyno::harness::ServiceSpec;
using dyno::harness::Settings;

class LocalApplicationAgent final : public LocalService {
 public:
  explicit LocalApplicationAgent(application_agent::Config config) : service_(std::move(config)) {}

  Result<void> start() {
    const auto port = service_.start();
    if (!port) return Error{"application_agent: " + port.error().message};
    return {};
  }
  std::string url() const override { return service_.url(); }

 private:
  application_agent::Service service_;
};

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Result caches off: every request is the same work, so that a throughput means something.
application_agent::Config config_of(const Settings& settings) {
  application_agent::Config config;
  config.size = settings.data;
  config.seed = settings.seed;
  config.database = from_environment("DYNO_DATABASE_URL");
  config.cache = from_environment("DYNO_REDIS_URL");
  config.fault = from_environment("DYNO_FAULT");
  config.result_cache = false;
  return config;
}

}  // namespace

ServiceSpec ApplicationAgentPerf::service_spec() const {
  ServiceSpec spec;
  spec.system = "application_agent";
  spec.program = APPLICATION_AGENT_PROGRAM;
  spec.arguments = {"--port",
                    "0",
                    "--data",
                    settings().data,
                    "--no-result-cache",
                    "--seed",
                    std::to_string(settings().seed)};
  spec.start_here = [config = config_of(settings())]() -> Result<std::unique_ptr<LocalService>> {
    auto service = std::make_unique<LocalApplicationAgent>(config);
    if (const auto started = service->start(); !started) return started.error();
    return std::unique_ptr<LocalService>(std::move(service));
  };
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

LoadPlan ApplicationAgentPerf::one_at_a_time() const {
  constexpr std::uint64_t enough_for_p95 = 220;
  return users(1)
      .hold(std::max<Duration>(length({10s, 30s, 1min}), 10s))
      .operations(enough_for_p95);
}

}  // namespace application_agent_perf
