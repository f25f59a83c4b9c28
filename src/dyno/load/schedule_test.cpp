#include "dyno/load/schedule.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::load {
namespace {

using namespace std::chrono_literals;

std::vector<Duration> arrivals(const LoadPlan& plan, std::uint64_t seed = 1) {
  ArrivalSchedule schedule(plan, seed);
  std::vector<Duration> result;
  while (const auto at = schedule.next()) result.push_back(*at);
  EXPECT_TRUE(std::is_sorted(result.begin(), result.end()));
  return result;
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

TEST(UserEvents, ARampStartsUsersEvenly) {
  const auto events = user_events(users(5).ramp(10s).hold(1s));
  ASSERT_EQ(events.size(), 5u);
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(events[i].user, i);
    EXPECT_TRUE(events[i].joins);
    EXPECT_NEAR(seconds(events[i].at), 2.0 * i, 1e-6);
  }
}

TEST(UserEvents, WithoutARampAllStartAtOnce) {
  const auto events = user_events(users(3).hold(1s));
  ASSERT_EQ(events.size(), 3u);
  for (const auto& event : events) EXPECT_EQ(event.at, 0s);
}

TEST(UserEvents, TheLastToJoinIsTheFirstToLeave) {
  const auto events = user_events(users(1).hold(10s).spike(3, 5s).hold(10s).to(0).ramp(1s));
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[1].at, 10s);
  EXPECT_EQ(events[3].at, 15s);
  EXPECT_EQ(events[3].user, 2u);
  EXPECT_FALSE(events[3].joins);
  EXPECT_EQ(events[4].user, 1u);
  EXPECT_EQ(events[5].user, 0u);
  EXPECT_NEAR(seconds(events[5].at), 26, 1e-6);
}

TEST(UserEvents, TheLevelIsThatOfThePlanAtAnyTime) {
  const LoadPlan plan = users(40).ramp(7s).hold(3s).to(13).ramp(5s).to(29).hold(2s);
  const auto events = user_events(plan);
  double there = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    there += events[i].joins ? 1 : -1;
    const Duration at = events[i].at;
    if (i + 1 < events.size() && events[i + 1].at == at) continue;  // a step is under way
    EXPECT_NEAR(there, level_at(plan, at), 1.01) << seconds(at);
  }
  EXPECT_EQ(there, 29);
}

TEST(ArrivalSchedule, UniformArrivalsAreEvenlySpaced) {
  const auto all = arrivals(rate(per_second(100)).uniform().hold(10s));
  ASSERT_EQ(all.size(), 1000u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_NEAR(seconds(all[i]), 0.01 * (static_cast<double>(i) + 0.5), 1e-6);
  }
}

TEST(ArrivalSchedule, ARampedRateIsTheAreaUnderIt) {
  // 0 to 200/s over 10 s: 1000 arrivals, the n-th at sqrt((n - 0.5) / 10) seconds.
  const auto all = arrivals(rate(per_second(200)).uniform().ramp(10s));
  ASSERT_EQ(all.size(), 1000u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_NEAR(seconds(all[i]), std::sqrt((static_cast<double>(i) + 0.5) / 10), 1e-6);
  }
}

TEST(ArrivalSchedule, StepsAndRampsDown) {
  const LoadPlan plan = rate(per_second(50)).uniform().hold(10s).to(100).hold(10s).to(0).ramp(10s);
  const auto all = arrivals(plan);
  EXPECT_NEAR(static_cast<double>(all.size()), 500 + 1000 + 500, 1);
  const auto in = [&](Duration from, Duration to) {
    return std::count_if(all.begin(), all.end(),
                         [&](Duration at) { return at >= from && at < to; });
  };
  EXPECT_NEAR(static_cast<double>(in(0s, 10s)), 500, 1);
  EXPECT_NEAR(static_cast<double>(in(10s, 20s)), 1000, 1);
  EXPECT_NEAR(static_cast<double>(in(20s, 25s)), 375, 2);
}

// Gaps of a Poisson process are exponential: mean and standard deviation 1/rate, and P(gap > mean)
// is 1/e. The bounds are five standard errors for this count, and the seed is fixed.
TEST(ArrivalSchedule, PoissonArrivalsAreExponentiallySpaced) {
  const auto all = arrivals(rate(per_second(1000)).hold(100s), 7);
  const double n = static_cast<double>(all.size());
  EXPECT_NEAR(n, 100'000, 5 * std::sqrt(100'000));
  double sum = 0;
  double squares = 0;
  double beyond = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const double gap = seconds(all[i] - all[i - 1]) * 1000;
    sum += gap;
    squares += gap * gap;
    beyond += gap > 1;
  }
  const double mean = sum / n;
  EXPECT_NEAR(mean, 1, 5 / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(squares / n - mean * mean), 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(beyond / n, std::exp(-1), 5 * 0.48 / std::sqrt(n));
}

TEST(ArrivalSchedule, PoissonCountsPerSecondVaryAsTheyShould) {
  const auto all = arrivals(rate(per_second(100)).hold(1000s), 3);
  std::vector<double> counts(1000);
  for (const Duration at : all) ++counts[static_cast<std::size_t>(seconds(at))];
  double variance = 0;
  for (const double count : counts) variance += (count - 100) * (count - 100) / 1000;
  EXPECT_NEAR(variance, 100, 5 * 100 * std::sqrt(2.0 / 1000));
}

TEST(ArrivalSchedule, TellsHowManyArrivalsThereAreBetweenTwoMoments) {
  const LoadPlan plan = rate(per_second(100)).ramp(10s).hold(10s).to(50).hold(4s, "after");
  EXPECT_DOUBLE_EQ(arrivals_between(plan, 0s, 24s), 500 + 1000 + 200);
  EXPECT_DOUBLE_EQ(arrivals_between(plan, 0s, 5s), 125);
  EXPECT_DOUBLE_EQ(arrivals_between(plan, 5s, 12s), 375 + 200);
  EXPECT_DOUBLE_EQ(arrivals_between(plan, 24s, 1h), 0);
  BegunArrivals begun(plan);
  for (const Duration at : {0s, 9s, 10s, 19s, 20s, 23s}) begun.count(at);
  EXPECT_THAT(begun.by_window(), testing::ElementsAre(2, 2, 2, 0));
}

TEST(ArrivalSchedule, IsTheSameForASeed) {
  const LoadPlan plan = rate(per_second(100)).hold(10s);
  EXPECT_EQ(arrivals(plan, 1), arrivals(plan, 1));
  EXPECT_NE(arrivals(plan, 1), arrivals(plan, 2));
}

}  // namespace
}  // namespace dyno::load
