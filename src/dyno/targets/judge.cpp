#include "dyno/targets/judge.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/record/figures.h"
#include "dyno/targets/evidence.h"

namespace dyno::targets {

using record::Figure;
using record::FigureState;
using record::RunRecord;
using record::Verdict;
using record::VerdictKind;

namespace {

record::FigureQuery query_of(const Target& target) {
  return {target.figure, target.endpoint, target.window, target.outcome};
}

// A growth is an estimate over little: while its interval still holds the limit, a miss is not
// proven.
bool is_unproven(const Target& target, const Figure& figure, double limit) {
  return target.figure.ends_with("growth_per_minute") && figure.interval &&
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
  verdict.endpoint = target.endpoint;
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
    return record::figure(record,
                          {target.limit_figure, target.endpoint, target.window, target.outcome});
  }
  Figure limit;
  limit.state = FigureState::known;
  limit.value = target.limit;
  return limit;
}

// Of a figure that is known and has samples enough.
Verdict judge_known(const RunRecord& record, const Target& target, const Figure& figure,
                    double limit, Verdict verdict) {
  const auto kind = kind_of(target, figure, limit);
  if (kind != VerdictKind::fail && record.completion != record::Completion::complete) {
    return with(std::move(verdict), VerdictKind::invalid,
                fmt::format("{}; but the run ended before its plan did, so it passes nothing: run "
                            "it to its end",
                            evidence(record, target, figure, limit, kind)));
  }
  return with(std::move(verdict), kind, evidence(record, target, figure, limit, kind));
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
    return with(std::move(verdict), VerdictKind::no_data, too_few(target, figure));
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
  for (const auto& target : set.targets) verdicts.push_back(judge_one(record, set, target));
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
  return !holds(figure.value, target.relation, last_straw);
}

}  // namespace dyno::targets
