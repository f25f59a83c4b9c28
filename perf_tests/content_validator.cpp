#include "content_validator.h"

#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "in_process.h"
#include "services/content_validator/service.h"

namespace content_validator_perf {
namespace {

using dyno::harness::ServiceSpec;
using dyno::harness::Settings;
using perf_tests::from_environment;

// Looks at the text, since parsing every answer would cost the engine more than sending the
// request. In the escaped copy of the answer a quote has a backslash before it.
bool succeeded(const Response& response) {
  return response.body.find("\"isError\":false") != std::string::npos;
}

const std::string& choose(User& user, const std::vector<std::string>& choices) {
  return choices[user.random().below(choices.size())];
}

std::string id_arguments(std::int64_t id) { return fmt::format(R"({{"validation_id":{}}})", id); }

}  // namespace

content_validator::Config config_of(const Settings& settings) {
  content_validator::Config config;
  config.data_size = settings.data;
  config.data_seed = settings.seed;
  config.cache_dir = settings.data_cache;
  config.database = from_environment("DYNO_DATABASE_URL");
  config.fault = from_environment("DYNO_FAULT");
  return config;
}

ServiceSpec ContentValidatorPerf::service_spec() const {
  ServiceSpec spec;
  spec.system = "content_validator";
  spec.program = CONTENT_VALIDATOR_PROGRAM;
  spec.arguments = {"--port",      "0",
                    "--data",      settings().data,
                    "--seed",      std::to_string(settings().seed),
                    "--cache-dir", settings().data_cache.string()};
  spec.start_here =
      perf_tests::start_here<content_validator::Service>(spec.system, config_of(settings()));
  return spec;
}

std::vector<std::string> ContentValidatorPerf::stdio_command() const {
  return {CONTENT_VALIDATOR_PROGRAM,
          "--stdio",
          "--data",
          settings().data,
          "--seed",
          std::to_string(settings().seed),
          "--cache-dir",
          settings().data_cache.string()};
}

void ContentValidatorPerf::validate_folder() {
  if (!setup_) {
    setup_ = std::make_unique<mcp_perf::HttpClient>(mcp_url());
    if (const auto begun = setup_->begin(); !begun) throw std::runtime_error(begun.error().message);
  }
  const auto result = setup_->ask(mcp_perf::tool_call(1, "validate_folder", R"({"limit":200})"));
  if (!result) throw std::runtime_error(result.error().message);
  const bool is_first = paths_.empty();
  for (const auto& one : result->at("structuredContent").at("validations")) {
    if (is_first) paths_.push_back(one.at("path"));
    validations_.push_back(one.at("validation_id"));
  }
  if (paths_.empty()) throw std::runtime_error("the service has no documents");
}

void ContentValidatorPerf::learn() {
  if (paths_.empty()) validate_folder();
}

const std::vector<std::string>& ContentValidatorPerf::paths() {
  learn();
  return paths_;
}

const std::vector<std::int64_t>& ContentValidatorPerf::validations() {
  learn();
  return validations_;
}

void ContentValidatorPerf::prepare_pending(std::size_t count) {
  learn();
  while (validations_.size() < count) validate_folder();
  next_ = 0;
}

std::int64_t ContentValidatorPerf::next_pending() {
  return validations_[next_.fetch_add(1) % validations_.size()];
}

Task<void> ContentValidatorPerf::begin(User& user) {
  const std::string body = mcp_perf::initialize_request();
  const auto answer =
      co_await user.post_json("/mcp", body, {.name = "initialize", .want_headers = true});
  auto& session = sessions_.at(user.index());
  session.id = std::string(answer.header("Mcp-Session-Id"));
  user.check(answer, !session.id.empty(), "a session");
  const dyno::http::Header headers[] = {{"Mcp-Session-Id", session.id}};
  const auto told =
      co_await user.post_json("/mcp", R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                              {.name = "notifications/initialized", .headers = headers});
  user.check(told, told.status == 202, "status 202");
}

Task<void> ContentValidatorPerf::end(User& user) {
  const dyno::http::Header headers[] = {{"Mcp-Session-Id", sessions_.at(user.index()).id}};
  const auto ended = co_await user.request({.method = "DELETE", .path = "/mcp"},
                                           {.name = "end of session", .headers = headers});
  user.check(ended, ended.status == 204, "status 204");
}

Task<Response> ContentValidatorPerf::call(User& user, std::string_view tool,
                                          std::string_view arguments) {
  const std::string body =
      mcp_perf::tool_call(static_cast<std::int64_t>(user.iteration()), tool, arguments);
  const std::string name = fmt::format("tools/call {}", tool);
  const dyno::http::Header headers[] = {{"Mcp-Session-Id", sessions_.at(user.index()).id},
                                        {"Accept", "application/json, text/event-stream"}};
  auto answer =
      co_await user.post_json("/mcp", body, {.name = name, .headers = headers, .want_body = true});
  user.check(answer, succeeded(answer), "a result that is no error");
  co_return answer;
}

Scenario ContentValidatorPerf::scenario(const std::string& name, std::vector<Weighted> tasks,
                                        Sessions sessions) {
  learn();
  Scenario scenario;
  scenario.name = name;
  auto& client = scenario.classes.emplace_back();
  client.name = "client";
  if (sessions == Sessions::own) {
    client.on_start = [this](User& user) { return begin(user); };
    client.on_stop = [this](User& user) { return end(user); };
  }
  for (const Weighted& task : tasks)
    client.tasks.push_back({task.name, task.weight, [this, journey = task.journey](User& user) {
                              return journey(user, *this);
                            }});
  return scenario;
}

Task<void> validate_file(User& user, ContentValidatorPerf& of) {
  const std::string arguments = fmt::format(R"({{"path":"{}"}})", choose(user, of.paths()));
  const auto answer = co_await of.call(user, "validate_file", arguments);
  user.check(answer, answer.body.find("\"findings\":[") != std::string::npos, "findings");
}

Task<void> list_validations(User& user, ContentValidatorPerf& of) {
  const auto answer = co_await of.call(user, "list_validations", R"({"limit":20})");
  user.check(answer, answer.body.find("\"next_before\":") != std::string::npos, "a page");
}

Task<void> get_validation(User& user, ContentValidatorPerf& of) {
  const auto& known = of.validations();
  const std::string arguments = id_arguments(known[user.random().below(known.size())]);
  const auto answer = co_await of.call(user, "get_validation", arguments);
  user.check(answer, answer.body.find("\"findings\":[") != std::string::npos, "findings");
}

Task<void> get_stats(User& user, ContentValidatorPerf& of) {
  const auto answer = co_await of.call(user, "get_stats", "{}");
  user.check(answer, answer.body.find("\"average_score\":") != std::string::npos, "statistics");
}

Task<void> get_recommendations(User& user, ContentValidatorPerf& of) {
  const auto answer = co_await of.call(user, "get_recommendations", "{}");
  user.check(answer, answer.body.find("\"advice\":") != std::string::npos, "advice");
}

Task<void> approve(User& user, ContentValidatorPerf& of) {
  const std::string arguments = id_arguments(of.next_pending());
  const auto answer = co_await of.call(user, "approve", arguments);
  user.check(answer, answer.body.find("\"status\":\"approved\"") != std::string::npos, "approval");
}

Task<void> enhance(User& user, ContentValidatorPerf& of) {
  const auto& known = of.validations();
  const std::string arguments = id_arguments(known[user.random().below(known.size())]);
  const auto answer = co_await of.call(user, "enhance", arguments);
  user.check(answer, answer.body.find("\"diff\":") != std::string::npos, "a diff");
}

}  // namespace content_validator_perf
