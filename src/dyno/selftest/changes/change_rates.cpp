#include "dyno/selftest/changes/change_rates.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace dyno::selftest {

namespace {

constexpr std::size_t near_enough = 3;
constexpr double level = 100;

// Box and Muller, Annals of Mathematical Statistics 29, 1958.
double standard_normal(Random& random) {
  const auto radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

// Of three degrees of freedom, scaled to a standard deviation of 1.
double student(Random& random) {
  double squares = 0;
  for (int i = 0; i < 3; ++i) squares += std::pow(standard_normal(random), 2);
  return standard_normal(random) / std::sqrt(squares);
}

double disturbance(const SeriesModel& model, Random& random) {
  if (random.uniform() >= model.outliers) return 1;
  if (model.either_way) return random.uniform() < 0.5 ? 1.5 : 0.5;
  return random.uniform(1.1, 2.0);
}

bool is_near(std::size_t a, std::size_t b) { return (a > b ? a - b : b - a) <= near_enough; }

void count_changed(const SeriesTrial& trial, std::span<const double> values, SeriesRates& rates) {
  const auto step_at = trial.points - trial.after;
  std::size_t others = 0;
  bool found = false;
  for (const auto& change : history::find_changes(values, trial.options).changes) {
    const bool right =
        is_near(change.at, step_at) && (change.after > change.before) == (trial.effect > 1);
    found = found || right;
    others += right ? 0 : 1;
  }
  rates.found.hits += found ? 1 : 0;
  rates.extra.hits += others > 0 ? 1 : 0;
  ++rates.found.of;
  ++rates.extra.of;
}

void count_nights(const SeriesTrial& trial, std::span<const double> values, SeriesRates& rates) {
  std::vector<std::size_t> known;
  for (std::size_t night = 1; night <= values.size(); ++night) {
    std::vector<std::size_t> seen;
    for (const auto& change : history::find_changes(values.first(night), trial.options).changes) {
      seen.push_back(change.at);
      bool new_one = true;
      for (const auto at : known) new_one = new_one && !is_near(at, change.at);
      rates.false_alarms.hits += new_one ? 1 : 0;
    }
    for (const auto at : seen) known.push_back(at);
  }
}

}  // namespace

std::vector<SeriesModel> series_models(double noise) {
  SeriesModel normal{
      .name = "normal", .what = "normal noise, each point by itself", .noise = noise};
  auto outliers = normal;
  outliers.name = "outliers";
  outliers.what = "besides, one point in twenty 10 to 100 % above";
  outliers.outliers = 0.05;
  auto both = outliers;
  both.name = "outliers ±";
  both.what = "one point in twenty 50 % above or below";
  both.either_way = true;
  auto resembling = normal;
  resembling.name = "AR(1) 0.4";
  resembling.what = "each point resembles the one before: first-order autocorrelation of 0.4";
  resembling.resemblance = 0.4;
  auto resembling_outliers = resembling;
  resembling_outliers.name = "AR(1) + outliers";
  resembling_outliers.what = "likewise, and one point in twenty 10 to 100 % above";
  resembling_outliers.outliers = 0.05;
  auto heavy = normal;
  heavy.name = "heavy tails";
  heavy.what = "Student's t with three degrees of freedom in place of the normal distribution";
  heavy.heavy_tail = true;
  auto coarse = outliers;
  coarse.name = "coarse";
  coarse.what = "as outliers, rounded to 1 % of the level, so that most values are equal to others";
  coarse.quantum = 0.01;
  auto gaps = outliers;
  gaps.name = "gaps";
  gaps.what = "as outliers, one point in ten missing";
  gaps.missing = 0.1;
  return {normal, outliers, both, resembling, resembling_outliers, heavy, coarse, gaps};
}

std::vector<double> draw_series(const SeriesModel& model, std::size_t points, std::size_t step_at,
                                double effect, Random& random) {
  std::vector<double> values;
  values.reserve(points);
  const auto fresh = std::sqrt(1 - model.resemblance * model.resemblance);
  auto state = standard_normal(random);
  for (std::size_t i = 0; i < points; ++i) {
    const auto draw = model.heavy_tail ? student(random) : standard_normal(random);
    state = model.resemblance * state + fresh * draw;
    auto value = level * std::exp(model.noise * state) * disturbance(model, random);
    value *= std::pow(1 + model.drift_per_1000, static_cast<double>(i) / 1000);
    if (i >= step_at) value *= effect;
    if (model.quantum > 0) {
      const auto unit = model.quantum * level;
      value = std::round(value / unit) * unit;
    }
    const bool gone = random.uniform() < model.missing;
    values.push_back(gone ? std::numeric_limits<double>::quiet_NaN() : value);
  }
  return values;
}

SeriesRates simulate(const SeriesTrial& trial) {
  SeriesRates rates;
  const bool changed = trial.effect != 1;
  for (std::uint64_t i = 0; i < trial.series; ++i) {
    Random random(derived_seed(trial.seed, i));
    const auto step_at = changed ? trial.points - trial.after : trial.points;
    const auto values = draw_series(trial.model, trial.points, step_at, trial.effect, random);
    if (changed) {
      count_changed(trial, values, rates);
      continue;
    }
    rates.false_alarms.of += trial.points;
    if (trial.nightly) {
      count_nights(trial, values, rates);
    } else {
      rates.false_alarms.hits += history::find_changes(values, trial.options).changes.size();
    }
  }
  return rates;
}

}  // namespace dyno::selftest
