// Against values that scripts/oracles/statistics.py takes from SciPy.
#include "dyno/compare/statistics.h"

#include <bit>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/json.h"
#include "dyno/core/random.h"

namespace dyno::compare {
namespace {

using Values = std::vector<double>;

TEST(Statistics, RankTestShiftAndIntervalAreTheOracles) {
  const auto golden = read_json(DYNO_SOURCE_DIR "/fixtures/golden/statistics.json");
  ASSERT_TRUE(golden) << golden.error().message;
  for (const auto& expected : golden->at("rank_test")) {
    const auto x = expected["x"].get<Values>();
    const auto y = expected["y"].get<Values>();
    EXPECT_NEAR(p_above(x, y, 0), expected["p_greater"].get<double>(), 1e-12);
    EXPECT_NEAR(p_above(y, x, 0), expected["p_less"].get<double>(), 1e-12);
    EXPECT_NEAR(shift(x, y), expected["shift"].get<double>(), 1e-12);
    const auto interval = shift_interval(x, y);
    ASSERT_EQ(interval.has_value(), !expected["interval"].is_null()) << x.size();
    if (!interval) continue;
    EXPECT_NEAR(interval->first, expected["interval"][0].get<double>(), 1e-12);
    EXPECT_NEAR(interval->second, expected["interval"][1].get<double>(), 1e-12);
  }
}

TEST(Statistics, RankTestsOfManySizesAndWithTiesAreTheOracles) {
  const auto golden = read_json(DYNO_SOURCE_DIR "/fixtures/golden/rank_tests.json");
  ASSERT_TRUE(golden) << golden.error().message;
  const auto expect_same = [](const nlohmann::json& expected) {
    const auto p = expected["p_greater"].get<double>();
    EXPECT_NEAR(p_above(expected["x"].get<Values>(), expected["y"].get<Values>(), 0) / p, 1, 1e-9)
        << expected.dump();
  };
  for (const auto& expected : golden->at("exact")) expect_same(expected);
  for (const auto& expected : golden->at("exact_with_ties")) expect_same(expected);
  expect_same(golden->at("many_with_ties"));
}

// By going through all ways to choose which of the values are those of `y`.
double p_by_enumeration(const Values& x, const Values& y) {
  Values all = x;
  all.insert(all.end(), y.begin(), y.end());
  const auto u_of = [&](unsigned chosen) {
    double u = 0;
    for (std::size_t a = 0; a < all.size(); ++a) {
      for (std::size_t b = 0; b < all.size(); ++b) {
        const bool counts = (chosen >> a & 1U) == 0 && (chosen >> b & 1U) == 1;
        if (counts) u += all[b] > all[a] ? 1 : all[b] == all[a] ? 0.5 : 0;
      }
    }
    return u;
  };
  const unsigned given = ((1U << y.size()) - 1) << x.size();
  double as_large = 0;
  double ways = 0;
  for (unsigned chosen = 0; chosen < 1U << all.size(); ++chosen) {
    if (static_cast<std::size_t>(std::popcount(chosen)) != y.size()) continue;
    ways += 1;
    if (u_of(chosen) >= u_of(given)) as_large += 1;
  }
  return as_large / ways;
}

TEST(Statistics, RandomGroupsAreTestedAsByEnumeration) {
  Random random(20261121);
  for (int round = 0; round < 60; ++round) {
    Values x(1 + random.below(5));
    Values y(1 + random.below(5));
    const auto digits = round % 2 == 0 ? 4U : 1000000U;  // few values tie, many do not
    for (auto& value : x) value = static_cast<double>(random.below(digits));
    for (auto& value : y) value = static_cast<double>(random.below(digits)) + 1;
    EXPECT_NEAR(p_above(x, y, 0), p_by_enumeration(x, y), 1e-12) << "round " << round;
  }
}

TEST(Statistics, WhatWouldHaveBeenSeenShrinksWithMoreProcesses) {
  const Values few{-0.02, 0.01, 0.0, 0.02, -0.01, 0.005};
  Values many;
  for (int i = 0; i < 5; ++i) many.insert(many.end(), few.begin(), few.end());
  const auto with_few = detectable_shift(few, few, 0.01, 0.01);
  const auto with_many = detectable_shift(many, many, 0.01, 0.01);
  ASSERT_TRUE(with_few && with_many);
  EXPECT_LT(*with_many, *with_few);
  EXPECT_GT(*with_many, 0.01) << "beyond the margin";
  EXPECT_FALSE(detectable_shift({0, 1}, {0, 1}, 0.01, 0.01));
  EXPECT_FALSE(detectable_shift({0}, {}, 0.01, 0.5));
}

TEST(Statistics, AMarginMustBeExceeded) {
  const Values x{1, 2, 3, 4, 5};
  const Values y{11.1, 12.1, 13.1, 14.1, 15.1};
  EXPECT_NEAR(p_above(x, y, 0), 1 / 252.0, 1e-12);
  EXPECT_NEAR(p_above(x, y, 5), 1 / 252.0, 1e-12);
  EXPECT_GT(p_above(x, y, 10), 0.3);
  EXPECT_DOUBLE_EQ(smallest_p(5, 5), 1 / 252.0);
}

TEST(Statistics, WhatIsAllTheSameProvesNothing) {
  EXPECT_EQ(p_above({1, 1, 1}, {1, 1, 1}, 0), 1);
  EXPECT_EQ(p_above({}, {1}, 0), 1);
  EXPECT_FALSE(shift_interval({}, {1}));
  EXPECT_FALSE(shift_interval({1}, {2}));
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

TEST(Statistics, HolmMultipliesByWhatIsLeftAndNeverDecreases) {
  const auto corrected = holm({0.01, 0.04, 0.03, 0.005});
  EXPECT_DOUBLE_EQ(corrected[3], 0.02);
  EXPECT_DOUBLE_EQ(corrected[0], 0.03);
  EXPECT_DOUBLE_EQ(corrected[2], 0.06);
  EXPECT_DOUBLE_EQ(corrected[1], 0.06);
  EXPECT_EQ(holm({0.9, 0.8})[0], 1);
}

}  // namespace
}  // namespace dyno::compare
