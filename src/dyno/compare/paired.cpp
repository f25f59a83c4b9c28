#include "dyno/compare/paired.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "dyno/compare/signed_rank.h"
#include "dyno/compare/statistics.h"
#include "dyno/metrics/order_statistics.h"

namespace dyno::compare {

using record::Change;
using record::ComparedFigure;

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

std::string percent(double ratio) { return fmt::format("{:+.1f} %", (ratio - 1) * 100); }

struct Tested {
  std::vector<double> logs;
  PairedShift shift;
};

std::string why_unproven(const Tested& tested, std::size_t tests, const PairedOptions& options) {
  const auto noise = noise_of_logs(tested.logs);
  const auto effect = detectable(noise, tested.logs.size(), tests, options);
  if (!std::isfinite(effect)) {
    std::size_t needed = tested.logs.size();
    const auto level = options.family_level / static_cast<double>(tests);
    while (smallest_signed_rank_p(needed) > level) ++needed;
    return fmt::format("too few pairs to prove anything: give at least {}", needed);
  }
  return fmt::format(
      "pair noise {:.1f} %: {} pairs would show {} or more; end other programs, make the benchmark "
      "longer or give more pairs",
      noise * 100, tested.logs.size(), percent(effect));
}

ComparedFigure describe(const PairedFigure& figure, const Tested& tested) {
  ComparedFigure result;
  result.subject = figure.subject;
  result.figure = figure.figure;
  result.base_runs = result.head_runs = static_cast<std::uint32_t>(figure.ratios.size());
  if (figure.ratios.empty()) {
    result.change = Change::errored;
    result.message = fmt::format("{} {} errored: no pair gave a figure for both sides",
                                 figure.subject, figure.figure);
    return result;
  }
  result.ratio = std::exp(tested.shift.estimate);
  if (tested.shift.interval) {
    result.low = std::exp(tested.shift.interval->first);
    result.high = std::exp(tested.shift.interval->second);
  }
  return result;
}

void conclude_pair(ComparedFigure& figure, Change change, const std::string& reason) {
  figure.change = change;
  const auto interval =
      figure.low ? fmt::format(" ({} to {})", percent(*figure.low), percent(*figure.high)) : "";
  figure.message = fmt::format("{} {} {}: {}{}; {}", figure.subject, figure.figure,
                               to_string(change), percent(*figure.ratio), interval, reason);
}

}  // namespace

bool needs_more(const std::vector<double>& ratios, const PairedOptions& options) {
  const auto logs = logs_of(ratios);
  if (logs.empty() || !within(paired_shift(logs), options.sensitivity)) return true;
  return std::min(signed_rank_p(logs, 0, options.highest_rank),
                  signed_rank_p(negated(logs), 0, options.highest_rank)) < options.suspicious;
}

std::vector<ComparedFigure> decide(const std::vector<PairedFigure>& figures,
                                   const PairedOptions& options) {
  std::vector<Tested> tested;
  std::vector<double> slower;
  std::vector<double> faster;
  const auto margin = std::log1p(options.margin);
  for (const auto& figure : figures) {
    auto logs = logs_of(figure.ratios);
    slower.push_back(signed_rank_p(logs, margin, options.highest_rank));
    faster.push_back(signed_rank_p(negated(logs), margin, options.highest_rank));
    const auto shift = logs.empty() ? PairedShift{} : paired_shift(logs);
    tested.push_back({std::move(logs), shift});
  }
  slower = holm(slower);
  faster = holm(faster);
  std::vector<ComparedFigure> verdicts;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    auto verdict = describe(figures[i], tested[i]);
    if (!figures[i].ratios.empty()) {
      if (slower[i] <= options.family_level || faster[i] <= options.family_level) {
        const bool worse = slower[i] <= options.family_level;
        verdict.p = worse ? slower[i] : faster[i];
        conclude_pair(verdict, worse ? Change::regressed : Change::improved,
                      fmt::format("p {:.2g} after correction", *verdict.p));
      } else if (within(tested[i].shift, options.sensitivity)) {
        conclude_pair(verdict, Change::equivalent,
                      fmt::format("no change beyond {:.0f} %", options.sensitivity * 100));
      } else {
        conclude_pair(verdict, Change::inconclusive,
                      why_unproven(tested[i], figures.size(), options));
      }
    }
    verdicts.push_back(std::move(verdict));
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
