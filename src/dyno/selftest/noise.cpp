#include "dyno/selftest/noise.h"

#include <cmath>
#include <numbers>

namespace dyno::selftest {

namespace {

constexpr int repetitions = 5;  // inside a process, where the noise within it is drawn

// Box and Muller, Annals of Mathematical Statistics 29, 1958.
double normal(Random& random) {
  const auto radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

// The log of what one process of a pair is slower by: each side has half of the variance.
double of_one_process(const NoiseModel& model, Random& random) {
  const auto spread = model.pair_noise / std::numbers::sqrt2;
  if (model.within_share <= 0) return spread * normal(random);
  const auto between = spread * std::sqrt(1 - model.within_share) * normal(random);
  double within = 0;
  for (int i = 0; i < repetitions; ++i) within += normal(random);
  return between + spread * std::sqrt(model.within_share / repetitions) * within;
}

}  // namespace

std::vector<NoiseModel> noise_models(double pair_noise) {
  return {
      {"normal", "normal noise between processes", pair_noise},
      {"within", "nine tenths of the variance inside each process", pair_noise, 0.9},
      {"heavy", "one pair in ten with five times the noise", pair_noise, 0, 0.1},
      {"windows", "one pair in twenty has a side that runs 50 % slower or faster", pair_noise, 0, 0,
       0.05},
      {"drift", "the machine becomes 20 % slower during the campaign", pair_noise, 0, 0, 0, 0.2},
  };
}

std::vector<double> draw_ratios(const NoiseModel& model, double effect, std::size_t first,
                                std::size_t pairs, std::size_t of, Random& random) {
  std::vector<double> ratios;
  ratios.reserve(pairs);
  // From one process to the next: two a pair, whichever comes second is that much slower.
  const auto step = std::log1p(model.drift) / static_cast<double>(2 * of);
  for (std::size_t i = first; i < first + pairs; ++i) {
    auto log_ratio = std::log(effect);
    auto noise = of_one_process(model, random) - of_one_process(model, random);
    if (random.uniform() < model.heavy_tail) noise *= 5;
    log_ratio += noise;
    const bool head_comes_second = random.uniform() < 0.5;
    log_ratio += head_comes_second ? step : -step;
    if (random.uniform() < model.window) {
      const auto change = std::log(random.uniform() < 0.5 ? 1.5 : 0.5);
      log_ratio += random.uniform() < 0.5 ? change : -change;
    }
    ratios.push_back(std::exp(log_ratio));
  }
  return ratios;
}

}  // namespace dyno::selftest
