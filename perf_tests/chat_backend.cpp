#include "chat_backend.h"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/harness/perf_session.h"
#include "dyno/harness/service_under_test.h"
#include "in_process.h"
#include "services/chat_backend/service.h"

namespace chat_backend_perf {

namespace {

using dyno::harness::ServiceSpec;
using dyno::harness::Settings;
using perf_tests::from_environment;

chat_backend::Config config_of(const Settings& settings) {
  chat_backend::Config config;
  config.data.size = settings.data;
  config.data.seed = settings.seed;
  config.data.cache_dir = settings.data_cache;
  config.data.database = from_environment("DYNO_DATABASE_URL");
  config.data.progress = [](const std::string& line) {
    fmt::print(stderr, "chat_backend: {}\n", line);
  };
  config.cache = from_environment("DYNO_REDIS_URL");
  config.fault = from_environment("DYNO_FAULT");
  chat_backend::read_environment(config.llm, [](const char* name) { return std::getenv(name); });
  return config;
}

Format format_of(const nlohmann::json& health, const std::string& provider) {
  const auto& entry = health.at("llm").at(provider);
  Format format{provider, entry.at("simulated").get<bool>(), {}, {}};
  const std::string who = format.simulated ? "simulated" : entry.at("model").get<std::string>();
  format.invoke = fmt::format("/api/agents/*/invoke {} {}", provider, who);
  format.stream = fmt::format("/api/agents/*/stream {} {}", provider, who);
  return format;
}

}  // namespace

Known known_of(const std::string& service_url) {
  const auto answer =
      dyno::harness::fetch(service_url + "/health", 5s, dyno::harness::session().settings.http);
  if (!answer) throw std::runtime_error(answer.error().message);
  const auto health = nlohmann::json::parse(*answer, nullptr, false);
  if (!health.is_object() || !health.contains("llm") || !health.contains("data"))
    throw std::runtime_error(service_url + "/health does not answer as a chat backend");
  const auto& data = health.at("data");
  return {data.at("agents").get<std::uint64_t>(), data.at("channels").get<std::uint64_t>(),
          data.at("messages").get<std::uint64_t>(), format_of(health, "anthropic"),
          format_of(health, "openai")};
}

ServiceSpec ChatBackendPerf::service_spec() const {
  ServiceSpec spec;
  spec.system = "chat_backend";
  spec.program = CHAT_BACKEND_PROGRAM;
  spec.arguments = {"--port",      "0",
                    "--cache-dir", settings().data_cache.string(),
                    "--data",      settings().data,
                    "--seed",      std::to_string(settings().seed)};
  spec.start_here =
      perf_tests::start_here<chat_backend::Service>(spec.system, config_of(settings()));
  return spec;
}

const Known& ChatBackendPerf::known() {
  if (!known_) known_ = std::make_unique<Known>(known_of(service().url()));
  return *known_;
}

std::uint32_t ChatBackendPerf::asking(std::uint32_t wanted) {
  return at_most(known().simulated() ? wanted : std::min<std::uint32_t>(wanted, 4));
}

Scenario ChatBackendPerf::chatting() { return chat_backend_perf::chatting(known()); }

Scenario ChatBackendPerf::invoking() {
  const Known& world = known();
  Scenario scenario([&world](User& user) {
    return invoke(user, world, user.random().below(2) == 0 ? world.anthropic : world.openai);
  });
  scenario.name = "ask an agent";
  return scenario;
}

Scenario ChatBackendPerf::streaming(const Format& format) {
  const Known& world = known();
  Scenario scenario([&world, &format](User& user) { return stream(user, world, format); });
  scenario.name = "ask an agent, " + format.provider;
  return scenario;
}

Scenario ChatBackendPerf::streaming() {
  const Known& world = known();
  Scenario scenario([&world](User& user) {
    return stream(user, world, user.random().below(2) == 0 ? world.anthropic : world.openai);
  });
  scenario.name = "ask an agent over time";
  return scenario;
}

}  // namespace chat_backend_perf
