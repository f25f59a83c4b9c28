#include "cost_agent_users.h"

#include <chrono>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/harness/service_under_test.h"

namespace cost_agent_perf {

namespace {

using std::chrono::days;
using std::chrono::sys_days;

struct Period {
  sys_days first;
  sys_days last;
};

sys_days parse_day(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  if (std::sscanf(text.c_str(), "%d-%u-%u", &year, &month, &day) != 3) {
    throw std::runtime_error(fmt::format("the service says '{}' where a date should be", text));
  }
  return std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day};
}

std::string to_text(sys_days day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()));
}

nlohmann::json ask(const std::string& url, const dyno::http::Settings& http) {
  const auto answer = dyno::harness::fetch(url, std::chrono::seconds{5}, http);
  if (!answer) throw std::runtime_error(answer.error().message);
  auto json = nlohmann::json::parse(*answer, nullptr, false);
  if (json.is_discarded()) throw std::runtime_error(url + " does not answer with JSON");
  return json;
}

// Customers are the sub-accounts that have costs.
std::vector<std::string> customers_in(const std::string& url, const Period& period,
                                      const dyno::http::Settings& http) {
  const auto costs = ask(fmt::format("{}/api/v1/costs?start_date={}&end_date={}&group_by=account",
                                     url, to_text(period.first), to_text(period.last)),
                         http);
  std::vector<std::string> customers;
  for (const auto& group : costs.at("groups")) {
    if (auto name = group.at("name").get<std::string>(); !name.empty()) {
      customers.push_back(std::move(name));
    }
  }
  if (customers.empty()) throw std::runtime_error("the service holds costs of no account");
  return customers;
}

// All stretches of 30 days in the period; the period itself when it is shorter.
std::vector<Period> stretches(const Period& period) {
  constexpr days longer{days_of_a_stretch - 1};
  std::vector<Period> result;
  for (auto start = period.first; start + longer <= period.last; start += days{1}) {
    result.push_back({start, start + longer});
  }
  if (result.empty()) result.push_back(period);
  return result;
}

const std::string& choose(User& user, const std::vector<std::string>& choices) {
  return choices[user.random().below(choices.size())];
}

constexpr dyno::http::Header no_cache[] = {{"Cache-Control", "no-cache"}};

// Whether the answer is the kind that was asked for: a wrong answer that is fast must not pass.
// Looks at the text, since parsing every answer would cost the engine more than sending the
// request.
bool has(const dyno::load::Response& response, std::string_view member) {
  return response.body.starts_with('{') && response.body.find(member) != std::string::npos;
}

}  // namespace

Requests requests_for(const std::string& url, const dyno::http::Settings& http) {
  const auto data = ask(url + "/health", http).at("data");
  const Period period{parse_day(data.at("first_day")), parse_day(data.at("last_day"))};
  Requests requests;
  for (const auto& provider : data.at("providers")) {
    for (auto day = period.first; day <= period.last; day += days{1}) {
      requests.collect.push_back(nlohmann::json{
          {"provider", provider},
          {"start_date", to_text(day)},
          {"end_date", to_text(day)}}.dump());
    }
  }
  for (const auto& stretch : stretches(period)) {
    const auto dates =
        fmt::format("start_date={}&end_date={}", to_text(stretch.first), to_text(stretch.last));
    for (const auto* group : {"service", "region", "account", "day"}) {
      requests.costs.push_back(fmt::format("/api/v1/costs?{}&group_by={}", dates, group));
    }
    requests.analyse.push_back(nlohmann::json{
        {"start_date", to_text(stretch.first)},
        {"end_date",
         to_text(stretch.last)}}.dump());
  }
  for (const auto& customer : customers_in(url, period, http)) {
    requests.recommend.push_back(nlohmann::json{{"customer_id", customer}}.dump());
    requests.recommendations.push_back("/api/v1/recommendations?customer_id=" + customer);
  }
  return requests;
}

Task<void> collect(User& user, const Requests& requests) {
  const auto answer = co_await user.post_json("/api/v1/collect", choose(user, requests.collect),
                                              {.want_body = true});
  user.check(answer, has(answer, "\"accepted\":"), "an answer with 'accepted'");
}

Task<void> read_costs(User& user, const Requests& requests) {
  const auto answer = co_await user.get(choose(user, requests.costs), {.want_body = true});
  user.check(answer, has(answer, "\"groups\":"), "an answer with 'groups'");
}

Task<void> analyse(User& user, const Requests& requests) {
  const auto answer = co_await user.post_json("/api/v1/analyze", choose(user, requests.analyse),
                                              {.want_body = true});
  user.check(answer, has(answer, "\"forecast\":"), "an answer with 'forecast'");
}

Task<void> recommend(User& user, const Requests& requests) {
  const auto answer = co_await user.post_json(
      "/api/v1/recommendations/generate", choose(user, requests.recommend), {.want_body = true});
  user.check(answer, has(answer, "\"recommendations\":"), "an answer with 'recommendations'");
}

Task<void> read_recommendations(User& user, const Requests& requests) {
  const auto answer =
      co_await user.get(choose(user, requests.recommendations), {.want_body = true});
  user.check(answer, has(answer, "\"recommendations\":"), "an answer with 'recommendations'");
}

Task<void> query_costs_uncached(User& user, const Requests& requests) {
  const auto answer =
      co_await user.get(choose(user, requests.costs), {.headers = no_cache, .want_body = true});
  user.check(answer, has(answer, "\"groups\":"), "an answer with 'groups'");
}

Task<void> analyse_uncached(User& user, const Requests& requests) {
  const auto answer = co_await user.post_json("/api/v1/analyze", choose(user, requests.analyse),
                                              {.headers = no_cache, .want_body = true});
  user.check(answer, has(answer, "\"forecast\":"), "an answer with 'forecast'");
}

Task<void> recommend_uncached(User& user, const Requests& requests) {
  const auto answer =
      co_await user.post_json("/api/v1/recommendations/generate", choose(user, requests.recommend),
                              {.headers = no_cache, .want_body = true});
  user.check(answer, has(answer, "\"recommendations\":"), "an answer with 'recommendations'");
}

Scenario ordinary_day(const Requests& requests, Wait think) {
  struct DayTask {
    const char* name;
    double weight;
    Operation operation;
  };
  constexpr DayTask tasks[] = {{"costs", 10, read_costs},
                               {"recommendations", 4, read_recommendations},
                               {"analysis", 3, analyse},
                               {"collection", 1, collect},
                               {"new recommendations", 1, recommend}};
  Scenario scenario;
  scenario.name = "an ordinary day";
  auto& analyst = scenario.classes.emplace_back();
  analyst.name = "analyst";
  analyst.wait = think;
  for (const DayTask& task : tasks)
    analyst.tasks.push_back(
        {task.name, task.weight, [&requests, operation = task.operation](User& user) {
           return operation(user, requests);
         }});
  return scenario;
}

}  // namespace cost_agent_perf
