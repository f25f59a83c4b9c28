#include "dyno/history/change_points.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/json.h"
#include "dyno/core/random.h"
#include "dyno/history/csv_series.h"
#include "dyno/history/rank_test.h"

namespace dyno::history {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double normal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.uniform())) *
         std::cos(2 * std::numbers::pi * random.uniform());
}

// Values of 2 % noise at each of the levels in turn.
std::vector<double> series(const std::vector<std::pair<std::size_t, double>>& levels,
                           std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<double> values;
  for (const auto& [count, level] : levels) {
    for (std::size_t i = 0; i < count; ++i) {
      values.push_back(level * std::exp(0.02 * normal(random)));
    }
  }
  return values;
}

std::vector<std::size_t> places(const Analysis& analysis) {
  std::vector<std::size_t> result;
  for (const auto& change : analysis.changes) result.push_back(change.at);
  return result;
}

void expect_near(const std::vector<std::size_t>& found, const std::vector<std::size_t>& wanted) {
  ASSERT_EQ(found.size(), wanted.size()) << testing::PrintToString(found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(found[i]), static_cast<double>(wanted[i]), 3);
  }
}

TEST(MannWhitneyTail, AgreesWithTheExactDistribution) {
  const auto golden = read_json(std::string(DYNO_SOURCE_DIR) + "/fixtures/golden/statistics.json");
  ASSERT_TRUE(golden) << golden.error().message;
  for (const auto& one : golden->at("mann_whitney_tail")) {
    const auto p = one["p"].get<double>();
    const auto mine = mann_whitney_tail(one["u"].get<double>(), one["n"].get<std::size_t>(),
                                        one["m"].get<std::size_t>());
    EXPECT_NEAR(mine / p, 1, 0.15) << one.dump();
  }
}

TEST(MannWhitneyTail, HoldsAtTheEnds) {
  EXPECT_EQ(mann_whitney_tail(0, 5, 7), 1);
  EXPECT_NEAR(mann_whitney_tail(35, 5, 7), 1.0 / 792, 1e-12);
  EXPECT_NEAR(smallest_two_sided_p(9, 9), 2.0 / 48620, 1e-12);
  EXPECT_GT(mann_whitney_tail(10, 5, 7), 0.8);  // below the mean
}

TEST(BestSplit, FindsThePlaceAndItsDirection) {
  const std::vector<double> values{1, 2, 3, 1, 2, 3, 11, 12, 13, 11, 12, 13};
  const auto split = best_split(values, 2);
  EXPECT_EQ(split.at, 6u);
  EXPECT_GT(split.rise, 0);
  EXPECT_LT(split.p, 0.01);
  EXPECT_EQ(split_at(values, 6).z, split.z);
  EXPECT_EQ(best_split(std::vector<double>(20, 4.0), 2).at, 0u);  // all equal
  EXPECT_EQ(best_split(std::vector<double>{1, 2, 3}, 2).at, 0u);
}

TEST(BestSplit, IsNotOutvotedByOutliers) {
  auto values = series({{20, 100}, {20, 105}});
  values[3] = values[9] = values[15] = 180;
  const auto split = best_split(values, 5);
  EXPECT_NEAR(static_cast<double>(split.at), 20, 2);
  EXPECT_LT(split.p, 1e-5);
}

TEST(ChangePoints, AStepIsFoundWithItsSize) {
  const auto analysis = find_changes(series({{100, 100}, {20, 105}}));
  expect_near(places(analysis), {100});
  const auto& change = analysis.changes.front();
  EXPECT_NEAR(change.before, 100, 1);
  EXPECT_NEAR(change.after, 105, 1.5);
  EXPECT_NEAR(change.change.value(), 0.05, 0.02);
  EXPECT_LT(change.p, 0.005);
  EXPECT_NEAR(analysis.noise.value(), 0.02, 0.005);
}

TEST(ChangePoints, NoiseHasNone) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_TRUE(find_changes(series({{200, 100}}, seed)).changes.empty()) << seed;
  }
}

TEST(ChangePoints, TwoStepsUpAndDownAndBothWays) {
  expect_near(places(find_changes(series({{100, 100}, {60, 110}, {100, 100}}))), {100, 160});
  expect_near(places(find_changes(series({{80, 100}, {40, 106}, {40, 112}, {80, 90}}))),
              {80, 120, 160});
}

TEST(ChangePoints, NearTheEndsItTakesAFewPoints) {
  expect_near(places(find_changes(series({{7, 120}, {200, 100}}))), {7});
  expect_near(places(find_changes(series({{200, 100}, {7, 120}}))), {200});
  // Three in a row may be a bad night.
  const auto analysis = find_changes(series({{200, 100}, {3, 120}}));
  EXPECT_TRUE(analysis.changes.empty());
  EXPECT_EQ(analysis.points_needed.value(), 5u);
}

TEST(ChangePoints, ABadNightOrALoneOutlierIsNoChange) {
  auto values = series({{150, 100}});
  values[40] = 900;
  values[90] = values[91] = values[92] = 150;
  values[149] = 0.001;
  EXPECT_TRUE(find_changes(values).changes.empty());
}

