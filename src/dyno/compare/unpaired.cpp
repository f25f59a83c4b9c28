#include "dyno/compare/unpaired.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/compare/statistics.h"
#include "dyno/core/text.h"
#include "dyno/record/figures.h"

namespace dyno::compare {

using record::Change;
using record::ComparedFigure;
using record::value_to_string;

namespace {

bool more_is_better(const Pending& pending) { return pending.figure.more_is_better; }

bool all_positive(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value > 0; });
}

std::vector<double> log_values(std::vector<double> values) {
  for (auto& value : values) value = std::log(value);
  return values;
}

bool is_zero(const Group& group) {
  return std::all_of(group.measured.begin(), group.measured.end(),
                     [](const Measured* one) { return one->value == 0; });
}

bool is_whole(double value) {
  return std::abs(value - std::round(value)) <= 1e-9 * std::max(1.0, std::abs(value));
}

bool is_one_number(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return is_whole(*low) && *low == *high;
}

bool varies(const Group& group) {
  return std::any_of(group.measured.begin(), group.measured.end(),
                     [](const Measured* one) { return one->varies; });
}

// Scheduling may decide how much a program with threads allocates. So what is counted is only taken
// for the code's doing where the base was seen to count it again.
std::string why_not_exact(const Pending& pending) {
  if (!pending.base.measured.front()->counted) return "";
  if (varies(pending.base) || varies(pending.head)) {
    return fmt::format(
        "counted, but not the same every time in the {}: threads and their scheduling may decide "
        "it, so it is not compared exactly",
        varies(pending.base) ? "base" : "head");
  }
  std::uint64_t seen = 0;
  for (const auto* one : pending.base.measured) seen += one->seen;
  if (seen > 1) return "";
  return "counted only once in the base, so whether it is the same every time is not known: give "
         "the base repetitions or several processes";
}

// The outermost of what the processes say of their own middle; nothing if one does not say.
std::optional<std::pair<double, double>> band_of(const Group& group) {
  std::optional<std::pair<double, double>> all;
  for (const auto* one : group.measured) {
    if (!one->band) return {};
    if (!all) all = one->band;
    all->first = std::min(all->first, one->band->first);
    all->second = std::max(all->second, one->band->second);
  }
  return all;
}

bool is_gross(const Pending& pending, const Options& options) {
  const auto before = band_of(pending.base);
  const auto after = band_of(pending.head);
  const auto& figure = pending.figure;
  if (!before || !after || !figure.ratio || more_is_better(pending)) return false;
  if (std::abs(*figure.head - *figure.base) < pending.base.measured.front()->least_difference) {
    return false;
  }
  if (*figure.ratio >= options.gross_ratio) return after->first > before->second;
  if (*figure.ratio <= 1 / options.gross_ratio) return after->second < before->first;
  return false;
}

std::string measured_text(const ComparedFigure& figure) {
  const auto text = fmt::format("{} to {}", value_to_string(*figure.base, figure.unit),
                                value_to_string(*figure.head, figure.unit));
  return figure.ratio ? fmt::format("{}, {:.3g} times", text, *figure.ratio) : text;
}

std::string interval_text(const ComparedFigure& figure) {
  if (!figure.low) return "";
  return fmt::format(" (95 % interval {:.3g} to {:.3g})", *figure.low, *figure.high);
}

void conclude(ComparedFigure& figure, Change change, const std::string& reason) {
  figure.change = change;
  figure.message =
      fmt::format("{} {} {}: {}{}; {}", figure.subject, figure.figure, to_string(change),
                  measured_text(figure), interval_text(figure), reason);
}

