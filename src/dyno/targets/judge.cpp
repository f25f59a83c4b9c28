#include "dyno/targets/judge.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/metrics/order_statistics.h"
#include "dyno/record/figures.h"
#include "dyno/targets/evidence.h"
#include "dyno/targets/silence.h"

namespace dyno::targets {

using record::Figure;
using record::FigureState;
using record::RunRecord;
using record::Verdict;
using record::VerdictKind;

namespace {

record::FigureQuery query_of(const Target& target) {
  return {target.figure, target.endpoint, target.window, target.outcome, target.endpoints};
}

// A growth or a drift is an estimate over little: while its interval still holds the limit, a miss
// is not proven.
bool is_unproven(const Target& target, const Figure& figure, double limit) {
  const bool is_slope = target.figure.ends_with(".growth_per_minute") ||
                        target.figure.ends_with(".growth") || target.figure.starts_with("drift.");
  return is_slope && figure.interval &&
         (holds(figure.interval->first, target.relation, limit) ||
          holds(figure.interval->second, target.relation, limit));
}

VerdictKind kind_of(const Target& target, const Figure& figure, double limit) {
  if (holds(figure.value, target.relation, limit)) return VerdictKind::pass;
  if (target.acceptable && holds(figure.value, target.relation, *target.acceptable)) {
    return VerdictKind::warn;
  }
  return is_unproven(target, figure, limit) ? VerdictKind::warn : VerdictKind::fail;
}

Verdict empty_verdict(const TargetSet& set, const Target& target) {
  Verdict verdict;
  verdict.target =
      set.name.empty() ? to_string(target) : fmt::format("{}: {}", set.name, to_string(target));
  verdict.endpoint = endpoints_to_string(target);
  verdict.figure = target.figure;
  verdict.unit = record::unit_of(target.figure);
  return verdict;
}

Verdict with(Verdict verdict, VerdictKind kind, std::string message) {
  verdict.kind = kind;
  verdict.message = std::move(message);
  return verdict;
}

// The limit, or the figure that stands for it.
Figure limit_of(const RunRecord& record, const Target& target) {
  if (!target.limit_figure.empty()) {
    auto query = query_of(target);
    query.figure = target.limit_figure;
    return record::figure(record, query);
  }
  Figure limit;
  limit.state = FigureState::known;
  limit.value = target.limit;
  return limit;
}

// Of a figure that is known and has samples enough.
Verdict judge_known(const RunRecord& record, const Target& target, const Figure& figure,
                    double limit, Verdict verdict) {
  if (figure.at_least && holds(figure.value, target.relation, limit)) {
    return with(std::move(verdict), VerdictKind::no_data,
                fmt::format("{}: not judged: it is {} at least, and was not over by the end of the "
                            "run ({}): run it longer",
                            to_string(target), record::value_to_string(figure.value, figure.unit),
                            figure.why));
  }
  const auto kind = kind_of(target, figure, limit);
  if (kind != VerdictKind::fail && record.completion != record::Completion::complete) {
    return with(std::move(verdict), VerdictKind::invalid,
                fmt::format("{}; but the run ended before its plan did, so it passes nothing: run "
                            "it to its end",
                            evidence(record, target, figure, limit, kind)));
  }
  return with(std::move(verdict), kind, evidence(record, target, figure, limit, kind));
}

// A percentile on too few samples to pass may still be proven to miss its limit: were it within, a
// sample would lie beyond with a probability of 1 - p at most, and so many of them would be a
// chance of less than one in a thousand. How many lie beyond, when that is so.
std::optional<std::uint64_t> proven_miss(const RunRecord& record, const Target& target,
                                         double limit) {
  constexpr double chance = 0.001;
  const auto percentile = record::percentile_of(target.figure);
  const bool wants_less =
      target.relation == Relation::below || target.relation == Relation::at_most;
  if (!percentile || *percentile >= 100 || !wants_less) return {};
  const auto latency = target.figure.substr(0, target.figure.find('.'));
  const auto samples = record::latency_histogram(record, latency, query_of(target));
  // The histogram tells values apart by a thousandth; what may be on either side counts as within.
  const Duration beyond{std::llround(target.acceptable.value_or(limit) * 1.001) + 1};
  const auto missed = samples.count_between(beyond, Duration::max());
  const auto p_value = metrics::binomial_upper_tail(missed, samples.count(), 1 - *percentile / 100);
  if (missed == 0 || p_value >= chance) return {};
  return missed;
}

Verdict judge_on_few(const RunRecord& record, const Target& target, const Figure& figure,
                     double limit, Verdict verdict) {
  const auto missed = proven_miss(record, target, limit);
  if (!missed) {
    return with(std::move(verdict), VerdictKind::no_data, too_few(target, figure));
  }
  return with(std::move(verdict), VerdictKind::fail,
              fmt::format("{}; {} samples are too few to pass, but {} of them beyond the limit "
                          "prove a miss",
                          evidence(record, target, figure, limit, VerdictKind::fail),
                          figure.samples, *missed));
}

Verdict judge_one(const RunRecord& record, const TargetSet& set, const Target& target) {
  auto verdict = empty_verdict(set, target);
  const auto figure = record::figure(record, query_of(target));
  if (figure.state == FigureState::not_applicable) {
    return with(std::move(verdict), VerdictKind::not_applicable,
                fmt::format("{}: not applicable: {}", to_string(target), figure.why));
  }
  verdict.samples = figure.samples;
  if (figure.known()) verdict.measured = figure.value;
  const auto limit = limit_of(record, target);
  if (limit.known()) verdict.limit = limit.value;
  if (!record.validity.valid) {
    return with(std::move(verdict), VerdictKind::invalid,
                fmt::format("{}: not judged, the run cannot be believed: {}", to_string(target),
                            fmt::join(record.validity.reasons, "; ")));
  }
  if (!figure.known() || !limit.known()) {
    return with(
        std::move(verdict), VerdictKind::no_data,
        fmt::format("{}: no data: {}", to_string(target), figure.known() ? limit.why : figure.why));
  }
  if (figure.samples < samples_needed(target)) {
    return judge_on_few(record, target, figure, limit.value, std::move(verdict));
  }
  return judge_known(record, target, figure, limit.value, std::move(verdict));
}

}  // namespace

bool holds(double value, Relation relation, double limit) {
  switch (relation) {
    case Relation::below:
      return value < limit;
    case Relation::at_most:
      return value <= limit;
    case Relation::at_least:
      return value >= limit;
    case Relation::above:
      return value > limit;
    case Relation::equal:
      return value == limit;
    case Relation::unequal:
      return value != limit;
  }
  return false;
}

std::uint64_t samples_needed(const Target& target) {
  std::uint64_t needed = 1;
  if (const auto percentile = record::percentile_of(target.figure)) {
    // Rounded, as 100 - 99.9 is not exactly 0.1; the maximum needs no more than it is given.
    if (*percentile < 100) {
      needed = static_cast<std::uint64_t>(std::llround(1000 / (100 - *percentile)));
    }
  }
  return std::max(needed, target.min_samples);
}

std::vector<Verdict> judge(const RunRecord& record, const TargetSet& set) {
  std::vector<Verdict> verdicts;
  const auto others = record::disturbance(record);
  for (const auto& target : set.targets) {
    verdicts.push_back(judge_one(record, set, target));
    // It was missed; by whose doing, the figure does not say.
    if (!others || verdicts.back().kind != VerdictKind::fail) continue;
    verdicts.back().message += fmt::format(
        "; in doubt: other programs had {:.0f} % of the CPU; end them and measure again", *others);
  }
  if (auto silent = judge_silence(record)) verdicts.push_back(std::move(*silent));
  return verdicts;
}

bool is_breached(const RunRecord& so_far, const Target& target) {
  if (!target.abort_grace) return false;
  const auto figure = record::figure(so_far, query_of(target));
  const auto limit = limit_of(so_far, target);
  if (!figure.known() || !limit.known() || figure.samples < samples_needed(target)) return false;
  const auto last_straw = target.critical     ? *target.critical
                          : target.acceptable ? *target.acceptable
                                              : limit.value;
  return !holds(figure.value, target.relation, last_straw) &&
         !is_unproven(target, figure, last_straw);
}

}  // namespace dyno::targets
