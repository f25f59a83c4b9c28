#include "dyno/metrics/histogram.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/json.h"
#include "dyno/metrics/order_statistics.h"

namespace dyno::metrics {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, AnEmptyOneHasNoFigures) {
  const Histogram histogram;
  EXPECT_TRUE(histogram.empty());
  EXPECT_EQ(histogram.percentile(99), 0ns);
  EXPECT_EQ(histogram.mean(), 0ns);
  EXPECT_EQ(histogram.stddev(), 0ns);
  EXPECT_FALSE(histogram.percentile_interval(50));
  EXPECT_TRUE(histogram.buckets().empty());
  EXPECT_LE(sizeof(Histogram), 400U);
}

TEST(Histogram, CountSumMinimumAndMaximumAreExact) {
  Histogram histogram;
  histogram.record(1234567ns);
  histogram.record(89ns);
  histogram.record_n(1000003ns, 3);
  EXPECT_EQ(histogram.count(), 5U);
  EXPECT_EQ(histogram.sum(), Duration{1234567 + 89 + 3 * 1000003});
  EXPECT_EQ(histogram.min(), 89ns);
  EXPECT_EQ(histogram.max(), 1234567ns);
  EXPECT_EQ(histogram.mean(), Duration{(1234567 + 89 + 3 * 1000003) / 5});
  EXPECT_EQ(histogram.percentile(100), 1234567ns);
  EXPECT_EQ(histogram.percentile(0), 89ns);
}

TEST(Histogram, EveryValueIsKnownToThreeSignificantDigits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto scale = std::uniform_int_distribution<int>(0, 41)(random);
    const Duration value{static_cast<std::int64_t>(random() & ((1ULL << scale) - 1))};
    Histogram histogram;
    histogram.record(value);
    const auto cell = histogram.buckets().at(0);
    ASSERT_LE(cell.low, value);
    ASSERT_GE(cell.high, value);
    ASSERT_LE((cell.high - cell.low).count(), value.count() / 1000) << value.count();
  }
}

TEST(Histogram, WhatIsOutOfRangeIsClampedAndCounted) {
  Histogram histogram;
  histogram.record(-5ns);
  histogram.record(1h);
  histogram.record(2h);
  EXPECT_EQ(histogram.below_range(), 1U);
  EXPECT_EQ(histogram.above_range(), 1U);
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.max(), 2h);
  EXPECT_EQ(histogram.min(), -5ns);
  EXPECT_LE(histogram.percentile(50), 1h + 4s);
}

TEST(Histogram, MergeIsTheSameAsRecordingIntoOne) {
  std::mt19937_64 random(3);
  Histogram a, b, both;
  for (int i = 0; i < 5000; ++i) {
    const Duration value{static_cast<std::int64_t>(random() % 3'000'000'000)};
    (i % 3 == 0 ? a : b).record(value);
    both.record(value);
  }
  a.merge(b);
  a.merge(Histogram{});
  EXPECT_EQ(a, both);
  Histogram empty;
  empty.merge(both);
  EXPECT_EQ(empty, both);
}

TEST(Histogram, CopiesAreIndependentAndResetForgets) {
  Histogram original;
  original.record(5ms);
  Histogram copy = original;
  copy.record(7ms);
  EXPECT_EQ(original.count(), 1U);
  EXPECT_EQ(original.count_between(6ms, 8ms), 0U);
  EXPECT_EQ(copy.count_between(6ms, 8ms), 1U);
  copy.reset();
  EXPECT_EQ(copy, Histogram{});
  copy.record(5ms);
  EXPECT_EQ(copy, original);
}

TEST(Histogram, CountsBetweenTwoDurations) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(Duration{i});
  EXPECT_EQ(histogram.count_between(101ns, 200ns), 100U);
  EXPECT_EQ(histogram.count_between(0ns, 10s), 1000U);
  EXPECT_EQ(histogram.count_between(2us, 10s), 0U);
}

TEST(Histogram, StandardDeviationIsThePopulations) {
  Histogram histogram;
  histogram.record(1000ns);
  histogram.record(2000ns);
  EXPECT_EQ(histogram.stddev(), 500ns);
}

TEST(Histogram, RestoreTakesOnlyFiguresOfTheSameCount) {
  Histogram histogram;
  histogram.record(5000ns);
  auto totals = histogram.totals();
  totals.sum = 5001ns;
  histogram.restore(totals);
  EXPECT_EQ(histogram.sum(), 5001ns);
  totals.count = 2;
  totals.sum = 1ns;
  histogram.restore(totals);
  EXPECT_EQ(histogram.sum(), 5001ns);
}

TEST(OrderStatistics, RankOfAPercentileDoesNotSkipForARoundingError) {
  EXPECT_EQ(rank_of_percentile(50, 2), 1U);
  EXPECT_EQ(rank_of_percentile(99, 1000), 990U);
  EXPECT_EQ(rank_of_percentile(99.9, 10'000), 9990U);
  EXPECT_EQ(rank_of_percentile(100, 7), 7U);
  EXPECT_EQ(rank_of_percentile(0, 7), 1U);
  EXPECT_EQ(rank_of_percentile(250, 7), 7U);
}

// scripts/oracles/statistics.py makes the file.
TEST(OrderStatistics, IntervalRanksAreScipys) {
  const auto golden = read_json(DYNO_SOURCE_DIR "/fixtures/golden/statistics.json");
  ASSERT_TRUE(golden) << golden.error().message;
  for (const auto& expected : golden->at("binomial_ranks")) {
    EXPECT_EQ(percentile_rank_interval(expected["percentile"], expected["count"], 0.95),
              (RankInterval{expected["low"], expected["high"]}))
        << expected;
  }
}

TEST(OrderStatistics, ThereIsNoIntervalWhereARankDoesNotExist) {
  EXPECT_FALSE(percentile_rank_interval(99, 100, 0.95));
  EXPECT_FALSE(percentile_rank_interval(50, 3, 0.95));
  EXPECT_FALSE(percentile_rank_interval(100, 1000, 0.95));
  EXPECT_FALSE(percentile_rank_interval(0, 1000, 0.95));
}

TEST(OrderStatistics, TheApproximationForManyValuesIsHardlyWider) {
  const auto ranks = percentile_rank_interval(50, 1'000'000, 0.95);
  ASSERT_TRUE(ranks);
  EXPECT_NEAR(static_cast<double>(ranks->low), 500'000 - 980, 2);
  EXPECT_NEAR(static_cast<double>(ranks->high), 500'000 + 981, 2);
}

TEST(OrderStatistics, NormalQuantileAgreesWithTables) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-12);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167813, 1e-12);
}

TEST(OrderStatistics, TheUpperTailOfABinomial) {
  EXPECT_NEAR(binomial_upper_tail(6, 6, 0.05), std::pow(0.05, 6), 1e-20);
  EXPECT_NEAR(binomial_upper_tail(3, 4, 0.05), 4 * std::pow(0.05, 3) * 0.95 + std::pow(0.05, 4),
              1e-15);
  EXPECT_NEAR(binomial_upper_tail(0, 150, 0.05), 1, 1e-12);
  EXPECT_EQ(binomial_upper_tail(5, 4, 0.05), 0);
}

}  // namespace
}  // namespace dyno::metrics
