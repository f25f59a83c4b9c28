// Who uses the cost agent: what there is to ask for in the data that the service holds, and the
// journeys. fixtures/scenarios/cost_agent.json says the same as ordinary_day(), as data, and
// cost_agent_users_test.cpp holds the two together.
#pragma once

#include <string>
#include <vector>

#include "dyno/http/settings.h"
#include "dyno/load/scenario.h"
#include "dyno/load/user.h"

namespace cost_agent_perf {

using namespace std::chrono_literals;
using dyno::load::Scenario;
using dyno::load::Task;
using dyno::load::User;
using dyno::load::Wait;

// Days of a period that costs are asked for and analysed over.
inline constexpr int days_of_a_stretch = 30;

// The requests that the service's data admits, rendered once: every choice a user has.
struct Requests {
  std::vector<std::string> collect;          // bodies: one provider-day each
  std::vector<std::string> costs;            // paths: 30 days by service, region, account, day
  std::vector<std::string> analyse;          // bodies: 30 days each
  std::vector<std::string> recommend;        // bodies: one customer each
  std::vector<std::string> recommendations;  // paths: one customer each
};

// Asks the service what data it holds (/health) and renders the requests. Throws
// std::runtime_error, with one line, when it does not answer as a cost agent does.
Requests requests_for(const std::string& service_url, const dyno::http::Settings& http = {});

// One request each, with a check of its answer. The uncached forms ask the service to compute.
using Operation = Task<void> (*)(User&, const Requests&);
Task<void> collect(User& user, const Requests& requests);
Task<void> read_costs(User& user, const Requests& requests);
Task<void> analyse(User& user, const Requests& requests);
Task<void> recommend(User& user, const Requests& requests);
Task<void> read_recommendations(User& user, const Requests& requests);
Task<void> query_costs_uncached(User& user, const Requests& requests);
Task<void> analyse_uncached(User& user, const Requests& requests);
Task<void> recommend_uncached(User& user, const Requests& requests);

inline constexpr Wait ordinary_wait{.low = 100ms, .high = 500ms, .every = {}, .mean = {}};

// The mix of an ordinary day: mostly reading, some analysis, now and then a collection. `requests`
// must outlive it.
Scenario ordinary_day(const Requests& requests, Wait think = ordinary_wait);

}  // namespace cost_agent_perf
