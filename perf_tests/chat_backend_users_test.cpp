// The users of the chat backend exist twice, in C++ and as a scenario file: the same requests with
// the same waits.

#include "chat_backend_users.h"

#include <gtest/gtest.h>

#include "dyno/scenario/reader.h"

namespace chat_backend_perf {
namespace {

TEST(ChatBackendUsers, AreTheSameAsDataAndInCode) {
  const auto file =
      dyno::scenario::read_scenario(DYNO_SOURCE_DIR "/fixtures/scenarios/chat_backend.json");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->load.users, 50);
  EXPECT_EQ(file->load.run_time, Duration(60s));
  ASSERT_EQ(file->scenario->classes.size(), 1u);
  const auto& users = file->scenario->classes[0];
  EXPECT_TRUE(users.wait.none());
  ASSERT_EQ(users.tasks.size(), 1u);
  const auto& steps = users.tasks[0].steps;
  ASSERT_EQ(steps.size(), chat_steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].method, chat_steps[i].method);
    EXPECT_EQ(steps[i].group, chat_steps[i].endpoint);
    EXPECT_EQ(steps[i].think.low, chat_steps[i].think);
    EXPECT_EQ(steps[i].think.high, chat_steps[i].think);
  }
}

}  // namespace
}  // namespace chat_backend_perf
