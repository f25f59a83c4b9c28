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

// What the service says of the caps on calls of real providers; null where it calls none.
nlohmann::json budget_of(const std::string& service_url) {
  const auto answer =
      dyno::harness::fetch(service_url + "/health", 5s, dyno::harness::session().settings.http);
  if (!answer) return {};
  const auto health = nlohmann::json::parse(*answer, nullptr, false);
  const nlohmann::json::json_pointer place("/llm/budget");
  return health.is_object() && health.contains(place) ? health.at(place) : nlohmann::json{};
}

std::string of_cap(const nlohmann::json& cap) {
  return cap.is_number() ? fmt::format(" of {}", cap.get<double>()) : std::string(" (no cap)");
}

std::string used(const nlohmann::json& budget) {
  return fmt::format(
      "{} calls{} and {:.4f} USD{}, as reckoned, are used by {}", budget.value("calls", 0),
      of_cap(budget.value("max_calls", nlohmann::json{})), budget.value("cost_usd", 0.0),
      of_cap(budget.value("max_cost_usd", nlohmann::json{})), budget.value("of", "this service"));
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

RunRecord ChatBackendPerf::load(const Scenario& scenario, LoadPlan plan, const std::string& label) {
  auto& session = dyno::harness::session();
  if (session.listing) return PerfCase::load(scenario, std::move(plan), label);
  const auto before = budget_of(service().url());
  auto run = PerfCase::load(scenario, std::move(plan), label);
  if (!before.is_object()) return run;
  const auto after = budget_of(service().url());
  if (!after.is_object()) return run;
  const auto more = [&](const char* name) {
    return after.value(name, std::int64_t{0}) - before.value(name, std::int64_t{0});
  };
  note(fmt::format("real language models: {} calls here, {} tokens of input and {} of output; {}",
                   more("calls"), more("input_tokens"), more("output_tokens"), used(after)));
  const auto refused = more("refused");
  if (refused == 0) return run;
  const std::string why = fmt::format(
      "the cap on real language models ended this, not the service: {} calls were not made; {}. "
      "DYNO_LLM_MAX_CALLS and DYNO_LLM_MAX_COST set the caps, --no-llm leaves such cases out",
      refused, used(after));
  note(why);
  fmt::print(stderr, "error: {}\n", why);
  session.status = dyno::worst(session.status, dyno::ExitStatus::invalid);
  throw std::runtime_error(why);
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
