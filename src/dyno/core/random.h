// The engine's random numbers: xoshiro256++ (Blackman and Vigna, 2019, https://prng.di.unimi.it),
// seeded through SplitMix64. Deterministic for a seed on every platform; not for cryptography.
// One instance belongs to one thread.
#pragma once

#include <cstdint>

#include "dyno/core/clock.h"

namespace dyno {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();

  // Uniform in [0, 1), 53 bits.
  double uniform();

  // Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  // Uniform in [0, bound), unbiased (Lemire, 2019); bound must be above 0.
  std::uint64_t below(std::uint64_t bound);

  // Exponential with the given mean: the gap between two arrivals of a Poisson process.
  Duration exponential(Duration mean);

 private:
  std::uint64_t state_[4];
};

// A further seed for stream `index` of `seed`, so that users and threads draw independently.
std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t index);

}  // namespace dyno
