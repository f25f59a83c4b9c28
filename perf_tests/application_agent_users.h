// Who uses the application agent: ten weighted tasks, done by normal, high-load and burst users
// that differ in how long they think. A user creates the baseline that it will query when it
// starts. Insights and analytics are asked for with `Cache-Control: no-cache`, and so computed.
// fixtures/scenarios/application_agent*.json say the same as data, and
// application_agent_users_test.cpp holds the two together.
#pragma once

#include <string>
#include <vector>

#include "dyno/load/scenario.h"
#include "dyno/load/user.h"

namespace application_agent_perf {

using namespace std::chrono_literals;
using dyno::load::Scenario;
using dyno::load::Task;
using dyno::load::User;
using dyno::load::Wait;

struct UserTask {
  const char* name;
  double weight;
  Task<void> (*run)(User&);
};

extern const std::vector<UserTask> user_tasks;

inline constexpr Wait normal_wait{.low = 1s, .high = 3s, .every = {}, .mean = {}};
inline constexpr Wait high_load_wait{.low = 500ms, .high = 1500ms, .every = {}, .mean = {}};
inline constexpr Wait burst_wait{.low = 0ms, .high = 500ms, .every = {}, .mean = {}};

Scenario normal_users(Wait wait = normal_wait);
Scenario high_load_users();
Scenario burst_users();
Scenario all_users();  // all three in equal parts

// For arrivals at a rate, which are no users that begin: nothing is done at the start, and
// regressions are detected against the baselines that shared_baselines() makes, once.
Scenario arrivals();
Scenario shared_baselines();

// Analytics alone, without waiting, which the service may answer from its cache.
Scenario cached_analytics();

// The task of that name alone, without waiting.
Scenario only(const std::string& name);

}  // namespace application_agent_perf
