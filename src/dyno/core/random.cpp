#include "dyno/core/random.h"

#include <bit>
#include <cmath>

namespace dyno {

namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  auto z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) word = split_mix(seed);
}

std::uint64_t Random::next() {
  const auto result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const auto shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::uint64_t Random::below(std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  auto product = Wide{next()} * bound;
  auto low = static_cast<std::uint64_t>(product);
  if (low < bound) {
    const auto threshold = -bound % bound;
    while (low < threshold) {
      product = Wide{next()} * bound;
      low = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

Duration Random::exponential(Duration mean) {
  const auto gap = -std::log1p(-uniform()) * static_cast<double>(mean.count());
  return Duration{static_cast<Duration::rep>(std::llround(gap))};
}

std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t index) {
  auto state = seed ^ (index * 0xd1342543de82ef95);
  return split_mix(state);
}

}  // namespace dyno
