#include "dyno/load/plan.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/load/scenario.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;
using metrics::WindowKind;
using testing::HasSubstr;

TEST(Plan, ReadsAsItRuns) {
  const LoadPlan plan = users(50).ramp(5s).hold(30s);
  EXPECT_EQ(describe(plan), "50 users, ramp 5.00 s, hold 30.0 s");
  EXPECT_EQ(length(plan), 35s);
  EXPECT_EQ(most_users(plan), 50u);
  EXPECT_DOUBLE_EQ(level_at(plan, 0s), 0);
  EXPECT_DOUBLE_EQ(level_at(plan, 2500ms), 25);
  EXPECT_DOUBLE_EQ(level_at(plan, 5s), 50);
  EXPECT_DOUBLE_EQ(level_at(plan, 34s), 50);
  EXPECT_DOUBLE_EQ(level_at(plan, 35s), 0);
}

TEST(Plan, DescribesRatesSpikesAndCounts) {
  EXPECT_EQ(describe(rate(per_second(2000)).warm_up(2s).hold(10s).max_in_flight(300)),
            "2000/s Poisson, warm-up 2.00 s, hold 10.0 s, at most 300 in flight");
  EXPECT_EQ(describe(rate(per_second(100)).uniform().hold(10s).max_in_flight(1)),
            "100/s uniform, hold 10.0 s, at most 1 in flight");
  EXPECT_EQ(
      describe(users(10).hold(20s).spike(100, 10s).hold(20s)),
      "100 users, hold 20.0 s at 10 users, spike 10.0 s at 100 users, hold 20.0 s at 10 users");
  EXPECT_EQ(describe(users(1).operations(100)), "1 user, 100 iterations");
}

TEST(Plan, SpawnRateIsARampOfTheRightLength) {
  const LoadPlan plan = users(100).spawn_rate(per_second(10)).hold(1min);
  EXPECT_EQ(plan.stages.front().length, 10s);
  EXPECT_EQ(plan.stages.front().window, WindowKind::ramp);
  const LoadPlan down = plan.to(50).spawn_rate(per_second(25));
  EXPECT_EQ(down.stages.back().length, 2s);
  EXPECT_DOUBLE_EQ(down.stages.back().from, 100);
}

TEST(Plan, SpikeReturnsToTheLevelBefore) {
  const LoadPlan plan = users(10).hold(2min).spike(100, 1min).hold(2min);
  EXPECT_DOUBLE_EQ(level_at(plan, 2min + 30s), 100);
  EXPECT_DOUBLE_EQ(level_at(plan, 4min), 10);
  const auto all = windows(plan, 5min);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[1].name, "spike");
  EXPECT_EQ(all[2].start, 3min);
  EXPECT_EQ(all[3].kind, WindowKind::drain);
}

TEST(Plan, WindowsFollowEachOtherAndNeighboursOfOneKindAreOne) {
  const LoadPlan plan = users(10).ramp(1s).warm_up(2s).hold(3s).to(20).ramp(1s).hold(4s).hold(5s);
  const auto all = windows(plan, 20s);
  ASSERT_EQ(all.size(), 6u);
  Duration at{};
  for (const auto& window : all) {
    EXPECT_EQ(window.start, at);
    at = window.end;
  }
  EXPECT_EQ(at, 20s);
  EXPECT_EQ(all[4].kind, WindowKind::steady);
  EXPECT_EQ(all[4].end - all[4].start, 9s);
}

TEST(Plan, ABoundByCountEndsAnyway) {
  EXPECT_EQ(length(users(10).operations(100)), 1h);
  EXPECT_EQ(length(users(10).hold(10s).operations(100)), 10s);
}

TEST(Plan, WhatIsWrongIsSaid) {
  const std::pair<LoadPlan, const char*> cases[] = {
      {users(10), "no stage"},
      {users(0).hold(1s), "no users"},
      {rate(Rate{}).hold(1s), "rate of 0"},
      {users(10).hold(0s), "takes no time"},
      {users(10).hold(-1s), "below 0 s"},
      {users(10).to(-1).hold(1s), "level below 0"},
      {users(10).to(std::numeric_limits<double>::infinity()).hold(1s), "level below 0"},
      {users(2'000'000).hold(1s), "more than 1000000 users"},
      {rate(per_second(1)).operations(10), "operations() bounds users"}};
  for (const auto& [plan, what] : cases) {
    const auto checked = check(plan);
    ASSERT_FALSE(checked.ok()) << what;
    EXPECT_THAT(checked.error().message, HasSubstr(what));
  }
  EXPECT_TRUE(check(users(1).hold(1s)).ok());
}

Task<void> nothing(User&) { co_return; }

TEST(Scenario, WhatIsWrongIsSaid) {
  EXPECT_TRUE(check(Scenario(nothing)).ok());
  EXPECT_THAT(check(Scenario{}).error().message, HasSubstr("no user class"));
  Scenario scenario(nothing);
  scenario.classes[0].tasks[0].weight = 0;
  EXPECT_THAT(check(scenario).error().message, HasSubstr("no task with a weight above 0"));
  scenario.classes[0].tasks[0] = {"empty", 1, {}};
  EXPECT_THAT(check(scenario).error().message, HasSubstr("'empty' has no journey"));
  scenario = Scenario(nothing);
  scenario.classes[0].wait = {2s, 1s, {}};
  EXPECT_THAT(check(scenario).error().message, HasSubstr("ends before it begins"));
}

TEST(Scenario, ClassesAreSplitByWeightAtEveryCount) {
  Scenario scenario(nothing);
  scenario.classes.push_back(scenario.classes[0]);
  scenario.classes.push_back(scenario.classes[0]);
  scenario.classes[0].weight = 6;
  scenario.classes[1].weight = 3;
  scenario.classes[2].weight = 1;
  std::vector<double> given(3);
  double users = 0;
  for (const std::size_t chosen : classes_of(scenario, 1000)) {
    ++given[chosen];
    ++users;
    EXPECT_NEAR(given[0], users * 0.6, 1.0);
    EXPECT_NEAR(given[1], users * 0.3, 1.0);
    EXPECT_NEAR(given[2], users * 0.1, 1.0);
  }
  EXPECT_EQ(given, (std::vector<double>{600, 300, 100}));
}

}  // namespace
}  // namespace dyno::load
