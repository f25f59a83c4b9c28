#include "resource_agent_users.h"

namespace resource_agent_perf {

const std::vector<Request> ordinary_requests{
    {"health", 10, "GET", "/health/", "\"status\":\"ok\""},
    {"system metrics", 5, "GET", "/system/metrics", "\"processes\":"},
    {"analysis", 4, "GET", "/analysis/", "\"bottlenecks\":"},
    {"cpu metrics", 3, "GET", "/system/metrics/cpu", "\"cores\":"},
    {"memory metrics", 3, "GET", "/system/metrics/memory", "\"available_bytes\":"},
    {"gpu info", 2, "GET", "/gpu/info", "{"},
    {"health score", 2, "GET", "/analysis/health-score", "\"health_score\":"},
    {"detailed health", 2, "GET", "/health/detailed", "\"components\":"},
    {"optimize", 1, "POST", "/optimize/run", "\"plan\":{"},
    {"lmcache status", 3, "GET", "/lmcache/status", "\"hit_ratio\":"}};

const std::vector<Request> light_requests{
    {"health", 5, "GET", "/health/", "\"status\":\"ok\""},
    {"system metrics", 3, "GET", "/system/metrics", "\"processes\":"},
    {"analysis", 2, "GET", "/analysis/", "\"bottlenecks\":"}};

const std::vector<Request> heavy_requests{
    {"system metrics", 5, "GET", "/system/metrics", "\"processes\":"},
    {"analysis", 5, "GET", "/analysis/", "\"bottlenecks\":"},
    {"lmcache status", 3, "GET", "/lmcache/status", "\"hit_ratio\":"},
    {"optimize", 2, "POST", "/optimize/run", "\"plan\":{"},
    {"health", 1, "GET", "/health/", "\"status\":\"ok\""}};

bool may_be_absent(const Request& request) { return std::string_view(request.path) == "/gpu/info"; }

Task<void> send(User& user, const Request& request) {
  dyno::http::Request wanted;
  wanted.method = request.method;
  wanted.path = request.path;
  if (wanted.method == "POST") {
    wanted.body = "{}";
    wanted.content_type = "application/json";
  }
  dyno::load::RequestOptions options{.want_body = true};
  if (may_be_absent(request)) options.accept = {200, 503};
  const auto answer = co_await user.request(wanted, options);
  user.check(answer, answer.body.find(request.holds) != std::string::npos, request.holds);
}

dyno::load::UserClass user_class(const std::string& name, const std::vector<Request>& requests,
                                 Wait wait) {
  dyno::load::UserClass users;
  users.name = name;
  users.wait = wait;
  for (const Request& request : requests) {
    users.tasks.push_back(
        {request.name, request.weight, [&request](User& user) { return send(user, request); }});
  }
  users.on_start = [](User& user) { return send(user, ordinary_requests.front()); };
  return users;
}

Scenario ordinary_users(Wait wait) {
  Scenario scenario;
  scenario.name = "ordinary users";
  scenario.classes.push_back(user_class("ordinary", ordinary_requests, wait));
  return scenario;
}

Scenario light_users() {
  Scenario scenario;
  scenario.name = "light users";
  scenario.classes.push_back(user_class("light", light_requests, light_wait));
  return scenario;
}

Scenario heavy_users() {
  Scenario scenario;
  scenario.name = "heavy users";
  scenario.classes.push_back(user_class("heavy", heavy_requests, heavy_wait));
  return scenario;
}

Scenario all_users() {
  Scenario scenario;
  scenario.name = "users of all classes";
  scenario.classes = {user_class("ordinary", ordinary_requests, ordinary_wait),
                      user_class("light", light_requests, light_wait),
                      user_class("heavy", heavy_requests, heavy_wait)};
  return scenario;
}

}  // namespace resource_agent_perf
