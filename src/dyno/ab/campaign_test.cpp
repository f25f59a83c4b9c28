// Campaigns over processes that are made up: what a campaign does with them is the question.
#include "dyno/ab/campaign.h"

#include <map>

#include <gtest/gtest.h>

namespace dyno::ab {
namespace {

using namespace std::chrono_literals;
using record::Change;
using Names = std::vector<std::string>;

// Two programs whose benchmarks take what the test says, a little different every time.
class Programs {
 public:
  std::map<std::string, double> base{{"parse", 100}, {"write", 200}};
  std::map<std::string, double> head{{"parse", 100}, {"write", 200}};
  std::map<std::string, std::string> errors{};  // of the head, by benchmark
  std::map<std::string, double> base_allocations{};
  std::map<std::string, double> head_allocations{};
  bool allocations_vary = false;
  std::string figure = "real_time";
  int fails_at = -1;  // this process cannot be run
  std::vector<Which> order{};
  std::vector<Names> asked{};

  Measure measure() {
    return [this](Which which, const Names& only) -> Result<compare::Process> {
      order.push_back(which);
      asked.push_back(only);
      if (fails_at == static_cast<int>(order.size())) return Error{"bench was ended by signal 11"};
      compare::Process process;
      for (const auto& [name, value] : which == Which::base ? base : head) {
        if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
        compare::Measured measured;
        measured.unit = "ns";
        measured.value = value * (1 + 0.002 * static_cast<double>(order.size() * 7 % 11) / 11);
        if (which == Which::head && errors.count(name) > 0) measured.error = errors[name];
        process.figures[{name, figure}] = measured;
      }
      for (const auto& [name, count] : which == Which::base ? base_allocations : head_allocations) {
        const auto more = allocations_vary ? static_cast<double>(order.size() % 3) : 0;
        auto& counted = process.figures[{name, "allocs_per_iter"}];
        counted.value = count + more;
        counted.samples = 16;
        counted.counted = true;
      }
      return process;
    };
  }
};

const Canary steady = [] { return Duration{10ms}; };

std::map<std::string, Change> changes(const Campaign& campaign) {
  std::map<std::string, Change> result;
  for (const auto& figure : campaign.comparison.figures) result[figure.subject] = figure.change;
  return result;
}

TEST(Campaign, TenPairsAreEnoughForWhatIsEquivalent) {
  Programs programs;
  const auto campaign = run_campaign(programs.measure(), steady, {});
  EXPECT_EQ(campaign.pairs, 10u);
  EXPECT_EQ(changes(campaign), (std::map<std::string, Change>{{"parse", Change::equivalent},
                                                              {"write", Change::equivalent}}));
}

TEST(Campaign, OnlyTheSuspiciousAreMeasuredFurther) {
  Programs programs;
  programs.head["parse"] = 105;
  const auto campaign = run_campaign(programs.measure(), steady, {});
  EXPECT_EQ(campaign.pairs, 30u);
  EXPECT_EQ(programs.asked[19], Names{});
  EXPECT_EQ(programs.asked[20], Names{"parse"});
  const auto found = changes(campaign);
  EXPECT_EQ(found.at("parse"), Change::regressed);
  EXPECT_EQ(found.at("write"), Change::equivalent);
}

TEST(Campaign, TheOrderWithinPairsIsRandomAndFollowsTheSeed) {
  const auto order_of = [](std::uint64_t seed) {
    Programs programs;
    run_campaign(programs.measure(), steady, {.seed = seed});
    return programs.order;
  };
  const auto order = order_of(1);
  EXPECT_EQ(order, order_of(1));
  EXPECT_NE(order, order_of(2));
  int head_first = 0;
  for (std::size_t i = 0; i < order.size(); i += 2) {
    EXPECT_NE(order[i], order[i + 1]);
    head_first += order[i] == Which::head ? 1 : 0;
  }
  EXPECT_GT(head_first, 0);
  EXPECT_LT(head_first, 10);
}

TEST(Campaign, DisturbedPairsAreMadeAgainAndNotCounted) {
  Programs programs;
  int called = 0;
  // Five at the beginning, then three a pair: the second pair's middle one is slow.
  const Canary canary = [&called] { return ++called == 10 ? Duration{14ms} : Duration{10ms}; };
  std::vector<Pair> pairs;
  const auto campaign =
      run_campaign(programs.measure(), canary,
                   {.on_pair = [&pairs](const Pair& pair) { pairs.push_back(pair); }});
  ASSERT_EQ(pairs.size(), 11u);
  EXPECT_TRUE(pairs[1].discarded);
  EXPECT_EQ(pairs[1].number, 2u);
  EXPECT_EQ(pairs[2].number, 2u);
  EXPECT_EQ(campaign.discarded, 1u);
  EXPECT_EQ(campaign.figures[0].ratios.size(), 10u);
  EXPECT_NE(campaign.comparison.notes.at(0).find("1 pair was discarded"), std::string::npos);
}

TEST(Campaign, AMachineThatIsAlwaysDisturbedStillComesToAnEnd) {
  Programs programs;
  int called = 0;
  const Canary canary = [&called] { return ++called <= 5 ? Duration{10ms} : Duration{20ms}; };
  const auto campaign = run_campaign(programs.measure(), canary, {});
  EXPECT_EQ(campaign.pairs, 10u);
  EXPECT_EQ(campaign.discarded, 10u);
}

TEST(Campaign, WhatIsOnOneSideOnlyAndWhatFailsIsSaid) {
  Programs programs;
  programs.base["old"] = 1;
  programs.head["new"] = 1;
  programs.errors["write"] = "no database";
  const auto campaign = run_campaign(programs.measure(), steady, {});
  const auto found = changes(campaign);
  EXPECT_EQ(found.at("old"), Change::missing);
  EXPECT_EQ(found.at("new"), Change::added);
  EXPECT_EQ(found.at("write"), Change::errored);
  EXPECT_EQ(found.at("parse"), Change::equivalent);
  EXPECT_EQ(record::exit_status(campaign.comparison), ExitStatus::invalid);
}

TEST(Campaign, AProcessThatFailsEndsItAndPassesNothing) {
  Programs programs;
  programs.fails_at = 8;
  const auto campaign = run_campaign(programs.measure(), steady, {});
  EXPECT_EQ(campaign.pairs, 3u);
  EXPECT_EQ(record::exit_status(campaign.comparison), ExitStatus::invalid);
  EXPECT_NE(campaign.comparison.figures.back().message.find("bench was ended by signal 11"),
            std::string::npos);
}

const record::ComparedFigure* counted(const Campaign& campaign, const std::string& name) {
  for (const auto& figure : campaign.comparison.figures) {
    if (figure.subject == name && figure.figure == "allocs_per_iter") return &figure;
  }
  return nullptr;
}

TEST(Campaign, WhatIsCountedIsComparedExactly) {
  Programs programs;
  programs.base_allocations = {{"parse", 3}, {"write", 5}};
  programs.head_allocations = {{"parse", 3}, {"write", 6}};
  const auto campaign = run_campaign(programs.measure(), steady, {});
  EXPECT_EQ(counted(campaign, "parse"), nullptr);
  const auto* more = counted(campaign, "write");
  ASSERT_NE(more, nullptr);
  EXPECT_EQ(more->change, Change::regressed);
  EXPECT_NE(more->message.find("5 before, 6 now"), std::string::npos) << more->message;
  EXPECT_EQ(record::exit_status(campaign.comparison), ExitStatus::fail);
  EXPECT_NE(campaign.comparison.notes.at(0).find("1 counter"), std::string::npos);
  std::swap(programs.base_allocations, programs.head_allocations);
  const auto back = run_campaign(programs.measure(), steady, {});
  ASSERT_NE(counted(back, "write"), nullptr);
  EXPECT_EQ(counted(back, "write")->change, Change::improved);
}

TEST(Campaign, WhatVariesFromProcessToProcessIsNotComparedExactly) {
  Programs programs;
  programs.base_allocations = {{"write", 5}};
  programs.head_allocations = {{"write", 6}};
  programs.allocations_vary = true;
  const auto campaign = run_campaign(programs.measure(), steady, {});
  EXPECT_EQ(counted(campaign, "write"), nullptr);
  EXPECT_NE(campaign.comparison.notes.at(0).find("not compared"), std::string::npos);
}

TEST(Campaign, OfRatesMoreIsBetter) {
  Programs programs;
  programs.figure = "rate";
  programs.head = {{"parse", 90}, {"write", 220}};
  const auto campaign = run_campaign(programs.measure(), steady, {});
  const auto found = changes(campaign);
  EXPECT_EQ(found.at("parse"), Change::regressed);
  EXPECT_EQ(found.at("write"), Change::improved);
  const auto& parse = campaign.comparison.figures.at(0);
  EXPECT_NEAR(*parse.ratio, 0.9, 0.01);  // shown is still head / base
  EXPECT_LE(*parse.low, *parse.ratio);
  EXPECT_GE(*parse.high, *parse.ratio);
}

TEST(Campaign, StoppedItDecidesOnWhatThereIs) {
  Programs programs;
  const auto campaign = run_campaign(
      programs.measure(), steady, {.stopped = [&programs] { return programs.order.size() >= 8; }});
  EXPECT_FALSE(campaign.complete);
  EXPECT_EQ(campaign.pairs, 4u);
  EXPECT_EQ(campaign.comparison.figures.size(), 2u);
  EXPECT_NE(campaign.comparison.notes.at(0).find("stopped after 4 of 10 pairs"), std::string::npos);
}

}  // namespace
}  // namespace dyno::ab
