// How often change points are seen where there are none, and how often those that are there are
// found: simulated series analysed by the very code that analyses measured ones (history/).
// Nothing here is a measurement, and nothing that it draws is ever shown as one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dyno/core/random.h"
#include "dyno/history/change_points.h"
#include "dyno/selftest/verdict_rates.h"

namespace dyno::selftest {

// What a series is made of besides its level. Shares are of the level, or chances.
struct SeriesModel {
  std::string name;
  std::string what;           // in words
  double noise = 0.02;        // standard deviation of the log
  double resemblance = 0;     // first-order autocorrelation of that noise
  double outliers = 0;        // chance that a point is disturbed
  bool either_way = false;    // disturbed by ±50 %; otherwise 10 to 100 % above
  bool heavy_tail = false;    // Student's t with three degrees of freedom, not normal
  double quantum = 0;         // values are rounded to this share of the level
  double missing = 0;         // chance that a point is not there
  double drift_per_1000 = 0;  // growth in a thousand points
};

// The models that the rates are stated for, at this noise.
std::vector<SeriesModel> series_models(double noise);

// `points` values about 100; from the position `step_at` on times `effect`.
std::vector<double> draw_series(const SeriesModel& model, std::size_t points, std::size_t step_at,
                                double effect, Random& random);

struct SeriesTrial {
  SeriesModel model;
  std::size_t points = 1000;
  std::size_t after = 20;  // points after the change
  double effect = 1;       // 1: no change
  bool nightly = false;    // analysed anew after each point, as a nightly job does
  std::uint64_t series = 100;
  std::uint64_t seed = 1;
  history::ChangeOptions options{};
};

struct SeriesRates {
  // Of unchanged series: changes per point. Nightly: per point, how often a change comes to be seen
  // where none was the night before.
  Share false_alarms;
  Share found;  // changed series with the change seen within three points, in its direction
  Share extra;  // changed series in which another change was seen besides
};

// Deterministic for a trial. Any thread.
SeriesRates simulate(const SeriesTrial& trial);

}  // namespace dyno::selftest
