// The load levels of the chat backend: 50 and 100 users, and twice as many.
#include "chat_backend.h"

namespace chat_backend_perf {
namespace {

TEST_F(ChatBackendPerf, Load50Users) {
  const auto run =
      load(chatting(),
           users(at_most(50)).ramp(warm_up_length({2s, 10s, 10s})).hold(length({10s, 20s, 60s})));
  EXPECT_THAT(run, meets(targets("chat_backend/load")));
}

TEST_F(ChatBackendPerf, Load100Users) {
  const auto run =
      load(chatting(),
           users(at_most(100)).ramp(warm_up_length({2s, 10s, 10s})).hold(length({10s, 20s, 2min})));
  EXPECT_THAT(run, meets(targets("chat_backend/load")));
}

// Growth is a slope over steady state; the warm-up takes in what pools and caches fill once.
TEST_F(ChatBackendPerf, EnduranceTest) {
  spawn_service();
  const auto wanted = ending_targets("chat_backend/endurance");
  const auto run = load(chatting(), users(at_most(20))
                                        .ramp(1s)
                                        .warm_up(warm_up_length({5s, 15s, 1min}))
                                        .hold(length({15s, 30s, 10min})));
  EXPECT_THAT(run, meets(wanted));
}

// The service is a process of its own, so that a crash is seen as one.
TEST_F(ChatBackendPerf, StressTwiceTheUsers) {
  spawn_service();
  const auto wanted = ending_targets("chat_backend/stress");
  const auto calm = length({5s, 15s, 30s});
  const auto run = load(chatting(), users(at_most(50))
                                        .ramp(1s)
                                        .hold(calm, "before")
                                        .to(at_most(200))
                                        .ramp(warm_up_length({2s, 10s, 10s}))
                                        .hold(length({10s, 20s, 2min}), "stress")
                                        .to(at_most(50))
                                        .hold(length({8s, 20s, 30s}), "after"));
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

}  // namespace
}  // namespace chat_backend_perf
