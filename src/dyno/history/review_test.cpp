#include "dyno/history/review.h"

#include <cmath>
#include <numbers>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/random.h"

namespace dyno::history {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* p95 = "response_time.p95";
constexpr const char* day = "2026-11-21";

std::string number_of(std::size_t i) { return fmt::format("{:03}", i); }

// One run a commit c000, c001 …; a figure of 1 % noise at these levels, in ns.
History history_of(const std::vector<double>& levels, const std::string& figure = p95) {
  Random random(11);
  History history;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto normal = std::sqrt(-2 * std::log(1 - random.uniform())) *
                        std::cos(2 * std::numbers::pi * random.uniform());
    HistoryRun run;
    run.id = "run" + number_of(i);
    run.started = fmt::format("2026-01-01T00:{:02}:{:02}Z", i / 60, i % 60);
    run.commit = "c" + number_of(i);
    run.form = "quick";
    run.subjects.push_back({"Case", "50 users", {{figure, levels[i] * std::exp(0.01 * normal)}}});
    history.runs.push_back(run);
  }
  return history;
}

std::vector<double> steps(const std::vector<std::pair<std::size_t, double>>& parts) {
  std::vector<double> levels;
  for (const auto& [count, level] : parts) levels.insert(levels.end(), count, level);
  return levels;
}

compare::Acceptance acceptance(double low, double high, const std::string& commit = "c04") {
  return {"Case*", commit, std::pair{low, high}, "TLS everywhere", "2026-12-31"};
}

TEST(HistoryReview, ARegressionStandsUntilItIsAcceptedOrMadeGood) {
  const auto chart = chart_of(history_of(steps({{40, 2e6}, {30, 2.2e6}})), "", {});
  const auto open = review(chart, {}, day, {});
  ASSERT_EQ(open.findings.size(), 1u);
  EXPECT_NEAR(static_cast<double>(open.findings[0].run), 40, 2);
  EXPECT_TRUE(open.findings[0].standing);
  EXPECT_TRUE(open.alerts());
  const auto text = review_text(chart, open, {});
  EXPECT_THAT(text, HasSubstr("worse   Case response_time.p95: 2.00 ms → 2.20 ms (+"));
  EXPECT_THAT(text, HasSubstr(", after c0"));
  const auto accepted = review(chart, {acceptance(1.05, 1.15)}, day, {});
  EXPECT_FALSE(accepted.alerts());
  EXPECT_THAT(accepted.findings[0].accepted, HasSubstr("TLS everywhere"));
  EXPECT_EQ(accepted.creeps.size(), 0u);
  const auto back = chart_of(history_of(steps({{40, 2e6}, {30, 2.2e6}, {30, 2e6}})), "", {});
  const auto made_good = review(back, {}, day, {});
  EXPECT_EQ(made_good.findings.size(), 2u);
  EXPECT_FALSE(made_good.alerts());
  EXPECT_THAT(review_text(back, made_good, {}), HasSubstr("since made good"));
}

TEST(HistoryReview, AnAcceptanceEndsAndHasARange) {
  const auto chart = chart_of(history_of(steps({{40, 2e6}, {15, 2.2e6}})), "", {});
  EXPECT_TRUE(review(chart, {acceptance(1.01, 1.05)}, day, {}).alerts());
  EXPECT_TRUE(review(chart, {acceptance(1.05, 1.15, "dddd")}, day, {}).alerts());
  const auto ended = review(chart, {acceptance(1.05, 1.15)}, "2027-01-01", {});
  EXPECT_TRUE(ended.alerts());
  ASSERT_EQ(ended.notes.size(), 1u);
  EXPECT_THAT(ended.notes[0], HasSubstr("ended on 2026-12-31"));
}

TEST(HistoryReview, WhatIsBetterHighGetsWorseByFalling) {
  const auto falls = chart_of(history_of(steps({{40, 500}, {15, 450}}), "rate"), "", {});
  EXPECT_TRUE(review(falls, {}, day, {}).alerts());
  const auto rises = chart_of(history_of(steps({{40, 500}, {15, 550}}), "rate"), "", {});
  const auto better = review(rises, {}, day, {});
  EXPECT_EQ(better.findings.size(), 1u);
  EXPECT_FALSE(better.alerts());
  const auto users = chart_of(history_of(steps({{40, 50}, {15, 90}}), "users.max"), "", {});
  EXPECT_FALSE(review(users, {}, day, {}).alerts());
}

// Many steps of 0.2 %: none is large enough to be called a change.
TEST(HistoryReview, WhatCreepsExceedsTheBudget) {
  std::vector<double> levels;
  for (int i = 0; i < 120; ++i) levels.push_back(2e6 * std::pow(1.001, i));
  const auto chart = chart_of(history_of(levels), "", {});
  ReviewOptions options;
  options.change.least_change = 0.5;  // so that no change point helps
  const auto crept = review(chart, {}, day, options);
  EXPECT_TRUE(crept.findings.empty());
  ASSERT_EQ(crept.creeps.size(), 1u);
  EXPECT_EQ(crept.creeps[0].reference_run, 0u);
  EXPECT_NEAR(crept.creeps[0].change, 0.105, 0.01);
  EXPECT_THAT(review_text(chart, crept, options), HasSubstr("crept   Case response_time.p95"));
  EXPECT_THAT(review_json(chart, crept), HasSubstr("\"reference_commit\": \"c000\""));
  options.budget = 0.2;
  EXPECT_FALSE(review(chart, {}, day, options).alerts());
  const auto level = chart_of(history_of(steps({{120, 2e6}})), "", {});
  EXPECT_FALSE(review(level, {}, day, {}).alerts());
}

