// How often the verdicts on pairs are wrong, and how often they see what is there: simulated suites
// decided by the very code that decides measured ones (compare/paired.h).
#pragma once

#include <cstdint>
#include <vector>

#include "dyno/compare/paired.h"
#include "dyno/selftest/noise.h"

namespace dyno::selftest {

struct Trial {
  NoiseModel noise;
  std::size_t benchmarks = 20;  // in a suite
  // Of the first benchmark's head, one after the other, beside others that have not changed.
  std::vector<double> effects{};
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
  Share false_alarms;        // suites in which an unchanged benchmark was called regressed
  std::vector<Share> found;  // of each effect: suites in which the changed one was called regressed
  Share undecided;           // unchanged benchmarks called inconclusive
  double mean_pairs = 0;     // of an unchanged benchmark
};

// Deterministic for a trial. Any thread. Some 10 µs a benchmark of a suite, and as much an effect.
Rates simulate(const Trial& trial);

}  // namespace dyno::selftest
