#include "dyno/monitor/monitor.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::monitor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

// Gives the readings one after the other, the last again and again.
Source script(std::deque<Reading> readings) {
  return [readings = std::move(readings)]() mutable {
    const Reading next = readings.front();
    if (readings.size() > 1) readings.pop_front();
    return next;
  };
}

Reading with_cpu(Duration cpu) {
  Reading reading;
  reading.cpu_time = cpu;
  return reading;
}

TEST(Monitor, ReckonsCpuOfTheCoresAllotted) {
  ManualClock clock;
  clock.advance(100s);
  Monitor monitor(clock, clock.now(), script({with_cpu(5s), with_cpu(6s), with_cpu(6500ms)}),
                  {.cores = 2});
  monitor.sample();
  clock.advance(1s);
  monitor.sample();
  clock.advance(500ms);
  monitor.sample();
  const auto samples = monitor.trace().samples;
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].at, 0s);
  EXPECT_FALSE(samples[0].cpu_percent);
  EXPECT_DOUBLE_EQ(*samples[0].cpu_seconds, 5);
  EXPECT_EQ(samples[1].at, 1s);
  EXPECT_DOUBLE_EQ(*samples[1].cpu_percent, 50);
  EXPECT_EQ(samples[2].at, 1500ms);
  EXPECT_DOUBLE_EQ(*samples[2].cpu_percent, 50);
}

TEST(Monitor, GivesNoPercentageWithoutKnowingTheCores) {
  ManualClock clock;
  Monitor monitor(clock, clock.now(), script({with_cpu(5s), with_cpu(6s)}), {});
  monitor.sample();
  clock.advance(1s);
  monitor.sample();
  EXPECT_FALSE(monitor.trace().samples[1].cpu_percent);
  EXPECT_TRUE(monitor.trace().samples[1].cpu_seconds);
}

TEST(Monitor, MakesNoPeakOutOfAShortSpan) {
  ManualClock clock;
  Monitor monitor(clock, clock.now(), script({with_cpu(0s), with_cpu(10ms), with_cpu(500ms)}),
                  {.cores = 1, .interval = 500ms});
  monitor.sample();
  clock.advance(1ms);
  monitor.sample();
  clock.advance(999ms);
  monitor.sample();
  const auto samples = monitor.trace().samples;
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_FALSE(samples[1].cpu_percent);
  EXPECT_DOUBLE_EQ(*samples[2].cpu_percent, 50);  // of the whole second
}

TEST(Monitor, RecordsTheEndOfWhatItWatches) {
  ManualClock clock;
  Monitor monitor(clock, clock.now(), script({with_cpu(1s), {.presence = Presence::exited}}), {});
  monitor.sample();
  EXPECT_FALSE(monitor.trace().exited_at);
  clock.advance(700ms);
  monitor.sample();
  clock.advance(700ms);
  monitor.sample();
  EXPECT_EQ(monitor.trace().exited_at, 700ms);
  EXPECT_EQ(monitor.trace().samples.size(), 1U);
}

TEST(Monitor, CountsTheTimesItWasNotAnswered) {
  ManualClock clock;
  Monitor monitor(clock, clock.now(),
                  script({with_cpu(1s), {.presence = Presence::unreachable}, with_cpu(2s)}),
                  {.cores = 1});
  for (int i = 0; i < 3; ++i) {
    monitor.sample();
    clock.advance(1s);
  }
  const Trace trace = monitor.trace();
  EXPECT_EQ(trace.unanswered, 1U);
  EXPECT_FALSE(trace.exited_at);
  ASSERT_EQ(trace.samples.size(), 2U);
  EXPECT_DOUBLE_EQ(*trace.samples[1].cpu_percent, 50);
}

