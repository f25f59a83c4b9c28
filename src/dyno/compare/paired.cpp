#include "dyno/compare/paired.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "dyno/compare/signed_rank.h"
#include "dyno/compare/statistics.h"
#include "dyno/core/text.h"
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

std::string why_unproven(const PairedFigure& figure, std::size_t tests,
                         const PairedOptions& options) {
  const auto pairs = figure.ratios.size();
  const auto noise = pair_noise(figure.ratios);
  const auto effect = detectable(noise, pairs, tests, options);
  if (!std::isfinite(effect)) {
    std::size_t needed = pairs;
    const auto level = options.family_level / static_cast<double>(tests);
    while (smallest_signed_rank_p(needed) > level) ++needed;
    return fmt::format("too few pairs to prove anything: give at least {}", needed);
  }
  return fmt::format(
      "pair noise {:.1f} %: {} would show {} or more; end other programs, make the benchmark "
      "longer or give more pairs",
      noise * 100, counted(pairs, "pair"), percent(effect));
}

ComparedFigure describe(const PairedFigure& figure, const PairedTest& test) {
  ComparedFigure result;
  result.subject = figure.subject;
  result.figure = figure.figure;
  result.base_runs = result.head_runs = static_cast<std::uint32_t>(test.pairs);
  if (test.pairs == 0) {
    result.change = Change::errored;
    result.message = fmt::format("{} {} errored: no pair gave a figure for both sides",
                                 figure.subject, figure.figure);
    return result;
  }
  result.ratio = std::exp(test.shift.estimate);
  if (test.shift.interval) {
    result.low = std::exp(test.shift.interval->first);
    result.high = std::exp(test.shift.interval->second);
  }
  return result;
}

void explain(ComparedFigure& figure, Change change, const std::string& reason) {
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

std::vector<ComparedFigure> decide(const std::vector<PairedFigure>& figures,
                                   const PairedOptions& options) {
  std::vector<PairedTest> tests;
  for (const auto& figure : figures) tests.push_back(test_pairs(figure.ratios, options));
  const auto verdicts = conclude(tests, options);
  std::vector<ComparedFigure> described;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    auto figure = describe(figures[i], tests[i]);
    const auto [change, p] = verdicts[i];
    if (change == Change::regressed || change == Change::improved) {
      figure.p = p;
      explain(figure, change, fmt::format("p {:.2g} after correction", p));
    } else if (change == Change::equivalent) {
      explain(figure, change, fmt::format("no change beyond {:.0f} %", options.sensitivity * 100));
    } else if (change == Change::inconclusive) {
      explain(figure, change, why_unproven(figures[i], figures.size(), options));
    }
    described.push_back(std::move(figure));
  }
  return described;
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
