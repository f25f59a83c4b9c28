// Where a series of measurements changed its level, and by how much: one value a run, in the order
// of the runs. Made for series with outliers and with runs that resemble the run before; it knows
// nothing of where the values come from.
//
// How (docs/method.md says it without formulas):
//  1. Stretches of many lengths and places ("seeded" intervals: S. Kovács, P. Bühlmann, H. Li and
//     A. Munk, Biometrika 110, 2023) are each split where the rank sum of the one side is the most
//     unlikely (A. N. Pettitt, Applied Statistics 28, 1979), see rank_test.h.
//  2. The most unlikely split is a change; stretches across it are dropped; and so on (binary
//     segmentation: A. Scott and M. Knott, Biometrics 30, 1974).
//  3. Each change is put where the values around it are best explained by the two levels, outliers
//     counting the same on either side (P. J. Huber, Annals of Mathematical Statistics 35, 1964),
//     and asked again between its neighbours; what does not hold, or is too small to matter, goes.
//  4. What remains of the values, less their levels, tells how much a run resembles the run before:
//     the long-run variance of its ranks over their variance (W. K. Newey and K. D. West,
//     Econometrica 55, 1987; or that of a first-order process where it is larger). Deviations
//     are divided by its root and steps 2 to 4 done again, until nothing changes.
//
// The level of a split is the same for every length of series, so that false alarms are a rate per
// point, not per series; the number of splits looked at is accounted for by simulation of series in
// random order (decision 021).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dyno::history {

struct ChangeOptions {
  double false_alarms_per_1000 = 0.05;  // aimed at, in values in random order
  double least_change = 0.01;           // share of the level before; smaller ones are none
  std::size_t least_points = 5;         // that a level lasts: fewer are a disturbance
};

struct ChangePoint {
  std::size_t at = 0;  // position in the series of the first value after the change
  double before = 0;   // medians from the change before and up to the next
  double after = 0;
  std::optional<double> change;  // after / before - 1; nothing unless both are above 0
  double p = 1;                  // of anything so unlikely anywhere in the series, from noise alone
};

struct Analysis {
  std::vector<ChangePoint> changes;  // in the order of the series
  std::size_t points = 0;            // that count: missing ones do not
  std::size_t missing = 0;           // NaN and infinite ones
  std::optional<double> noise;       // standard deviation about the levels by their median absolute
                                     // deviation, as a share of the level; needs values above 0
  double resemblance = 0;            // of a run to the one before: autocorrelation of the ranks
  // How many points after a change it takes at least to tell it, in a series of this length; those
  // after the last change and fewer than these say nothing yet. Nothing: no change could be told.
  std::optional<std::size_t> points_needed;
  std::string cannot;  // one line, where nothing could be told whatever the values
};

// Missing values (NaN, infinite) are skipped. Any thread; time is O(n log² n): 10 000 points take
// some 0.1 s.
Analysis find_changes(std::span<const double> values, const ChangeOptions& options = {});

// The p of a single split at which it counts as a change in a series of so many points.
double split_level(std::size_t points, const ChangeOptions& options);

// The fewest points that can show a change at all.
std::size_t fewest_points(const ChangeOptions& options);

}  // namespace dyno::history
