#include "dyno/async/timer_queue.h"

#include <algorithm>
#include <deque>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/core/random.h"

namespace dyno::async {
namespace {

TimePoint at(std::int64_t ns) { return TimePoint{Duration{ns}}; }

struct Probe : Timer {
  Probe() : Timer([](Timer& timer) { ++static_cast<Probe&>(timer).fired; }) {}
  int fired = 0;
};

TEST(TimerQueue, GivesTimersInOrderHoweverTheyAreSetMovedAndCancelled) {
  Random random(7);
  std::deque<Probe> probes(2000);
  TimerQueue queue;
  for (int round = 0; round < 20'000; ++round) {
    Probe& probe = probes[random.below(probes.size())];
    switch (random.below(4)) {
      case 0:
        queue.cancel(probe);
        break;
      case 1:
        queue.disarm(probe);
        break;
      default:
        queue.set(probe, at(static_cast<std::int64_t>(random.below(1'000'000))));
    }
    if (random.below(4) == 0) queue.cancel(probe);
  }
  // A cancelled timer keeps its time; only those in the queue and armed come out.
  std::vector<TimePoint> times;
  while (const auto next = queue.next()) {
    Timer* timer = queue.pop(*next);
    ASSERT_NE(timer, nullptr);
    EXPECT_EQ(timer->due(), *next);
    times.push_back(*next);
  }
  EXPECT_GT(times.size(), 500u);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(TimerQueue, NothingComesBeforeItsTime) {
  TimerQueue queue;
  Probe probe;
  queue.set(probe, at(100));
  EXPECT_EQ(queue.pop(at(99)), nullptr);
  EXPECT_EQ(queue.pop(at(100)), &probe);
  EXPECT_EQ(queue.pop(at(100)), nullptr);
}

TEST(TimerQueue, AMoveToLaterCountsAndOneToEarlierToo) {
  TimerQueue queue;
  Probe probe;
  queue.set(probe, at(100));
  queue.set(probe, at(300));
  EXPECT_EQ(queue.pop(at(299)), nullptr);
  EXPECT_EQ(queue.next(), at(300));
  queue.set(probe, at(50));
  EXPECT_EQ(queue.pop(at(50)), &probe);
}

TEST(TimerQueue, DisarmedIsSilentAndCanBeSetAgain) {
  TimerQueue queue;
  Probe probe;
  queue.set(probe, at(100));
  queue.disarm(probe);
  EXPECT_EQ(queue.pop(at(1000)), nullptr);
  queue.set(probe, at(2000));
  EXPECT_EQ(queue.pop(at(2000)), &probe);
  queue.set(probe, at(10));
  queue.cancel(probe);
  EXPECT_EQ(queue.next(), std::nullopt);
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace dyno::async
