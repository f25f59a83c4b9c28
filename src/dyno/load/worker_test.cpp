// Plans and users on a manual clock: hours of load in milliseconds, exact to the nanosecond.
#include "dyno/load/worker.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/load/schedule.h"
#include "dyno/load/worker_for_test.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

TEST(Worker, ThinkingUsersMakeAsManyOperationsAsTheyCan) {
  // At 0, 2, 4 … 28 s: 15 each.
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        user.operation("op", [] { return Outcome{}; });
        co_await user.think(2s);
      },
      users(10).hold(30s - 1ms));
  EXPECT_EQ(counts.ok, 150u);
  EXPECT_EQ(counts.lateness_max, 0s);
  EXPECT_EQ(counts.length, 30s - 1ms);  // who thinks at the end is not waited for
  EXPECT_EQ(counts.cancelled, 0u);
}

TEST(Worker, ThinkTimeIsDrawnUniformly) {
  double sum = 0;
  double low = 10;
  double high = 0;
  int count = 0;
  simulate(
      [&](User& user) -> Task<void> {
        const TimePoint before = user.now();
        co_await user.think(1s, 3s);
        const double thought = in_seconds(user.now() - before);
        sum += thought;
        low = std::min(low, thought);
        high = std::max(high, thought);
        ++count;
      },
      users(100).hold(200s));
  EXPECT_NEAR(sum / count, 2, 5 * 0.58 / std::sqrt(count));
  EXPECT_GE(low, 1);
  EXPECT_LT(low, 1.01);
  EXPECT_GT(high, 2.99);
  EXPECT_LT(high, 3);
}

// The mean of 10 000 exponential waits is within 4 % of theirs, four standard errors.
TEST(Worker, ExponentialWaitsHaveTheirMean) {
  Scenario scenario([](User& user) -> Task<void> {
    user.operation("op", [] { return Outcome{}; });
    co_return;
  });
  scenario.classes.front().wait.mean = 2s;
  const Counts counts = simulate(scenario, users(100).hold(200s));
  EXPECT_NEAR(static_cast<double>(counts.ok), 100 + 100 * 100, 400);
}

TEST(Worker, PacingHoldsWhateverTheOperationTakes) {
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        co_await step(user, "op", 300ms);
        co_await user.pace(1s);
      },
      users(3).hold(20s - 1ms));
  EXPECT_EQ(counts.ok, 60u);
}

TEST(Worker, WhoIsBehindItsPaceGoesOnAndDoesNotCatchUp) {
  std::vector<double> begun;
  TimePoint start;
  const Counts counts = simulate(
      [&](User& user) -> Task<void> {
        if (user.iteration() == 0) start = user.now();
        begun.push_back(in_seconds(user.now() - start));
        co_await step(user, "op", user.iteration() == 1 ? 2500ms : 100ms);
        co_await user.pace(1s);
      },
      users(1).hold(6s));
  EXPECT_EQ(begun, (std::vector<double>{0, 1, 3.5, 4.5, 5.5}));
  EXPECT_EQ(counts.lateness_max, 0s);
}

TEST(Worker, WaitsOfTheClassComeAfterEachTask) {
  Scenario scenario([](User& user) -> Task<void> {
    user.operation("op", [] { return Outcome{}; });
    co_return;
  });
  scenario.classes[0].wait = {.low = 1s, .high = 1s};
  EXPECT_EQ(simulate(scenario, users(2).hold(9500ms)).ok, 20u);
  scenario.classes[0].wait = {.every = 2s};
  EXPECT_EQ(simulate(scenario, users(2).hold(9500ms)).ok, 10u);
}