TEST(Monitor, DatesAReadingInItsMiddle) {
  ManualClock clock;
  const Source slow = [&clock] {
    clock.advance(200ms);
    return with_cpu(1s);
  };
  Monitor monitor(clock, clock.now(), slow, {});
  monitor.sample();
  EXPECT_EQ(monitor.trace().samples[0].at, 100ms);
}

// Far more than is held in memory.
TEST(Monitor, GivesALongTraceInOrderAndInParts) {
  ManualClock clock;
  int number = 0;
  const Source counting = [&number] {
    Reading reading;
    reading.cpu_time = std::chrono::seconds{number};
    reading.gauges = {{"low", number}, {"high", 1000 + number}};
    if (++number > 100) reading.gauges.emplace_back("late", 5);
    return reading;
  };
  Monitor monitor(clock, clock.now(), counting, {.cores = 1});
  for (int i = 0; i < 3000; ++i) {
    monitor.sample();
    clock.advance(1s);
  }
  const Trace trace = monitor.trace();
  ASSERT_EQ(trace.samples.size(), 3000U);
  EXPECT_EQ(trace.samples[2000].at, 2000s);
  EXPECT_DOUBLE_EQ(*trace.samples[2000].cpu_seconds, 2000);
  EXPECT_FALSE(trace.samples[2000].rss_bytes);
  ASSERT_EQ(trace.gauges.size(), 3U);
  EXPECT_EQ(trace.gauges[0].name, "high");
  ASSERT_EQ(trace.gauges[0].points.size(), 3000U);
  EXPECT_EQ(trace.gauges[0].points[2500], std::pair(Duration{2500s}, 3500.0));
  EXPECT_EQ(trace.gauges[1].points.size(), 2900U);
  const auto last = monitor.samples_since(2998);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].at, 2998s);
  EXPECT_TRUE(monitor.samples_since(3000).empty());
}

TEST(Monitor, KeepsGaugesOverTime) {
  ManualClock clock;
  Reading first;
  first.gauges = {{"pool", 1}, {"cache", 10}};
  Reading second;
  second.gauges = {{"pool", 2}};
  Monitor monitor(clock, clock.now(), script({first, second}), {});
  monitor.sample();
  clock.advance(1s);
  monitor.sample();
  const auto gauges = monitor.trace().gauges;
  ASSERT_EQ(gauges.size(), 2U);
  EXPECT_EQ(gauges[0].name, "cache");
  EXPECT_THAT(gauges[0].points, ElementsAre(Pair(Duration(0s), 10)));
  EXPECT_EQ(gauges[1].name, "pool");
  EXPECT_THAT(gauges[1].points, ElementsAre(Pair(Duration(0s), 1), Pair(Duration(1s), 2)));
}

TEST(Monitor, SamplesInItsThreadFromStartToStop) {
  SteadyClock clock;
  std::atomic<int> reads{0};
  const Source counting = [&reads] {
    ++reads;
    return Reading{};
  };
  Monitor monitor(clock, clock.now(), counting, {.name = "service", .interval = 5ms});
  monitor.start();
  EXPECT_GE(reads, 1);
  while (reads < 4) std::this_thread::yield();
  monitor.stop();
  const int at_stop = reads;
  EXPECT_EQ(monitor.trace().samples.size(), static_cast<std::size_t>(at_stop));
  monitor.stop();
  EXPECT_EQ(reads, at_stop);
}

TEST(Monitor, ItsThreadEndsWithWhatItWatches) {
  SteadyClock clock;
  std::atomic<int> reads{0};
  const Source brief = [&reads] {
    return ++reads < 3 ? Reading{} : Reading{.presence = Presence::exited};
  };
  Monitor monitor(clock, clock.now(), brief, {.interval = 1ms});
  monitor.start();
  while (!monitor.trace().exited_at) std::this_thread::yield();
  monitor.stop();
  EXPECT_EQ(reads, 3);
  EXPECT_EQ(monitor.trace().samples.size(), 2U);
}

}  // namespace
}  // namespace dyno::monitor
