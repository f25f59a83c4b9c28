// What was concluded from pairs, as a reader is told it; what is concluded is in paired.cpp.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/compare/paired.h"
#include "dyno/core/text.h"

namespace dyno::compare {

using record::Change;
using record::ComparedFigure;

namespace {

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
  // Shown is head / base; what was tested is above 1 where the head is worse.
  const double sign = figure.more_is_better ? -1 : 1;
  result.more_is_better = figure.more_is_better;
  result.ratio = std::exp(sign * test.shift.estimate);
  if (test.shift.interval) {
    const auto one = std::exp(sign * test.shift.interval->first);
    const auto other = std::exp(sign * test.shift.interval->second);
    result.low = std::min(one, other);
    result.high = std::max(one, other);
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

}  // namespace dyno::compare
