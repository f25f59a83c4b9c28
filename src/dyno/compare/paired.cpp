#include "dyno/compare/paired.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "dyno/compare/signed_rank.h"
#include "dyno/compare/statistics.h"
#include "dyno/metrics/order_statistics.h"

namespace dyno::compare {

using record::Change;

namespace {

constexpr double wanted_power = 0.95;

std::vector<double> logs_of(const std::vector<double>& ratios) {
  std::vector<double> logs;
  logs.reserve(ratios.size());
  for (const auto ratio : ratios) logs.push_back(std::log(ratio));
  return logs;
}

std::vector<double> negated(std::vector<double> values) {
  for (auto& value : values) value = -value;
  return values;
}

double noise_of_logs(std::vector<double> logs) {
  if (logs.size() < 2) return 0;
  constexpr double normal_consistency = 1.4826;
  const auto middle = median(logs);
  for (auto& value : logs) value = std::abs(value - middle);
  return normal_consistency * median(std::move(logs));
}

bool within(const PairedShift& shift, double sensitivity) {
  const auto bound = std::log1p(sensitivity);
  return shift.interval && shift.interval->second < bound && shift.interval->first > -bound;
}

}  // namespace

bool needs_more(const std::vector<double>& ratios, const PairedOptions& options) {
  const auto logs = logs_of(ratios);
  if (logs.empty() || !within(paired_shift(logs), options.sensitivity)) return true;
  return std::min(signed_rank_p(logs, 0, options.highest_rank),
                  signed_rank_p(negated(logs), 0, options.highest_rank)) < options.suspicious;
}

PairedTest test_pairs(const std::vector<double>& ratios, const PairedOptions& options) {
  const auto margin = std::log1p(options.margin);
  const auto logs = logs_of(ratios);
  PairedTest test;
  test.pairs = logs.size();
  if (logs.empty()) return test;
  test.slower = signed_rank_p(logs, margin, options.highest_rank);
  test.faster = signed_rank_p(negated(logs), margin, options.highest_rank);
  test.shift = paired_shift(logs);
  return test;
}

std::vector<PairedVerdict> conclude(const std::vector<PairedTest>& tests,
                                    const PairedOptions& options) {
  std::vector<double> slower;
  std::vector<double> faster;
  for (const auto& test : tests) {
    slower.push_back(test.slower);
    faster.push_back(test.faster);
  }
  slower = holm(slower);
  faster = holm(faster);
  std::vector<PairedVerdict> verdicts(tests.size());
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (tests[i].pairs == 0) continue;
    if (slower[i] <= options.family_level) {
      verdicts[i] = {Change::regressed, slower[i]};
    } else if (faster[i] <= options.family_level) {
      verdicts[i] = {Change::improved, faster[i]};
    } else if (within(tests[i].shift, options.sensitivity)) {
      verdicts[i].change = Change::equivalent;
    } else {
      verdicts[i].change = Change::inconclusive;
    }
  }
  return verdicts;
}

double pair_noise(const std::vector<double>& ratios) { return noise_of_logs(logs_of(ratios)); }

double detectable(double noise, std::size_t pairs, std::size_t tests,
                  const PairedOptions& options) {
  const auto level = options.family_level / static_cast<double>(std::max<std::size_t>(tests, 1));
  if (pairs == 0 || smallest_signed_rank_p(pairs) > level) {
    return std::numeric_limits<double>::infinity();
  }
  const auto standard_error = noise * std::sqrt(std::numbers::pi / 3 / static_cast<double>(pairs));
  const auto quantiles =
      metrics::normal_quantile(1 - level) + metrics::normal_quantile(wanted_power);
  return std::exp(std::log1p(options.margin) + quantiles * standard_error);
}

}  // namespace dyno::compare