std::string why_unproven(const Pending& pending, const Options& options, std::size_t tests) {
  const auto& figure = pending.figure;
  const auto needed = options.family_level / static_cast<double>(tests);
  std::size_t runs = 2;
  while (smallest_p(runs, runs) > needed) ++runs;
  if (figure.base_runs == 1 && figure.head_runs == 1) {
    return fmt::format(
        "one process a side proves no ordinary difference: give several of each, at least {}",
        runs);
  }
  if (smallest_p(figure.base_runs, figure.head_runs) > needed) {
    return fmt::format("too few processes to prove anything here: give {} of each", runs);
  }
  const bool shows = figure.low && (*figure.low > 1 || *figure.high < 1);
  const std::string advice =
      shows ? fmt::format(
                  "a difference shows, but is not proven at the level that {} ask for: "
                  "more processes would settle it",
                  counted(tests, "figure"))
            : "the difference is within the noise: more processes would narrow the interval";
  if (!figure.detectable) return advice;
  return fmt::format("{}; {} and {} processes would show {:+.1f} % or more", advice,
                     figure.base_runs, figure.head_runs, (*figure.detectable - 1) * 100);
}

bool is_equivalent(const ComparedFigure& figure, const Options& options) {
  if (!figure.low) return false;
  return *figure.high<1 + options.sensitivity&& * figure.low> 1 / (1 + options.sensitivity);
}

}  // namespace

std::vector<double> Group::values() const {
  std::vector<double> values;
  for (const auto* one : measured) values.push_back(one->value);
  return values;
}

bool is_exact(const Pending& pending) {
  return pending.base.measured.front()->counted && is_one_number(pending.base.values()) &&
         is_one_number(pending.head.values()) && why_not_exact(pending).empty();
}

void decide_counted(Pending& pending) {
  auto& figure = pending.figure;
  figure.base = pending.base.measured.front()->value;
  figure.head = pending.head.measured.front()->value;
  if (*figure.base > 0 && *figure.head > 0) figure.ratio = *figure.head / *figure.base;
  if (*figure.base == *figure.head) {
    return conclude(figure, Change::equivalent, "counted, and the same");
  }
  const bool worse = (*figure.head > *figure.base) != more_is_better(pending);
  conclude(figure, worse ? Change::regressed : Change::improved,
           "counted, the same in every process: one is enough");
}

void measure(Pending& pending, const Options& options) {
  auto& figure = pending.figure;
  auto x = pending.base.values();
  auto y = pending.head.values();
  figure.base = median(x);
  figure.head = median(y);
  const bool ratios = all_positive(x) && all_positive(y);
  const auto margin = ratios ? std::log1p(options.margin) : 0.0;
  if (ratios) {
    x = log_values(std::move(x));
    y = log_values(std::move(y));
    figure.ratio = std::exp(shift(x, y));
    if (const auto interval = shift_interval(x, y)) {
      figure.low = std::exp(interval->first);
      figure.high = std::exp(interval->second);
    }
  }
  if (more_is_better(pending)) std::swap(x, y);
  pending.p_worse = p_above(x, y, margin);
  pending.p_better = p_above(y, x, margin);
}

void decide(Pending& pending, const Options& options, std::size_t tests) {
  auto& figure = pending.figure;
  if (figure.ratio) {
    const auto effect = detectable_shift(
        log_values(pending.base.values()), log_values(pending.head.values()),
        std::log1p(options.margin), options.family_level / static_cast<double>(tests));
    if (effect) figure.detectable = std::exp(*effect);
  }
  if (pending.p_worse <= options.family_level) {
    figure.p = pending.p_worse;
    return conclude(figure, Change::regressed, fmt::format("p {:.2g} after correction", *figure.p));
  }
  if (pending.p_better <= options.family_level) {
    figure.p = pending.p_better;
    return conclude(figure, Change::improved, fmt::format("p {:.2g} after correction", *figure.p));
  }
  if (is_gross(pending, options)) {
    return conclude(figure, *figure.ratio > 1 ? Change::regressed : Change::improved,
                    "far more than the noise between processes");
  }
  if (is_equivalent(figure, options)) {
    return conclude(figure, Change::equivalent,
                    fmt::format("no change beyond {:.0f} %", options.sensitivity * 100));
  }
  if (is_zero(pending.base) && is_zero(pending.head)) {
    return conclude(figure, Change::equivalent, "none on either side");
  }
  const auto varying = why_not_exact(pending);
  conclude(figure, Change::inconclusive,
           varying.empty() ? why_unproven(pending, options, tests) : varying);
}

}  // namespace dyno::compare