TEST(Worker, TasksAreChosenByWeight) {
  std::map<std::string, int> chosen;
  Scenario scenario;
  UserClass kind;
  for (const auto& [name, weight] : {std::pair{"often", 10.0}, {"seldom", 2.0}, {"never", 0.0}}) {
    kind.tasks.push_back({name, weight, [&chosen, name = std::string(name)](User&) -> Task<void> {
                            ++chosen[name];
                            co_return;
                          }});
  }
  scenario.classes = {kind};
  simulate(scenario, users(10).operations(12'000));
  EXPECT_EQ(chosen["often"] + chosen["seldom"], 12'000);
  EXPECT_NEAR(chosen["seldom"], 2000, 5 * std::sqrt(12'000 * 10.0 / 12 * 2 / 12));
  EXPECT_EQ(chosen.count("never"), 0u);
}

TEST(Worker, ExactlyTheCountOfIterationsIsDone) {
  for (const std::uint64_t count : {1, 7, 10, 100, 101}) {
    const Counts counts = simulate([](User& user) -> Task<void> { co_await step(user, "op", 1s); },
                                   users(10).operations(count));
    EXPECT_EQ(counts.ok, count);
    EXPECT_EQ(counts.length, std::chrono::seconds{(count + 9) / 10});
  }
  // Those who have not joined when it is done need not.
  const Counts ramped = simulate([](User& user) -> Task<void> { co_await step(user, "op", 1s); },
                                 users(10).ramp(1h).operations(5));
  EXPECT_EQ(ramped.ok, 5u);
  EXPECT_EQ(ramped.length, 5s);
}

TEST(Worker, AJourneyThatNeverWaitsIsEndedToo) {
  int iterations = 0;
  const Counts counts = simulate(
      [&](User& user) -> Task<void> {
        if (++iterations % 100 == 0) co_await user.think(1s);
      },
      users(2).hold(10s));
  EXPECT_GE(iterations, 1000);
  EXPECT_EQ(counts.length, 10s);
}

TEST(Worker, UsersComeAndGoWithThePlan) {
  std::vector<std::pair<double, std::uint32_t>> starts;
  std::vector<std::pair<double, std::uint32_t>> stops;
  TimePoint begin;
  Scenario scenario([](User& user) -> Task<void> { co_await user.think(100ms); });
  scenario.classes[0].on_start = [&](User& user) -> Task<void> {
    if (starts.empty()) begin = user.now();
    starts.emplace_back(in_seconds(user.now() - begin), user.index());
    co_return;
  };
  scenario.classes[0].on_stop = [&](User& user) -> Task<void> {
    stops.emplace_back(in_seconds(user.now() - begin), user.index());
    co_return;
  };
  simulate(scenario, users(1).hold(10s).spike(3, 5s).hold(10s).spike(2, 5s));
  using List = std::vector<std::pair<double, std::uint32_t>>;
  EXPECT_EQ(starts, (List{{0, 0}, {10, 1}, {10, 2}, {25, 1}}));
  EXPECT_EQ(stops, (List{{15, 2}, {15, 1}, {30, 0}, {30, 1}}));
}

TEST(Worker, ArrivalsFollowTheScheduleToTheNanosecond) {
  const LoadPlan plan = rate(per_second(50)).hold(20s).max_in_flight(1000);
  ArrivalSchedule schedule(plan, 5);
  std::vector<Duration> expected;
  while (const auto at = schedule.next()) expected.push_back(*at);
  std::vector<Duration> seen;
  const Counts counts = simulate(
      [&](User& user) -> Task<void> {
        seen.push_back(user.now() - TimePoint{1s});
        co_await step(user, "op", 700ms);
      },
      plan);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(counts.ok + counts.cancelled, expected.size());
  EXPECT_EQ(counts.lateness_max, 0s);
}

TEST(Worker, WhatFindsNoFreeSessionIsDropped) {
  // Sessions of 1 s, two at a time, 10 arrivals a second: 2 of 10 are served.
  const Counts counts = simulate([](User& user) -> Task<void> { co_await step(user, "op", 950ms); },
                                 rate(per_second(10)).uniform().hold(20s).max_in_flight(2));
  EXPECT_EQ(counts.ok + counts.cancelled, 40u);
  EXPECT_EQ(counts.dropped, 160u);
  EXPECT_EQ(counts.record.endpoints.back().name, "journey");
}

TEST(Worker, SessionsThatThinkAreIndependentOfEachOther) {
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        co_await step(user, "first", 10ms);
        co_await user.think(5s);
        co_await step(user, "second", 10ms);
      },
      rate(per_second(10)).uniform().hold(20s - 1ms));
  EXPECT_EQ(counts.ok, 200u + 150u);
  EXPECT_EQ(counts.lateness_max, 0s);
}

TEST(Worker, UsersDrawTheSameNumbersForASeed) {
  const auto draw = [] {
    std::map<std::uint32_t, std::vector<std::uint64_t>> drawn;
    simulate(
        [&](User& user) -> Task<void> {
          drawn[user.index()].push_back(user.random().next());
          co_await user.think(1s, 2s);
        },
        users(3).hold(10s));
    return drawn;
  };
  const auto drawn = draw();
  EXPECT_EQ(drawn.size(), 3u);
  EXPECT_NE(drawn.at(0), drawn.at(1));
  EXPECT_EQ(drawn, draw());
}

}  // namespace
}  // namespace dyno::load
