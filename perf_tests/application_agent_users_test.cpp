// The users of the application agent exist twice, in C++ and as a scenario file: the same requests
// with the same weights and waits.

#include "application_agent_users.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/scenario/reader.h"

namespace application_agent_perf {
namespace {

constexpr const char* path = DYNO_SOURCE_DIR "/fixtures/scenarios/application_agent.json";
constexpr const char* classes_path =
    DYNO_SOURCE_DIR "/fixtures/scenarios/application_agent_classes.json";

void expect_same(const dyno::scenario::UserClass& data, const dyno::load::UserClass& code) {
  SCOPED_TRACE(code.name);
  EXPECT_EQ(data.weight, code.weight);
  EXPECT_EQ(data.wait.low, code.wait.low);
  EXPECT_EQ(data.wait.high, code.wait.high);
  EXPECT_TRUE(code.on_start);
  ASSERT_EQ(data.on_start.steps.size(), 1u);
  EXPECT_EQ(data.on_start.steps[0].group, "/regression/baseline");
  ASSERT_EQ(data.tasks.size(), user_tasks.size());
  ASSERT_EQ(code.tasks.size(), user_tasks.size());
  for (std::size_t i = 0; i < user_tasks.size(); ++i) {
    const auto& task = data.tasks[i];
    SCOPED_TRACE(task.name);
    EXPECT_EQ(task.name, user_tasks[i].name);
    EXPECT_EQ(task.weight, user_tasks[i].weight);
    EXPECT_EQ(task.name, code.tasks[i].name);
    EXPECT_EQ(task.weight, code.tasks[i].weight);
    ASSERT_EQ(task.steps.size(), 1u);
    EXPECT_EQ(task.steps[0].method, user_tasks[i].method);
    EXPECT_EQ(task.steps[0].group, user_tasks[i].group);
  }
}

TEST(ApplicationAgentUsers, AreTheSameAsDataAndInCode) {
  const auto file = dyno::scenario::read_scenario(path);
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_EQ(file->scenario->classes.size(), 1u);
  expect_same(file->scenario->classes[0], normal_users().classes.front());
}

TEST(ApplicationAgentUsers, OfAllClassesAreTheSameAsDataAndInCode) {
  const auto file = dyno::scenario::read_scenario(classes_path);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto code = all_users();
  ASSERT_EQ(file->scenario->classes.size(), code.classes.size());
  for (std::size_t i = 0; i < code.classes.size(); ++i) {
    EXPECT_EQ(file->scenario->classes[i].name, code.classes[i].name);
    expect_same(file->scenario->classes[i], code.classes[i]);
  }
}

TEST(ApplicationAgentUsers, SayTheSameThings) {
  for (const char* name : {path, classes_path}) {
    std::ifstream file(name);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto variables = nlohmann::json::parse(text, nullptr, true, true).at("variables");
    EXPECT_EQ(variables.at("models"), models);
    EXPECT_EQ(variables.at("prompts"), prompts);
    EXPECT_EQ(variables.at("responses"), responses);
  }
}

TEST(ApplicationAgentUsers, OfAllClassesDifferInTheirThinking) {
  const auto all = all_users();
  ASSERT_EQ(all.classes.size(), 3u);
  EXPECT_EQ(all.classes[1].wait.low, 500ms);
  EXPECT_EQ(all.classes[2].wait.high, 500ms);
  for (const auto& users : all.classes) EXPECT_EQ(users.tasks.size(), user_tasks.size());
  EXPECT_THROW(only("nothing"), std::logic_error);
}

}  // namespace
}  // namespace application_agent_perf
