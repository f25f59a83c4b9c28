// How often the verdicts on pairs are wrong, and how often they see what is there: simulated suites
// decided by the very code that decides measured ones (compare/paired.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "dyno/compare/paired.h"
#include "dyno/selftest/noise.h"

namespace dyno::selftest {

struct Trial {
  NoiseModel noise;
  std::size_t benchmarks = 20;  // in a suite
  double effect = 1;            // of the first benchmark's head; the others are unchanged
  std::uint64_t suites = 1000;
  std::uint64_t seed = 1;
  compare::PairedOptions options{};
};

// A share with the interval that the count behind it allows (Clopper and Pearson, Biometrika 26,
// 1934; 95 %).
struct Share {
  std::uint64_t hits = 0;
  std::uint64_t of = 0;
  double value() const { return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of); }
  double low() const;
  double high() const;
};

struct Rates {
  Share false_alarms;     // suites in which an unchanged benchmark was called regressed
  Share found;            // suites in which the changed one was called regressed
  Share undecided;        // unchanged benchmarks called inconclusive
  double mean_pairs = 0;  // of a benchmark
};

// Deterministic for a trial. Any thread.
Rates simulate(const Trial& trial);

}  // namespace dyno::selftest
