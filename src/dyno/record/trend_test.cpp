#include "dyno/record/trend.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/json.h"

namespace dyno::record {
namespace {

using namespace std::chrono_literals;

// scripts/oracles/statistics.py makes the file.
TEST(TheilSen, SlopeAndIntervalAreScipys) {
  const auto golden = read_json(DYNO_SOURCE_DIR "/fixtures/golden/statistics.json");
  ASSERT_TRUE(golden) << golden.error().message;
  for (const auto& expected : golden->at("theil_sen")) {
    std::vector<std::pair<Duration, double>> points;
    for (std::size_t i = 0; i < expected["seconds"].size(); ++i) {
      points.emplace_back(expected["seconds"][i].get<int>() * 1s, expected["values"][i]);
    }
    const auto trend = theil_sen(points);
    ASSERT_TRUE(trend);
    EXPECT_NEAR(trend->per_minute, expected["per_minute"].get<double>(), 1e-6) << points.size();
    EXPECT_NEAR(trend->low, expected["low"].get<double>(), 1e-6) << points.size();
    EXPECT_NEAR(trend->high, expected["high"].get<double>(), 1e-6) << points.size();
  }
}

TEST(TheilSen, ManyPointsAreThinnedWithoutChangingTheSlope) {
  std::vector<std::pair<Duration, double>> points;
  for (int i = 0; i < 5000; ++i) points.emplace_back(i * 1s, 7.0 * i / 60 + (i % 2 ? 3 : -3));
  const auto trend = theil_sen(points);
  ASSERT_TRUE(trend);
  EXPECT_NEAR(trend->per_minute, 7, 0.01);
}

TEST(TheilSen, TooFewPointsHaveNoSlope) {
  EXPECT_FALSE(theil_sen({}));
  EXPECT_FALSE(theil_sen({{0s, 1}, {1s, 2}}));
  EXPECT_FALSE(theil_sen({{1s, 1}, {1s, 2}, {1s, 3}}));
}

}  // namespace
}  // namespace dyno::record
