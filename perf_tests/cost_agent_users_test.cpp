// The users of the cost agent exist twice, in C++ and as a scenario file: the same requests with
// the same weights, about all periods, days and customers of the data that the service generates.

#include "cost_agent_users.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "data/world.h"
#include "dyno/scenario/reader.h"

namespace cost_agent_perf {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

const std::filesystem::path folder = DYNO_SOURCE_DIR "/fixtures/scenarios";

std::vector<std::string> lines_of(const char* name) {
  std::ifstream file(folder / name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string text_of(sys_days day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()));
}

TEST(CostAgentUsers, AreTheSameAsDataAndInCode) {
  const auto file = dyno::scenario::read_scenario(folder / "cost_agent.json");
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->scenario->classes.size(), 1u);
  const auto& users = file->scenario->classes[0];
  EXPECT_EQ(users.wait.low, std::chrono::milliseconds(100));  // as in NormalLoad
  EXPECT_EQ(users.wait.high, std::chrono::milliseconds(500));
  EXPECT_EQ(file->load.users, 50);
  ASSERT_EQ(users.tasks.size(), ordinary_tasks.size());
  for (std::size_t i = 0; i < ordinary_tasks.size(); ++i) {
    const auto& task = users.tasks[i];
    SCOPED_TRACE(task.name);
    EXPECT_EQ(task.name, ordinary_tasks[i].name);
    EXPECT_EQ(task.weight, ordinary_tasks[i].weight);
    ASSERT_EQ(task.steps.size(), 1u);
    EXPECT_EQ(task.steps[0].method, ordinary_tasks[i].method);
    EXPECT_EQ(task.steps[0].group, ordinary_tasks[i].endpoint);
  }
}

TEST(CostAgentUsers, AskForAllThatThereIs) {
  const auto world = datagen::make_world(datagen::Size::medium, 1);
  const sys_days first{days{world.first_day}};
  const sys_days end = first + days{world.days};
  std::vector<std::string> each_day{"date"}, stretches{"start_date,end_date"};
  std::vector<std::string> customers;
  for (auto day = first; day < end; day += days{1}) {
    each_day.push_back(text_of(day));
    const auto last = day + days{days_of_a_stretch - 1};
    if (last < end) stretches.push_back(fmt::format("{},{}", text_of(day), text_of(last)));
  }
  for (const auto& account : world.accounts) customers.push_back(account.id);
  customers.emplace_back("");
  std::sort(customers.begin(), customers.end());
  customers[0] = "customer";
  EXPECT_EQ(lines_of("cost_agent_days.csv"), each_day);
  EXPECT_EQ(lines_of("cost_agent_stretches.csv"), stretches);
  EXPECT_EQ(lines_of("cost_agent_customers.csv"), customers);
}

}  // namespace
}  // namespace cost_agent_perf
