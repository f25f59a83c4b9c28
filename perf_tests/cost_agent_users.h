// What the users of the cost agent do on an ordinary day: five weighted tasks of one request each.
// fixtures/scenarios/cost_agent.json says the same as data, and cost_agent_users_test.cpp holds the
// two together.
#pragma once

#include <array>
#include <string_view>

namespace cost_agent_perf {

struct DayTask {
  const char* name;
  double weight;
  std::string_view method;
  std::string_view endpoint;
};

inline constexpr std::array<DayTask, 5> ordinary_tasks{
    {{"costs", 10, "GET", "/api/v1/costs"},
     {"recommendations", 4, "GET", "/api/v1/recommendations"},
     {"analysis", 3, "POST", "/api/v1/analyze"},
     {"collection", 1, "POST", "/api/v1/collect"},
     {"new recommendations", 1, "POST", "/api/v1/recommendations/generate"}}};

// Days of a period that costs are asked for and analysed over.
inline constexpr int days_of_a_stretch = 30;

}  // namespace cost_agent_perf
