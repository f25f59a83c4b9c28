#include "dyno/targets/evidence.h"

#include <cmath>

#include <fmt/format.h>

#include "dyno/targets/judge.h"

namespace dyno::targets {

using record::Figure;
using record::RunRecord;
using record::value_to_string;
using record::VerdictKind;

namespace {

std::string subject(const Target& target) {
  const auto endpoints = endpoints_to_string(target);
  return endpoints == "*" ? target.figure : fmt::format("{} of {}", target.figure, endpoints);
}

std::string certainty(const Target& target, const Figure& figure) {
  const bool readings = target.figure.starts_with("service.") ||
                        target.figure.starts_with("engine.") ||
                        target.figure.starts_with("others.") || target.figure.starts_with("gauge.");
  const bool seconds =
      target.figure.starts_with("drift.") || target.figure.starts_with("time_to_recover");
  const bool lookups = target.figure == "cache_hit_share";
  auto count = fmt::format("{} {}", figure.samples,
                           seconds    ? "seconds"
                           : readings ? "readings"
                           : lookups  ? "lookups"
                                      : "samples");
  if (figure.known() && !figure.why.empty()) count += "; " + figure.why;
  if (!figure.interval) return count;
  return fmt::format("95 % interval {} to {}, {}",
                     value_to_string(figure.interval->first, figure.unit),
                     value_to_string(figure.interval->second, figure.unit), count);
}

bool is_worse(double value, Relation relation, double limit) {
  const bool wants_less = relation == Relation::below || relation == Relation::at_most;
  return wants_less ? value > limit : value < limit;
}

std::string distance(double value, double limit) {
  if (limit <= 0) return "";
  const auto ratio = value / limit;
  if (ratio >= 2) return fmt::format(", {:.1f} times the limit", ratio);
  return fmt::format(", {:.1f} % {} the limit", std::abs(ratio - 1) * 100,
                     ratio >= 1 ? "over" : "under");
}

// Which endpoint a figure over all is worst for.
std::string slowest(const RunRecord& record, const Target& target) {
  if (target.endpoint.find('*') == std::string::npos || record.endpoints.size() < 2) return "";
  std::string worst;
  double most = 0;
  for (const auto& endpoint : record.endpoints) {
    const auto name = record::to_string(endpoint);
    const auto of_one =
        record::figure(record, {target.figure, name, target.window, target.outcome});
    if (!of_one.known() || of_one.value <= most) continue;
    most = of_one.value;
    worst = fmt::format("; slowest is {} with {}", name, value_to_string(most, of_one.unit));
  }
  return worst;
}

std::string commonest_failure(const RunRecord& record) {
  const record::Cell* most = nullptr;
  for (const auto& cell : record.cells) {
    if (cell.outcome.ok() || cell.outcome.kind == metrics::OutcomeKind::cancelled) continue;
    if (most == nullptr || cell.count > most->count) most = &cell;
  }
  if (most == nullptr) return "";
  return fmt::format("; most often {} on {}{}", metrics::to_string(most->outcome),
                     record::to_string(record.endpoints.at(most->endpoint)),
                     most->example.empty() ? "" : fmt::format(" ({})", most->example));
}

// Where requests had to be sent again most often.
std::string most_resent(const RunRecord& record, const Target& target) {
  std::string worst;
  double most = 0;
  for (const auto& endpoint : record.endpoints) {
    const auto name = record::to_string(endpoint);
    const auto of_one = record::figure(record, {"resent", name, target.window});
    if (!of_one.known() || of_one.value <= most) continue;
    most = of_one.value;
    worst = name;
  }
  if (worst.empty()) return "";
  return fmt::format(
      "; most often on {}: the service closes kept-alive connections with requests "
      "on them, without an answer",
      worst);
}

std::string what_next(const RunRecord& record, const Target& target) {
  if (record::is_latency(target.figure)) return slowest(record, target);
  if (target.figure == "error_share" || target.figure == "failures") {
    return commonest_failure(record);
  }
  if (target.figure.starts_with("resent")) return most_resent(record, target);
  if (target.figure != "rate" && target.figure != "throughput.all") return "";
  const auto mean = record::figure(
      record, {"response_time.mean", target.endpoint, target.window, "ok", target.endpoints});
  if (!mean.known() || record.load.model != record::LoadModel::closed) return "";
  return fmt::format("; {} users with a mean response time of {}", record.load.users,
                     value_to_string(mean.value, mean.unit));
}

}  // namespace

std::string evidence(const RunRecord& record, const Target& target, const Figure& figure,
                     double limit, VerdictKind kind) {
  const auto measured =
      fmt::format("{} is {}{}", subject(target), figure.at_least ? "at least " : "",
                  value_to_string(figure.value, figure.unit));
  const auto wanted = fmt::format(
      "target {}{}", limit_to_string(target),
      target.limit_figure.empty() ? "" : fmt::format(" = {}", value_to_string(limit, figure.unit)));
  if (kind == VerdictKind::pass) {
    return fmt::format("{} ({}; {})", measured, wanted, certainty(target, figure));
  }
  std::string tier;
  if (kind == VerdictKind::warn) {
    tier = target.acceptable ? fmt::format(", still acceptable up to {}",
                                           value_to_string(*target.acceptable, figure.unit))
                             : ", but its interval holds the limit: run it longer to be sure";
  } else if (target.critical && is_worse(figure.value, target.relation, *target.critical)) {
    tier = fmt::format(", beyond the critical {}", value_to_string(*target.critical, figure.unit));
  }
  const auto off =
      target.relation == Relation::unequal ? std::string{} : distance(figure.value, limit);
  return fmt::format("{}{} ({}; {}){}{}", measured, off, wanted, certainty(target, figure), tier,
                     what_next(record, target));
}

std::string too_few(const Target& target, const Figure& figure) {
  return fmt::format("{}: not judged on {} samples, {} are needed; it shows {} ({}): run it longer",
                     to_string(target), figure.samples, samples_needed(target),
                     value_to_string(figure.value, figure.unit), certainty(target, figure));
}

}  // namespace dyno::targets