TEST(HistoryReview, ShortHistoriesSaySo) {
  const auto chart = chart_of(history_of(steps({{5, 2e6}, {4, 9e6}})), "", {});
  const auto found = review(chart, {}, day, {});
  EXPECT_FALSE(found.alerts());
  EXPECT_THAT(review_text(chart, found, {}), HasSubstr("fewer than 18 points"));
}

TEST(HistoryReview, ManyFiguresShareTheFalseAlarms) {
  EXPECT_EQ(shared_by(4, {}).false_alarms_per_1000, 0.05);
  EXPECT_EQ(shared_by(2500, {}).false_alarms_per_1000, 0.2 / 2500);
  auto history = history_of(steps({{9, 2e6}, {9, 9e6}}));
  EXPECT_TRUE(review(chart_of(history, "", {}), {}, day, {}).alerts());
  for (auto& run : history.runs) {
    for (std::size_t i = 0; i < 2500; ++i) run.subjects[0].figures["gauge." + number_of(i)] = 1;
  }
  const auto many = chart_of(history, "", {});
  const auto found = review(many, {}, day, {});
  EXPECT_FALSE(found.alerts());
  EXPECT_EQ(found.fewest, 28u);
}

TEST(HistoryReview, AChangeWithoutACommitIsTheMachines) {
  auto history = history_of(steps({{40, 2e6}, {15, 2.2e6}}));
  for (auto& run : history.runs) run.commit = "same";
  const auto chart = chart_of(history, "", {});
  EXPECT_THAT(review_text(chart, review(chart, {}, day, {}), {}),
              HasSubstr("between two runs of one commit"));
}

TEST(HistoryChart, KeepsFormsAndConditionsApart) {
  auto history = history_of(steps({{6, 2e6}}));
  history.runs[0].form = "full";
  history.runs[1].subjects[0].condition = "100 users";
  history.runs[2].subjects[0].name = "Other";
  const auto chart = chart_of(history, "", {"Case *"});
  EXPECT_EQ(chart.runs.size(), 5u);
  ASSERT_EQ(chart.series.size(), 1u);
  EXPECT_TRUE(std::isnan(chart.series[0].values[0]));  // another load
  EXPECT_TRUE(std::isnan(chart.series[0].values[1]));  // another subject
  EXPECT_FALSE(std::isnan(chart.series[0].values[2]));
  EXPECT_EQ(chart_of(history, "full", {}).runs.size(), 1u);
}

History three_commits() {
  History history;
  const std::vector<std::tuple<std::string, double, double>> rows{
      {"abc123", 2.4e9, 0.92}, {"def456", 2.6e9, 0.93}, {"ghi789", 3.2e9, 0.80}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [commit, time, hits] = rows[i];
    HistoryRun run;
    run.id = number_of(i);
    run.started = number_of(i);
    run.commit = commit;
    run.form = "quick";
    run.subjects.push_back({"Agent", "", {{p95, time}, {"gauge.cache_hit_rate.last", hits}}});
    history.runs.push_back(run);
  }
  return history;
}

TEST(TableByCommit, MarksWhatIsWorseThanTheCommitBefore) {
  const auto chart = chart_of(three_commits(), "", {});
  const auto text = table_by_commit(
      chart,
      {{"Agent p95", "Agent", p95}, {"Cache hit", "*", "gauge.cache_hit*"}, {"DB", "x", "y"}}, {});
  EXPECT_THAT(text, HasSubstr("| Commit | Agent p95 "));
  EXPECT_THAT(text, HasSubstr("| abc123 | 2.40 s "));
  EXPECT_THAT(text, HasSubstr("| def456 | 2.60 s ⚠️"));
  EXPECT_THAT(text, HasSubstr("| ghi789 | 3.20 s ❌"));
  EXPECT_THAT(text, HasSubstr("0.8 ❌"));  // fewer hits are worse
  EXPECT_THAT(text, HasSubstr("| –"));
  EXPECT_EQ(default_columns(chart).size(), 1u);
}

TEST(TableByCommit, ManyFiguresAreRows) {
  auto history = three_commits();
  for (auto& run : history.runs) {
    for (int i = 0; i < 8; ++i) run.subjects.push_back({"C" + number_of(i), "", {{p95, 1e6}}});
  }
  const auto chart = chart_of(history, "", {});
  const auto text = table_by_commit(chart, default_columns(chart), {});
  EXPECT_THAT(text, HasSubstr("| Commit    | abc123"));
  EXPECT_THAT(text, HasSubstr("| C007 p95"));
}

TEST(TableByCommit, OneCommitIsTheMedianOfItsRuns) {
  auto history = three_commits();
  for (auto& run : history.runs) run.commit = "one";
  const auto chart = chart_of(history, "", {});
  const auto text = table_by_commit(chart, default_columns(chart), {});
  EXPECT_THAT(text, HasSubstr("| one    | 2.60 s"));
  EXPECT_THAT(text, Not(HasSubstr("abc123")));
}

}  // namespace
}  // namespace dyno::history
