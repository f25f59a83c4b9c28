// Against values that scripts/oracles/statistics.py takes from SciPy.
#include "dyno/compare/signed_rank.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/json.h"
#include "dyno/core/random.h"

namespace dyno::compare {
namespace {

using Values = std::vector<double>;

Values negated(Values values) {
  for (auto& value : values) value = -value;
  return values;
}

TEST(SignedRank, TestEstimateAndIntervalAreTheOracles) {
  const auto golden = read_json(DYNO_SOURCE_DIR "/fixtures/golden/statistics.json");
  ASSERT_TRUE(golden) << golden.error().message;
  for (const auto& expected : golden->at("signed_rank")) {
    const auto x = expected["x"].get<Values>();
    EXPECT_NEAR(signed_rank_p(x, 0), expected["p_greater"].get<double>(), 1e-12) << x.size();
    EXPECT_NEAR(signed_rank_p(negated(x), 0), expected["p_less"].get<double>(), 1e-12) << x.size();
    const auto shift = paired_shift(x);
    EXPECT_NEAR(shift.estimate, expected["estimate"].get<double>(), 1e-12);
    ASSERT_EQ(shift.interval.has_value(), !expected["interval"].is_null()) << x.size();
    if (!shift.interval) continue;
    EXPECT_NEAR(shift.interval->first, expected["interval"][0].get<double>(), 1e-12);
    EXPECT_NEAR(shift.interval->second, expected["interval"][1].get<double>(), 1e-12);
  }
  for (const auto& expected : golden->at("signed_rank_with_ties_and_zeros")) {
    EXPECT_NEAR(signed_rank_p(expected["x"].get<Values>(), 0), expected["p_greater"].get<double>(),
                1e-12);
  }
}

// The definition itself, on data of many kinds.
class SignChanges : public testing::TestWithParam<double> {};

TEST_P(SignChanges, ThatGiveAsMuchAreCounted) {
  Random random(20261121);
  for (int round = 0; round < 200; ++round) {
    Values x(2 + random.below(8));
    // Few different values, so that ties and zeros are common.
    for (auto& value : x) value = static_cast<double>(random.below(7)) - 3;
    Values kept;
    for (const auto value : x) {
      if (value != 0) kept.push_back(value);
    }
    const auto sum_of = [&kept](unsigned signs) {
      double sum = 0;
      for (std::size_t i = 0; i < kept.size(); ++i) {
        if ((signs >> i & 1U) == 0) continue;
        double rank = 0.5;
        for (const auto other : kept) {
          rank += std::abs(other) < std::abs(kept[i]) ? 1 : 0;
          rank += std::abs(other) == std::abs(kept[i]) ? 0.5 : 0;
        }
        sum += std::min(rank, std::max(1.0, std::floor(GetParam() * double(kept.size()))));
      }
      return sum;
    };
    unsigned observed = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) observed |= kept[i] > 0 ? 1U << i : 0;
    unsigned as_much = 0;
    for (unsigned signs = 0; signs < 1U << kept.size(); ++signs) {
      as_much += sum_of(signs) >= sum_of(observed) ? 1 : 0;
    }
    const auto expected = static_cast<double>(as_much) / static_cast<double>(1U << kept.size());
    EXPECT_NEAR(signed_rank_p(x, 0, GetParam()), kept.empty() ? 1 : expected, 1e-12);
  }
}

INSTANTIATE_TEST_SUITE_P(HighestRank, SignChanges, testing::Values(1, 0.8, 0.5));

TEST(SignedRank, AHighestRankKeepsOneOutlierFromOutvotingTheRest) {
  Values x;
  for (int i = 0; i < 19; ++i) x.push_back(1 + 0.01 * i);
  const auto before = signed_rank_p(x, 0, 0.5);
  x.push_back(-100);
  EXPECT_LT(signed_rank_p(x, 0, 0.5), signed_rank_p(x, 0));
  EXPECT_GT(signed_rank_p(x, 0, 0.5), before);
}

TEST(SignedRank, AMarginMustBeExceeded) {
  const Values x{1.1, 1.2, 1.3, 1.4, 1.5};
  EXPECT_DOUBLE_EQ(signed_rank_p(x, 0), 1 / 32.0);
  EXPECT_DOUBLE_EQ(signed_rank_p(x, 1), 1 / 32.0);
  EXPECT_DOUBLE_EQ(signed_rank_p(x, 2), 1);
  EXPECT_DOUBLE_EQ(smallest_signed_rank_p(5), 1 / 32.0);
}

TEST(SignedRank, NothingProvesNothing) {
  EXPECT_EQ(signed_rank_p({}, 0), 1);
  EXPECT_EQ(signed_rank_p({2, 2, 2}, 2), 1);
  EXPECT_FALSE(paired_shift({1}).interval);
  EXPECT_EQ(paired_shift({1}).estimate, 1);
}

TEST(SignedRank, TheApproximationForManyPairsJoinsTheExactTest) {
  Random random(7);
  Values x(501);
  for (auto& value : x) value = random.uniform() - 0.48;
  const auto approximate = signed_rank_p(x, 0);
  x.pop_back();
  EXPECT_NEAR(approximate, signed_rank_p(x, 0), 0.1 * approximate);
}

}  // namespace
}  // namespace dyno::compare
