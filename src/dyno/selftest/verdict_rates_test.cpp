// Few suites each, so that it takes a second; `scripts/prove verdict-rates` runs the many.
#include "dyno/selftest/verdict_rates.h"

#include <cmath>

#include <gtest/gtest.h>

namespace dyno::selftest {
namespace {

NoiseModel model(const std::string& name, double pair_noise) {
  for (const auto& candidate : noise_models(pair_noise)) {
    if (candidate.name == name) return candidate;
  }
  ADD_FAILURE() << "no model " << name;
  return {};
}

TEST(VerdictRates, UnchangedSuitesRaiseNoAlarm) {
  for (const auto& noise : noise_models(0.035)) {
    const auto rates = simulate({.noise = noise, .benchmarks = 20, .suites = 100});
    EXPECT_EQ(rates.false_alarms.hits, 0u) << noise.name;
    EXPECT_EQ(rates.false_alarms.of, 100u);
  }
}

TEST(VerdictRates, ChangesAreFound) {
  const auto found = [](const NoiseModel& noise, double effect) {
    return simulate({.noise = noise, .benchmarks = 6, .effects = {effect}, .suites = 200})
        .found.at(0)
        .value();
  };
  EXPECT_GT(found(model("normal", 0.017), 1.03), 0.9);
  EXPECT_GT(found(model("normal", 0.035), 1.05), 0.9);
  EXPECT_GT(found(model("windows", 0.017), 1.05), 0.9);
}

// A test that calls everything would pass the one above, one that calls nothing the first.
TEST(VerdictRates, ATestWithoutACorrectionWouldAlarm) {
  compare::PairedOptions careless;
  careless.family_level = 0.5;
  careless.margin = 0;
  const auto rates = simulate({.noise = model("normal", 0.035), .suites = 50, .options = careless});
  EXPECT_GT(rates.false_alarms.hits, 5u);
}

TEST(VerdictRates, TooMuchNoiseIsInconclusive) {
  const auto rates = simulate({.noise = model("normal", 0.3), .suites = 20});
  EXPECT_GT(rates.undecided.value(), 0.9);
  EXPECT_DOUBLE_EQ(rates.mean_pairs, 30);
}

TEST(VerdictRates, SharesHaveTheIntervalsOfClopperAndPearson) {
  // scipy.stats.binomtest(k, n).proportion_ci(method="exact")
  const Share none{0, 100};
  EXPECT_EQ(none.low(), 0);
  EXPECT_NEAR(none.high(), 0.036216692, 1e-6);
  const Share some{3, 50};
  EXPECT_NEAR(some.low(), 0.012548568, 1e-6);
  EXPECT_NEAR(some.high(), 0.165481932, 1e-6);
  const Share all{20, 20};
  EXPECT_NEAR(all.low(), 0.831566523, 1e-6);
  EXPECT_EQ(all.high(), 1);
}

TEST(Noise, HasTheSpreadItIsAskedFor) {
  for (const auto* name : {"normal", "within", "drift"}) {
    Random random(3);
    const auto ratios = draw_ratios(model(name, 0.02), 1.1, 0, 20'000, 20'000, random);
    double sum = 0;
    double squares = 0;
    for (const auto ratio : ratios) {
      sum += std::log(ratio);
      squares += std::log(ratio) * std::log(ratio);
    }
    const auto mean = sum / 20'000;
    EXPECT_NEAR(mean, std::log(1.1), 0.001) << name;
    EXPECT_NEAR(std::sqrt(squares / 20'000 - mean * mean), 0.02, 0.0005) << name;
  }
}

}  // namespace
}  // namespace dyno::selftest
