#include "application_agent_users.h"

#include <span>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

namespace application_agent_perf {

namespace {

const std::vector<std::string> models{"gpt-4o", "claude-sonnet", "llama-70b", "mistral-large"};
const std::vector<std::string> prompts{"Explain how a hash table resolves collisions.",
                                       "Summarise the causes of the first world war.",
                                       "What is the capital of Australia, and why not Sydney?",
                                       "Write a limerick about a slow database."};
const std::vector<std::string> responses{
    "Colliding keys are chained in a list or probed for in the next free slot.",
    "Alliances, militarism and nationalism turned an assassination into a continental war.",
    "Canberra was built as a compromise between Sydney and Melbourne.",
    "A query that ran without end made its author quite slow to defend."};

using dyno::load::RequestOptions;
using dyno::load::Response;

const std::string& choose(User& user, const std::vector<std::string>& choices) {
  return choices[user.random().below(choices.size())];
}

std::uint64_t between(User& user, std::uint64_t low, std::uint64_t high) {
  return low + user.random().below(high - low + 1);
}

// The one that the user takes a baseline of when it starts.
const std::string& model_of(const User& user) { return models[user.index() % models.size()]; }

// Whether the answer is the kind that was asked for: a wrong answer that is fast must not pass.
// Looks at the text, since parsing every answer would cost the engine more than sending the
// request.
void expect(User& user, const Response& answer, std::string_view member) {
  user.check(answer, answer.body.find(member) != std::string_view::npos,
             "an answer of the right kind");
}

Task<void> post(User& user, std::string_view path, std::string body, std::uint16_t status,
                std::string_view member) {
  RequestOptions options{.want_body = true};
  options.accept = {status};
  const auto answer = co_await user.post_json(path, body, options);
  expect(user, answer, member);
}

using Headers = std::span<const dyno::http::Header>;

// For what the service keeps answers of: each request is then the same work, so that a throughput
// means something, however the service was started.
constexpr dyno::http::Header no_cache[] = {{"Cache-Control", "no-cache"}};

Task<void> get(User& user, std::string_view path, std::string_view group, std::string_view member,
               Headers headers = {}) {
  const auto answer =
      co_await user.get(path, {.name = group, .headers = headers, .want_body = true});
  expect(user, answer, member);
}

// The texts hold nothing that JSON would have escaped.
std::string exchange(User& user, const char* model_key) {
  const auto& prompt = choose(user, prompts);
  const auto& response = choose(user, responses);
  return fmt::format(R"({{"prompt":"{}","response":"{}","{}":"{}"}})", prompt, response, model_key,
                     choose(user, models));
}

std::string baseline(const std::string& model, const std::string& config) {
  return fmt::format(R"({{"model_name":"{}","config_hash":"{}","sample_size":100}})", model,
                     config);
}

Task<void> own_baseline(User& user) {
  return post(user, "/regression/baseline",
              baseline(model_of(user), fmt::format("user-{}", user.index())), 201,
              "\"baseline_id\":");
}

Task<void> analyse_quality(User& user) {
  return post(user, "/quality/analyze", exchange(user, "model_id"), 200, "\"quality\":");
}

Task<void> quality_insights(User& user) {
  return get(user, "/quality/insights", {}, "\"advice\":", no_cache);
}

Task<void> establish_baseline(User& user) {
  const auto& model = choose(user, models);
  return post(user, "/regression/baseline",
              baseline(model, fmt::format("v{}.0.0", between(user, 1, 5))), 201,
              "\"baseline_id\":");
}

Task<void> detect(User& user, const std::string& model, const std::string& config) {
  return post(user, "/regression/detect",
              fmt::format(R"({{"model_name":"{}","config_hash":"{}","current_quality":{}}})", model,
                          config, between(user, 70, 95)),
              200, "\"regression\":");
}

Task<void> detect_regression(User& user) {
  return detect(user, model_of(user), fmt::format("user-{}", user.index()));
}

constexpr const char* shared_config = "v1.0.0";

Task<void> detect_against_shared(User& user) {
  return detect(user, choose(user, models), shared_config);
}

Task<void> shared_baseline(User& user, const std::string& model) {
  return post(user, "/regression/baseline", baseline(model, shared_config), 201,
              "\"baseline_id\":");
}

Task<void> make_shared_baselines(User& user) {
  for (const std::string& model : models) co_await shared_baseline(user, model);
}

Task<void> any_analytics(User& user, Headers headers) {
  static const std::vector<std::string> paths{"/analytics/summary", "/analytics/trends",
                                              "/analytics/comparison?models=gpt-4o,claude-sonnet"};
  return get(user, choose(user, paths), "/analytics/*", "{", headers);
}

Task<void> analytics(User& user) { return any_analytics(user, no_cache); }
Task<void> analytics_from_cache(User& user) { return any_analytics(user, {}); }

Task<void> create_validation(User& user) {
  const auto number = between(user, 1, 1000);
  const auto& model = choose(user, models);
  const auto before = between(user, 70, 85), now = between(user, 75, 95);
  return post(user, "/validation/create",
              fmt::format(R"({{"name":"validation-{}","model_name":"{}","baseline_quality":{},)"
                          R"("new_quality":{}}})",
                          number, model, before, now),
              201, "\"validation_id\":");
}

Task<void> run_workflow(User& user) {
  return post(user, "/workflow/validate", exchange(user, "model_name"), 200, "\"decision\":");
}

Task<void> configuration(User& user) { return get(user, "/config/current", {}, "\"detection\":"); }
Task<void> health(User& user) { return get(user, "/health", {}, "\"status\":\"ok\""); }
Task<void> admin_stats(User& user) { return get(user, "/admin/stats", {}, "\"analyses\":"); }

dyno::load::UserClass user_class(const std::string& name, Wait wait) {
  dyno::load::UserClass result;
  result.name = name;
  result.wait = wait;
  result.on_start = own_baseline;
  for (const UserTask& task : user_tasks)
    result.tasks.push_back({task.name, task.weight, task.run});
  return result;
}

Scenario scenario_of(const std::string& name, Wait wait) {
  Scenario scenario;
  scenario.name = name;
  scenario.classes.push_back(user_class(name, wait));
  return scenario;
}

}  // namespace

const std::vector<UserTask> user_tasks{{"analyse quality", 10, analyse_quality},
                                       {"quality insights", 5, quality_insights},
                                       {"establish baseline", 3, establish_baseline},
                                       {"detect regression", 3, detect_regression},
                                       {"analytics", 3, analytics},
                                       {"create validation", 2, create_validation},
                                       {"run workflow", 2, run_workflow},
                                       {"configuration", 2, configuration},
                                       {"health", 1, health},
                                       {"admin stats", 1, admin_stats}};

Scenario normal_users(Wait wait) { return scenario_of("normal user", wait); }
Scenario high_load_users() { return scenario_of("high load user", high_load_wait); }
Scenario burst_users() { return scenario_of("burst user", burst_wait); }

Scenario all_users() {
  Scenario scenario = normal_users();
  scenario.name = "all classes of users";
  scenario.classes.push_back(user_class("high load user", high_load_wait));
  scenario.classes.push_back(user_class("burst user", burst_wait));
  return scenario;
}

Scenario arrivals() {
  Scenario scenario = scenario_of("arrivals", {});
  auto& arriving = scenario.classes.front();
  arriving.on_start = {};
  for (auto& task : arriving.tasks)
    if (task.name == "detect regression") task.activity = detect_against_shared;
  return scenario;
}

Scenario shared_baselines() {
  Scenario scenario(make_shared_baselines);
  scenario.name = "shared baselines";
  return scenario;
}

Scenario cached_analytics() {
  Scenario scenario(analytics_from_cache);
  scenario.name = "cached analytics";
  return scenario;
}

Scenario only(const std::string& name) {
  for (const UserTask& task : user_tasks) {
    if (task.name != name) continue;
    Scenario scenario(task.run);
    scenario.name = name;
    scenario.classes.front().on_start = own_baseline;
    return scenario;
  }
  throw std::logic_error("no task is named " + name);
}

}  // namespace application_agent_perf
