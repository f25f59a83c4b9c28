// Synthetic noise of pairs of processes, for asking how often verdicts are wrong. It draws the
// ratios that an A/B would have measured; nothing here is a measurement, and nothing that it draws
// is ever shown as one.
#pragma once

#include <string>
#include <vector>

#include "dyno/core/random.h"

namespace dyno::selftest {

// What makes the time of a process what it is, besides its code. Shares are standard deviations of
// the log of the ratio of a pair, or chances.
struct NoiseModel {
  std::string name;
  std::string what;           // in words
  double pair_noise = 0.017;  // normal, independent between pairs
  double within_share = 0;    // part of that variance from the repetitions inside each process
  double heavy_tail = 0;      // chance of a pair whose noise is five times as large
  double window = 0;          // chance of a pair in a window, in which one side runs ±50 %
  double drift = 0;           // by which the machine becomes slower from the first pair to the last
};

// The models that the error rates are stated for, at this pair noise.
std::vector<NoiseModel> noise_models(double pair_noise);

// Ratios of `pairs` pairs in turn: a head that is `effect` times as slow as the base, base and head
// in random order within each pair. `first` is the place of the first in the campaign of `of` pairs
// that the drift goes over.
std::vector<double> draw_ratios(const NoiseModel& model, double effect, std::size_t first,
                                std::size_t pairs, std::size_t of, Random& random);

}  // namespace dyno::selftest
