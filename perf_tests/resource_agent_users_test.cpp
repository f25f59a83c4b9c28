// The users of the resource agent exist twice, in C++ and as scenario files: the same requests with
// the same weights and waits.

#include "resource_agent_users.h"

#include <algorithm>
#include <stdexcept>

#include <gtest/gtest.h>

#include "dyno/scenario/reader.h"

namespace resource_agent_perf {
namespace {

void expect_same(const dyno::scenario::UserClass& file, const dyno::load::UserClass& code,
                 const std::vector<Request>& requests) {
  SCOPED_TRACE(file.name);
  EXPECT_EQ(file.weight, code.weight);
  EXPECT_EQ(file.wait.low, code.wait.low);
  EXPECT_EQ(file.wait.high, code.wait.high);
  EXPECT_EQ(file.wait.every, code.wait.every);
  ASSERT_EQ(file.on_start.steps.size(), 1u);
  EXPECT_EQ(file.on_start.steps[0].group, "/health/");
  ASSERT_EQ(file.tasks.size(), requests.size());
  ASSERT_EQ(code.tasks.size(), requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& task = file.tasks[i];
    SCOPED_TRACE(task.name);
    EXPECT_EQ(task.name, requests[i].name);
    EXPECT_EQ(task.name, code.tasks[i].name);
    EXPECT_EQ(task.weight, requests[i].weight);
    EXPECT_EQ(task.weight, code.tasks[i].weight);
    ASSERT_EQ(task.steps.size(), 1u);
    EXPECT_EQ(task.steps[0].method, requests[i].method);
    EXPECT_EQ(task.steps[0].group, requests[i].path);
    const bool takes_503 = std::any_of(task.steps[0].statuses.begin(), task.steps[0].statuses.end(),
                                       [](const auto& range) { return range.high >= 503; });
    EXPECT_EQ(takes_503, may_be_absent(requests[i]));
  }
}

dyno::scenario::File read(const std::string& name) {
  auto file = dyno::scenario::read_scenario(DYNO_SOURCE_DIR "/fixtures/scenarios/" + name);
  if (!file) throw std::runtime_error(file.error().message);
  return std::move(*file);
}

TEST(ResourceAgentUsers, AreTheSameAsDataAndInCode) {
  const auto file = read("resource_agent.json");
  ASSERT_EQ(file.scenario->classes.size(), 1u);
  expect_same(file.scenario->classes[0], ordinary_users().classes[0], ordinary_requests);
}

TEST(ResourceAgentUsers, OfAllClassesAreTheSameAsDataAndInCode) {
  const auto file = read("resource_agent_classes.json");
  const auto code = all_users();
  ASSERT_EQ(file.scenario->classes.size(), 3u);
  expect_same(file.scenario->classes[0], code.classes[0], ordinary_requests);
  expect_same(file.scenario->classes[1], code.classes[1], light_requests);
  expect_same(file.scenario->classes[2], code.classes[2], heavy_requests);
}

}  // namespace
}  // namespace resource_agent_perf
