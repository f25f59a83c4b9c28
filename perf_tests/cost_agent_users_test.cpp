// The users of the cost agent exist twice, in C++ and as a scenario file: the same requests with
// the same weights, about all periods, days and customers of the data that the service generates.

#include "cost_agent_users.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "data/world.h"
#include "dyno/core/files.h"
#include "journeys_for_test.h"
#include "services/cost_agent/service.h"

namespace cost_agent_perf {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using testing::IsEmpty;

const std::filesystem::path folder = DYNO_SOURCE_DIR "/fixtures/scenarios";

std::string text_of(sys_days day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()));
}

// What there is to ask for in the data of that size: the file that the scenario names.
dyno::Result<std::string> lines_for(const std::filesystem::path& file, datagen::Size size) {
  const auto world = datagen::make_world(size, 1);
  const sys_days first{days{world.first_day}};
  const sys_days end = first + days{world.days};
  std::string each_day = "date\n", stretches = "start_date,end_date\n", customers = "customer\n";
  for (auto day = first; day < end; day += days{1}) {
    each_day += text_of(day) + '\n';
    const auto last = day + days{days_of_a_stretch - 1};
    if (last < end) stretches += fmt::format("{},{}\n", text_of(day), text_of(last));
  }
  std::vector<std::string> ids;
  for (const auto& account : world.accounts) ids.push_back(account.id);
  std::sort(ids.begin(), ids.end());
  for (const auto& id : ids) customers += id + '\n';
  if (file.filename() == "cost_agent_days.csv") return each_day;
  if (file.filename() == "cost_agent_stretches.csv") return stretches;
  if (file.filename() == "cost_agent_customers.csv") return customers;
  return dyno::Error{"a feeder names " + file.string()};
}

TEST(CostAgentUsers, AreTheSameAsDataAndInCode) {
  cost_agent::Config config;
  config.data.size = "small";
  config.data.cache_dir = DYNO_TEST_CACHE_DIR;
  cost_agent::Service service(config);
  const auto port = service.start();
  ASSERT_TRUE(port.ok()) << port.error().message;
  const auto requests = requests_for(service.url());
  const auto file = journeys::read("cost_agent.json", [](const std::filesystem::path& path) {
    return lines_for(path, datagen::Size::small);
  });
  EXPECT_EQ(file.load.users, 50);
  EXPECT_THAT(journeys::differences(ordinary_day(requests), file, *port), IsEmpty());
}

TEST(CostAgentUsers, AskForAllThatThereIs) {
  for (const char* name :
       {"cost_agent_days.csv", "cost_agent_stretches.csv", "cost_agent_customers.csv"})
    EXPECT_EQ(dyno::read_file(folder / name).value(),
              lines_for(name, datagen::Size::medium).value());
}

}  // namespace
}  // namespace cost_agent_perf
