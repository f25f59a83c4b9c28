// What is timed from when where the engine is late, on a manual clock.
#include <algorithm>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/load/worker_for_test.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;

// Keeps the loop busy from `from` after the start for `time`, as an engine that is short of CPU.
Beside busy(Duration from, Duration time) {
  return [from, time](async::EventLoop& loop, Worker&) -> Task<void> {
    co_await loop.sleep_until(TimePoint{1s} + from);
    static_cast<ManualClock&>(loop.clock()).advance(time);
  };
}

Duration lateness_of(const record::RunRecord& run, std::string_view endpoint) {
  Duration most{};
  for (const auto& cell : run.cells) {
    if (run.endpoints[cell.endpoint].name == endpoint) {
      most = std::max(most, cell.lateness.max());
    }
  }
  return most;
}

TEST(Worker, OverdueArrivalsAreTimedFromWhenTheyWereDue) {
  // Arrivals at 0.5, 1.5, 2.5 … s, each 10 ms; the loop is busy from 1.4 to 3.9 s.
  const Counts counts = simulate([](User& user) -> Task<void> { co_await step(user, "op", 10ms); },
                                 rate(per_second(1)).uniform().hold(10s), busy(1400ms, 2500ms));
  EXPECT_EQ(counts.ok, 10u);  // none is left out and none made up
  EXPECT_EQ(counts.lateness_max, 2400ms);
  EXPECT_EQ(counts.response_max, 2410ms);
  std::vector<Duration> lateness;
  for (const auto& cell : counts.record.cells) {
    for (const auto& bucket : cell.lateness.buckets()) {
      lateness.insert(lateness.end(), bucket.count, bucket.high);
    }
  }
  ASSERT_EQ(lateness.size(), 10u);
  std::ranges::sort(lateness);
  EXPECT_EQ(lateness[6], 0ms);
  EXPECT_NEAR(lateness[7] / 1ms, 400, 2);
  EXPECT_NEAR(lateness[8] / 1ms, 1400, 2);
  EXPECT_NEAR(lateness[9] / 1ms, 2400, 2);
}

TEST(Worker, ThinkTimesAfterALateStepDoNotShift) {
  // Due at 5 s and sent 100 ms late; answered after 10 ms; then 5 s of thought.
  std::vector<Duration> begun;
  const Counts counts = simulate(
      [&](User& user) -> Task<void> {
        co_await step(user, "first", 10ms);
        co_await user.think(2s);
        co_await user.think(3s);
        begun.push_back(user.now() - TimePoint{1s});
        co_await step(user, "second", 10ms);
      },
      rate(per_second(0.1)).uniform().hold(14s), busy(4900ms, 200ms));
  EXPECT_EQ(begun, (std::vector<Duration>{5s + 10ms + 5s}));
  EXPECT_EQ(lateness_of(counts.record, "first"), 100ms);
  EXPECT_EQ(lateness_of(counts.record, "second"), 0ms);
}

TEST(Worker, AStepThatFollowsAtOnceIsDueWhenTheOneBeforeShouldHaveEnded) {
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        co_await step(user, "first", 10ms);
        co_await step(user, "second", 20ms);
        co_await user.think(50ms);  // over while the session is still late
        co_await step(user, "third", 10ms);
        co_await user.think(1s);
        co_await step(user, "fourth", 10ms);
      },
      rate(per_second(0.1)).uniform().hold(14s), busy(4900ms, 200ms));
  EXPECT_EQ(lateness_of(counts.record, "first"), 100ms);
  EXPECT_EQ(lateness_of(counts.record, "second"), 100ms);
  EXPECT_EQ(lateness_of(counts.record, "third"), 50ms);
  EXPECT_EQ(lateness_of(counts.record, "fourth"), 0ms);
  EXPECT_EQ(counts.response_max, 120ms);
}

TEST(Worker, AUserOfTheClosedModelThinksFromItsAnswer) {
  std::vector<Duration> begun;
  simulate(
      [&](User& user) -> Task<void> {
        begun.push_back(user.now() - TimePoint{1s});
        co_await step(user, "op", 10ms);
        co_await user.think(1s);
      },
      users(1).hold(3s), busy(1s, 200ms));
  EXPECT_EQ(begun, (std::vector<Duration>{0ms, 1200ms, 2210ms}));
}

}  // namespace
}  // namespace dyno::load
