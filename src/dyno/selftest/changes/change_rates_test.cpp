// Few series each, so that it takes a second; `scripts/prove change-points` runs the many.
#include "dyno/selftest/changes/change_rates.h"

#include <cmath>

#include <gtest/gtest.h>

namespace dyno::selftest {
namespace {

SeriesModel series_model(const std::string& name) {
  for (const auto& candidate : series_models(0.02)) {
    if (candidate.name == name) return candidate;
  }
  ADD_FAILURE() << "no model " << name;
  return {};
}

TEST(ChangeRates, UnchangedSeriesRaiseFewAlarms) {
  for (const auto& model : series_models(0.02)) {
    const auto rates = simulate(SeriesTrial{.model = model, .points = 200, .series = 50});
    EXPECT_EQ(rates.false_alarms.of, 10'000u);
    EXPECT_LE(rates.false_alarms.hits, model.resemblance > 0 ? 5u : 1u) << model.name;
  }
}

TEST(ChangeRates, StepsAreFound) {
  const auto found = [](const std::string& name, double effect) {
    return simulate(SeriesTrial{
                        .model = series_model(name), .points = 200, .effect = effect, .series = 50})
        .found.hits;
  };
  EXPECT_GE(found("outliers", 1.05), 45u);
  EXPECT_GE(found("outliers ±", 1.05), 45u);
  EXPECT_GE(found("outliers", 1.1), 49u);
  EXPECT_GE(found("outliers", 0.9), 49u);
  EXPECT_GE(found("AR(1) 0.4", 1.1), 47u);
}

// A test that calls everything would pass the one above, one that calls nothing the first.
TEST(ChangeRates, ALooserLevelWouldAlarm) {
  SeriesTrial trial{.model = series_model("normal"), .points = 200, .series = 50};
  trial.options.false_alarms_per_1000 = 20;
  trial.options.least_change = 0;
  EXPECT_GT(simulate(trial).false_alarms.hits, 10u);
}

TEST(ChangeRates, NightsAreCountedOnce) {
  SeriesTrial trial{.model = series_model("normal"), .points = 60, .nightly = true, .series = 3};
  EXPECT_EQ(simulate(trial).false_alarms.of, 180u);
  EXPECT_EQ(simulate(trial).false_alarms.hits, 0u);
}

TEST(DrawSeries, HasTheSpreadAndResemblanceItIsAskedFor) {
  for (const auto* name : {"normal", "AR(1) 0.4", "heavy tails"}) {
    Random random(3);
    const auto values = draw_series(series_model(name), 40'000, 40'000, 1, random);
    double squares = 0;
    double products = 0;
    for (std::size_t i = 1; i < values.size(); ++i) {
      squares += std::pow(std::log(values[i] / 100), 2);
      products += std::log(values[i] / 100) * std::log(values[i - 1] / 100);
    }
    EXPECT_NEAR(std::sqrt(squares / 40'000), 0.02, 0.0025) << name;
    EXPECT_NEAR(products / squares, name[0] == 'A' ? 0.4 : 0, 0.02) << name;
  }
}

}  // namespace
}  // namespace dyno::selftest
