// The load levels of the chat backend: 50 and 100 users, and twice as many.
#include <fmt/format.h>

#include "chat_backend.h"

namespace chat_backend_perf {
namespace {

TEST_F(ChatBackendPerf, Load50Users) {
  const auto run =
      load(chatting(),
           users(at_most(50)).ramp(warm_up_length({2s, 10s, 10s})).hold(length({10s, 12s, 60s})));
  EXPECT_THAT(run, meets(targets("chat_backend/load")));
}

TEST_F(ChatBackendPerf, Load100Users) {
  const auto run =
      load(chatting(),
           users(at_most(100)).ramp(warm_up_length({2s, 10s, 10s})).hold(length({10s, 12s, 2min})));
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

// 50 and 100 users, each twice as many. The service is a process of its own, so that a crash is
// seen as one.
TEST_F(ChatBackendPerf, StressTwiceTheUsers) {
  spawn_service();
  const auto wanted = ending_targets("chat_backend/stress");
  const auto run = load(chatting(), users(at_most(50))
                                        .ramp(1s)
                                        .hold(length({5s, 8s, 30s}), "before")
                                        .to(at_most(100))
                                        .ramp(warm_up_length({1s, 10s, 10s}))
                                        .hold(length({5s, 10s, 1min}), "stress")
                                        .to(at_most(200))
                                        .ramp(warm_up_length({2s, 10s, 10s}))
                                        .hold(length({6s, 12s, 2min}), "stress")
                                        .to(at_most(50))
                                        .hold(length({8s, 12s, 30s}), "after"));
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

// What asks the database, with hardly a pause: some 250 such users have all that one core can do.
Task<void> hurry(User& user, const Known& known) {
  co_await list_agents_uncached(user);
  const auto path =
      fmt::format("/api/channels/{}/messages", 1 + user.random().below(known.channels));
  const auto sent = co_await user.post_json(
      path, R"({"author":"in a hurry","content":"and another one"})", {.name = messages_endpoint});
  user.check(sent, sent.status == 201, "the message to be kept");
  co_await read_page(user, known);
  co_await user.think(0s, 200ms);
}

// Degradation is graceful when the work done does not collapse as more users come.
TEST_F(ChatBackendPerf, BeyondStressToTheBreakingPoint) {
  spawn_service();
  const auto wanted = ending_targets("chat_backend/breaking_point");
  const Known& world = known();
  Scenario scenario([&world](User& user) { return hurry(user, world); });
  scenario.name = "agents, send, read in a hurry";
  const auto plan = ever_more({100, 250, 500, 1000}, 1s, {4s, 4s, 30s});
  const auto run = load(scenario, plan);
  EXPECT_THAT(run, meets(wanted));
  EXPECT_TRUE(service().alive()) << "the service must still run after the stress";
}

}  // namespace
}  // namespace chat_backend_perf
