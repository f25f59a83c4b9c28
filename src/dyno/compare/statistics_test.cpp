// Against values that scripts/oracles/statistics.py takes from SciPy.
#include "dyno/compare/statistics.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/json.h"

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
  const auto& ties = golden->at("rank_test_with_ties");
  EXPECT_NEAR(p_above(ties["x"].get<Values>(), ties["y"].get<Values>(), 0),
              ties["p_greater"].get<double>(), 1e-12);
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
