#include "dyno/compare/paired.h"

#include <cmath>

#include <gtest/gtest.h>

namespace dyno::compare {
namespace {

using record::Change;

// Ratios about `centre` with differences of up to `spread` to either side, all different.
std::vector<double> around(double centre, double spread, std::size_t pairs) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < pairs; ++i) {
    const auto place = 2 * (static_cast<double>(i) + 0.5) / static_cast<double>(pairs) - 1;
    ratios.push_back(centre * std::exp(spread * place));
  }
  return ratios;
}

Change verdict_on(std::vector<double> ratios) {
  return decide({{"parse", "real_time", std::move(ratios)}}, {}).at(0).change;
}

TEST(Paired, CallsWhatIsThere) {
  EXPECT_EQ(verdict_on(around(1.05, 0.03, 30)), Change::regressed);
  EXPECT_EQ(verdict_on(around(1 / 1.05, 0.03, 30)), Change::improved);
  EXPECT_EQ(verdict_on(around(1.0, 0.03, 30)), Change::equivalent);
  EXPECT_EQ(verdict_on(around(1.0, 0.9, 30)), Change::inconclusive);
  EXPECT_EQ(verdict_on({}), Change::errored);
}

TEST(Paired, WithinTheMarginIsNoChange) {
  EXPECT_EQ(verdict_on(around(1.008, 0.004, 30)), Change::equivalent);
  EXPECT_EQ(verdict_on(around(1.02, 0.004, 30)), Change::regressed);
}

TEST(Paired, TenPairsProveNothingAtTheFamilyLevel) {
  const auto few = decide({{"parse", "real_time", around(1.5, 0.01, 9)}}, {}).at(0);
  EXPECT_EQ(few.change, Change::inconclusive);
  EXPECT_NE(few.message.find("too few pairs to prove anything: give at least 10"),
            std::string::npos)
      << few.message;
}

TEST(Paired, ManyBenchmarksAreCorrectedFor) {
  // By itself p is 2^-12, below one in a thousand; among 20 it is not.
  const auto changed = around(1.05, 0.03, 12);
  EXPECT_EQ(verdict_on(changed), Change::regressed);
  std::vector<PairedFigure> suite(20, {"other", "real_time", around(1.0, 0.03, 12)});
  suite[7] = {"parse", "real_time", changed};
  EXPECT_NE(decide(suite, {}).at(7).change, Change::regressed);
}

TEST(Paired, AFewDisturbedPairsAreOutvoted) {
  auto ratios = around(1.05, 0.03, 28);
  ratios.push_back(0.5);
  ratios.push_back(1.5);
  EXPECT_EQ(verdict_on(ratios), Change::regressed);
  auto unchanged = around(1.0, 0.03, 28);
  unchanged.push_back(1.5);
  unchanged.push_back(1.5);
  EXPECT_EQ(verdict_on(unchanged), Change::equivalent);
}

TEST(Paired, MorePairsForTheSuspiciousAndTheWide) {
  EXPECT_FALSE(needs_more(around(1.0, 0.02, 10), {}));
  EXPECT_TRUE(needs_more(around(1.03, 0.02, 10), {}));  // every pair slower
  EXPECT_TRUE(needs_more(around(0.97, 0.02, 10), {}));
  EXPECT_TRUE(needs_more(around(1.0, 0.3, 10), {}));  // too wide to be called equivalent
  EXPECT_TRUE(needs_more({}, {}));
}

TEST(Paired, SaysWhatItCouldHaveSeen) {
  const auto wide = decide({{"parse", "real_time", around(1.0, 0.9, 30)}}, {}).at(0);
  EXPECT_NE(wide.message.find("30 pairs would show +"), std::string::npos) << wide.message;
  EXPECT_TRUE(std::isinf(detectable(0.01, 9, 1, {})));
  EXPECT_GT(detectable(0.02, 30, 20, {}), detectable(0.01, 30, 20, {}));
  EXPECT_GT(detectable(0.02, 30, 20, {}), detectable(0.02, 60, 20, {}));
  EXPECT_NEAR(detectable(0, 30, 1, {}), 1.01, 1e-12);
}

TEST(Paired, NoiseIsThatOfTheManyNotOfTheFew) {
  EXPECT_EQ(pair_noise({}), 0);
  auto ratios = around(1.2, 0.03, 29);
  const auto before = pair_noise(ratios);
  ratios.push_back(10);
  EXPECT_NEAR(pair_noise(ratios), before, before * 0.2);
}

}  // namespace
}  // namespace dyno::compare
