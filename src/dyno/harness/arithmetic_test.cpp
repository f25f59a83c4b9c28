#include "dyno/harness/arithmetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/record/test_records.h"
#include "dyno/scenario/reader.h"

namespace dyno::harness {
namespace {

using namespace std::chrono_literals;
using load::rate;
using load::users;
using testing::HasSubstr;

load::Scenario of_file(const std::string& text) {
  const auto file = scenario::parse_scenario(text, "f.json");
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return load::Scenario(file->scenario);
}

load::Scenario of_code(Duration wait) {
  load::Scenario scenario([](load::User&) -> load::Task<void> { co_return; });
  scenario.classes[0].wait.low = scenario.classes[0].wait.high = wait;
  return scenario;
}

targets::Target at_least(double limit, std::string window = "steady", std::string figure = "rate") {
  targets::Target target;
  target.figure = std::move(figure);
  target.relation = targets::Relation::at_least;
  target.window = std::move(window);
  target.limit = limit;
  return target;
}

// Why it is unreachable; empty: it is not.
std::string why(const load::Scenario& scenario, const load::LoadPlan& plan,
                const targets::Target& target, std::optional<double> of_journey = {},
                Knob knob = Knob::option) {
  return why_unreachable({scenario, plan, knob, [=](const auto&) { return of_journey; }}, target)
      .value_or("");
}

TEST(Arithmetic, SaysWhatUsersWhoWaitMakeAtMostAndWhatWouldDo) {
  const auto one = of_file(R"({"wait": "2s", "tasks": [{"get": "/items"}]})");
  EXPECT_EQ(why(one, users(50).hold(30s), at_least(500)),
            "50 users who wait 2.00 s a round make at most 25 such requests/s, however fast the "
            "service is; -u 1000 would do, or waits of 100 ms a round in place of 2.00 s, as "
            "500/s need");
  EXPECT_EQ(why(one, users(1000).hold(30s), at_least(500)), "");
  EXPECT_THAT(why(one, users(50).hold(30s), at_least(500), {}, Knob::code),
              HasSubstr("; users(1000) would do"));
  EXPECT_THAT(why(one, users(50).hold(30s), at_least(500), {}, Knob::variable),
              HasSubstr("; MAX_CONCURRENT_USERS has cut them: 1000 would do"));
  EXPECT_THAT(why(one, rate(load::per_second(40)).hold(30s), at_least(500)),
              HasSubstr("40 arrivals/s make at most 40 such requests/s, however fast the service "
                        "is; --rate 500/s would do"));
  auto at_most = at_least(500);
  at_most.relation = targets::Relation::at_most;
  EXPECT_EQ(why(one, users(50).hold(30s), at_most), "");
}

TEST(Arithmetic, CountsTheRequestsOfATargetsEndpointsAndIterations) {
  const auto shop = of_file(R"({"wait": "1s", "tasks": [
      {"weight": 3, "get": "/items"},
      {"weight": 1, "name": "buy", "steps": [{"post": "/cart"}, {"post": "/pay"}]}]})");
  const auto plan = users(40).hold(60s);
  const auto most = [&](targets::Target target) {
    return most_per_second({shop, plan, Knob::option, {}}, target);
  };
  EXPECT_DOUBLE_EQ(*most(at_least(1)), 50);
  EXPECT_DOUBLE_EQ(*most(at_least(1, "steady", "iteration_rate")), 40);
  auto payments = at_least(1);
  payments.endpoint = "POST /pay";
  EXPECT_DOUBLE_EQ(*most(payments), 10);
  EXPECT_THAT(why(shop, plan, at_least(80, "steady", "iteration_rate")),
              HasSubstr("at most 40 iterations/s"));
}

TEST(Arithmetic, HoldsAWindowToItsOwnLevel) {
  const auto one = of_file(R"({"wait": "1s", "tasks": [{"get": "/items"}]})");
  const auto plan = users(10).hold(30s, "before").spike(100, 30s).hold(30s, "after");
  EXPECT_THAT(why(one, plan, at_least(90, "after")),
              testing::AllOf(HasSubstr("10 users who wait"), HasSubstr("90 users there would do")));
  EXPECT_EQ(why(one, plan, at_least(90, "spike")), "");
  EXPECT_THAT(why(one, plan, at_least(90)), HasSubstr("40 users who wait"))
      << "on the average of all its windows";
  EXPECT_EQ(why(one, plan, at_least(90, "nowhere")), "");
}

TEST(Arithmetic, NeverCallsUnreachableWhatChanceOrTheEdgesOfTheWindowMayReach) {
  const auto one = of_file(R"({"wait": "1s", "tasks": [{"get": "/items"}]})");
  EXPECT_EQ(why(one, users(90).hold(10s), at_least(98)), "") << "one round more in ten";
  EXPECT_NE(why(one, users(90).hold(5min), at_least(98)), "");
  EXPECT_EQ(why(one, users(10).operations(10), at_least(80)), "") << "nobody comes round again";
  EXPECT_NE(why(one, users(10).operations(10'000), at_least(80)), "");
  const auto open = rate(load::per_second(95)).hold(10s);
  EXPECT_EQ(why(one, open, at_least(100)), "") << "Poisson";
  const auto at_once = of_file(R"({"tasks": [{"get": "/items"}]})");
  EXPECT_EQ(why(at_once, users(1).hold(30s), at_least(1e9)), "") << "nobody waits";
  const auto greeted = of_file(R"({"wait": "10s", "on_start": [{"get": "/a"}, {"get": "/b"},
      {"get": "/c"}, {"get": "/d"}], "tasks": [{"get": "/items"}]})");
  EXPECT_EQ(why(greeted, users(100).hold(10s), at_least(55)), "") << "all begin in the window";
  EXPECT_NE(why(greeted, users(100).hold(10min), at_least(55)), "");
}

TEST(Arithmetic, OfJourneysInCodeOnlyByWhatTheySent) {
  const auto journey = of_code(1s);
  const auto plan = users(10).hold(60s);
  EXPECT_EQ(why(journey, plan, at_least(80)), "") << "it may send eight requests";
  EXPECT_THAT(why(journey, plan, at_least(80), 2), HasSubstr("at most 20 such requests/s"));
  EXPECT_EQ(why(journey, plan, at_least(80), 8), "");
  EXPECT_THAT(why(journey, plan, at_least(80, "steady", "iteration_rate")),
              HasSubstr("at most 10 iterations/s"));
  auto two = of_code(1s);
  two.classes.push_back(of_code(100ms).classes[0]);
  EXPECT_EQ(why(two, plan, at_least(1000), 1), "") << "whose requests they are is not known";
}

TEST(Arithmetic, RequestsOfAnIterationAreTakenFromARunWithoutFailures) {
  auto run = record::test_record();
  EXPECT_FALSE(requests_per_iteration(run, at_least(1))) << "no iteration has ended";
  for (auto& point : run.series) point.iterations = 100;
  EXPECT_FALSE(requests_per_iteration(run, at_least(1))) << "what failed may have ended it early";
  std::erase_if(run.cells, [](const record::Cell& cell) { return !cell.outcome.ok(); });
  EXPECT_NEAR(*requests_per_iteration(run, at_least(1)), 4300 / 3500.0, 1e-9);
  auto costs = at_least(1);
  costs.endpoint = "/api/v1/costs";
  EXPECT_NEAR(*requests_per_iteration(run, costs), 2300 / 3500.0, 1e-9);
}

}  // namespace
}  // namespace dyno::harness
