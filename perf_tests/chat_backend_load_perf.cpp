// The load levels of the chat backend: 50 and 100 users, and twice as many.
#include "chat_backend.h"

namespace chat_backend_perf {
namespace {

TEST_F(ChatBackendPerf, Load50Users) {
  const auto run = load(
      chatting(), users(at_most(50)).ramp(length({2s, 10s, 10s})).hold(length({10s, 60s, 60s})));
  EXPECT_THAT(run, meets(targets("chat_backend/load")));
}

TEST_F(ChatBackendPerf, Load100Users) {
  const auto run = load(
      chatting(), users(at_most(100)).ramp(length({2s, 10s, 10s})).hold(length({10s, 60s, 2min})));
  EXPECT_THAT(run, meets(targets("chat_backend/load")));
}

// The service is a process of its own, so that a crash is seen as one.
TEST_F(ChatBackendPerf, StressTwiceTheUsers) {
  spawn_service();
  const auto run = load(
      chatting(), users(at_most(200)).ramp(length({2s, 10s, 10s})).hold(length({10s, 60s, 2min})));
  EXPECT_THAT(run, meets(targets("chat_backend/load")));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

}  // namespace
}  // namespace chat_backend_perf