TEST(ChangePoints, ConstantSeriesAndStepsOfConstants) {
  EXPECT_TRUE(find_changes(std::vector<double>(500, 3.25)).changes.empty());
  std::vector<double> counter(40, 1000);  // a count of allocations, say
  std::fill(counter.begin() + 25, counter.end(), 1100);
  EXPECT_EQ(places(find_changes(counter)), std::vector<std::size_t>{25});
  std::fill(counter.begin() + 25, counter.end(), 1005);  // less than matters
  EXPECT_TRUE(find_changes(counter).changes.empty());
  ChangeOptions strict;
  strict.least_change = 0.001;
  EXPECT_EQ(places(find_changes(counter, strict)), std::vector<std::size_t>{25});
}

TEST(ChangePoints, MissingValuesKeepTheirPlaces) {
  auto values = series({{100, 100}, {40, 110}});
  for (std::size_t i = 0; i < values.size(); i += 7) values[i] = nan;
  values[55] = std::numeric_limits<double>::infinity();
  const auto analysis = find_changes(values);
  expect_near(places(analysis), {100});
  EXPECT_EQ(analysis.missing, 21u);
  EXPECT_EQ(analysis.points, 119u);
}

TEST(ChangePoints, ValuesOfAnySign) {
  auto values = series({{60, 100}, {60, 110}});
  for (auto& value : values) value -= 105;
  const auto analysis = find_changes(values);
  expect_near(places(analysis), {60});
  EXPECT_FALSE(analysis.changes.front().change);
  EXPECT_FALSE(analysis.noise);
}

TEST(ChangePoints, CoarseValues) {
  auto values = series({{100, 100}, {60, 105}});
  for (auto& value : values) value = std::round(value / 4) * 4;
  expect_near(places(find_changes(values)), {100});
}

// What drifts has no level; that it is not the same at both ends is said.
TEST(ChangePoints, ADriftIsSeenAsSteps) {
  auto values = series({{400, 100}});
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] *= 1 + 0.2 * static_cast<double>(i) / 400;
  const auto analysis = find_changes(values);
  ASSERT_FALSE(analysis.changes.empty());
  for (const auto& change : analysis.changes) EXPECT_GT(change.after, change.before);
  EXPECT_LT(analysis.changes.size(), 12u);
}

TEST(ChangePoints, ResemblanceIsNoticedAndAllowedFor) {
  Random random(5);
  std::vector<double> values;
  double state = 0;
  for (int i = 0; i < 2000; ++i) {
    state = 0.6 * state + 0.8 * normal(random);
    values.push_back(100 + 2 * state);
  }
  const auto analysis = find_changes(values);
  EXPECT_TRUE(analysis.changes.empty());
  EXPECT_NEAR(analysis.resemblance, 0.58, 0.06);
}

TEST(ChangePoints, ShortSeriesSayWhatTheyCannotSay) {
  for (std::size_t n = 0; n < 18; ++n) {
    std::vector<double> values(n, 1.0);
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(n / 2), values.end(), 100.0);
    const auto analysis = find_changes(values);
    EXPECT_TRUE(analysis.changes.empty());
    EXPECT_NE(analysis.cannot.find("it takes 18"), std::string::npos) << analysis.cannot;
    EXPECT_FALSE(analysis.points_needed);
  }
  std::vector<double> values = series({{9, 100}, {9, 200}});
  const auto analysis = find_changes(values);
  EXPECT_EQ(analysis.cannot, "");
  EXPECT_EQ(places(analysis), std::vector<std::size_t>{9});
}

TEST(ChangePoints, TenThousandPointsWithManyStepsAreQuick) {
  std::vector<std::pair<std::size_t, double>> levels;
  for (std::size_t i = 0; i < 50; ++i) levels.emplace_back(200, i % 2 == 0 ? 100 : 108);
  const auto values = series(levels);
  const auto analysis = find_changes(values);
  EXPECT_NEAR(static_cast<double>(analysis.changes.size()), 49, 1);
}

TEST(CsvSeries, WithAndWithoutNames) {
  const auto named = read_csv_series("commit,value,index\nabc,1.5,10\ndef,,11\nghi,NaN,12\n", "x");
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(named->index, (std::vector<std::string>{"10", "11", "12"}));
  EXPECT_EQ(named->commit.back(), "ghi");
  EXPECT_EQ(named->values[0], 1.5);
  EXPECT_TRUE(std::isnan(named->values[1]));
  EXPECT_TRUE(std::isnan(named->values[2]));
  const auto bare = read_csv_series("# mine\r\n0,3\r\n1,4\r\n\r\n", "x");
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(bare->values, (std::vector<double>{3, 4}));
  EXPECT_TRUE(bare->commit.empty());
}

TEST(CsvSeries, ErrorsNameTheLine) {
  EXPECT_EQ(read_csv_series("index,value\n0,1\n1,two\n", "f.csv").error().message,
            "f.csv:3: 'two' is no number; leave a missing value empty");
  EXPECT_EQ(read_csv_series("", "f.csv").error().message, "f.csv: holds no values");
  EXPECT_NE(read_csv_series("a,b\n1,2\n", "f.csv").error().message.find("no column 'value'"),
            std::string::npos);
}

}  // namespace
}  // namespace dyno::history
