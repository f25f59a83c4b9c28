#include "dyno/targets/validity.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/figures.h"

namespace dyno::targets {

using record::RunRecord;
using record::Validity;

namespace {

constexpr double lateness_share = 0.05;
constexpr Duration lateness_always_allowed = std::chrono::milliseconds{1};
constexpr double rate_tolerance = 0.05;
constexpr double cpu_saturated = 90;  // percent, mean over the steady window
constexpr double cpu_high = 70;

void reject(Validity& validity, std::string reason) {
  validity.valid = false;
  validity.short_of_cpu = false;
  validity.reasons.push_back(std::move(reason));
}

void reject_for_want_of_cpu(Validity& validity, std::string reason) {
  const bool no_other_reason = validity.valid || validity.short_of_cpu;
  reject(validity, std::move(reason));
  validity.short_of_cpu = no_other_reason;
}

// What began in the steady windows and was sent.
std::uint64_t steady_samples(const RunRecord& record) {
  std::uint64_t samples = 0;
  for (const auto& cell : record.cells) {
    if (record.windows.at(cell.window).kind != record::WindowKind::steady) continue;
    if (cell.outcome.kind != metrics::OutcomeKind::dropped) samples += cell.count;
  }
  return samples;
}

void check_windows(const RunRecord& record, Validity& validity) {
  if (record::window_length(record, "steady") <= Duration::zero()) {
    reject(validity, "it has no steady window; let it run longer than its ramp");
  } else if (steady_samples(record) == 0) {
    reject(validity, "nothing was sent in its steady window");
  }
}

void check_lateness(const RunRecord& record, std::optional<Duration> tightest, Validity& validity) {
  record::FigureQuery query;
  query.outcome = "*";
  const auto lateness = record::latency_histogram(record, "lateness", query);
  if (lateness.empty()) return;
  const auto judged =
      tightest.value_or(record::latency_histogram(record, "response_time", query).percentile(50));
  const auto allowed =
      std::max(lateness_always_allowed,
               Duration{std::llround(lateness_share * static_cast<double>(judged.count()))});
  const auto p99 = lateness.percentile(99);
  if (p99 <= allowed) return;
  reject_for_want_of_cpu(
      validity, fmt::format("the engine sent late: lateness p99 is {}, {} is allowed; give it more "
                            "CPU or ask for less load",
                            dyno::to_string(p99), dyno::to_string(allowed)));
}

// Sessions, however many requests each of them makes.
void check_rate(const RunRecord& record, Validity& validity) {
  double asked = 0;
  double begun = 0;
  for (const auto& window : record.windows) {
    if (window.kind != record::WindowKind::steady) continue;
    asked += window.arrivals_asked;
    begun += static_cast<double>(window.arrivals_begun);
  }
  if (asked <= 0) return;
  const auto chance = record.load.arrivals == "poisson" ? 3 * std::sqrt(asked) : 1;
  if (std::abs(begun - asked) <= rate_tolerance * asked + chance) return;
  const auto seconds = static_cast<double>(record::window_length(record, "steady").count()) / 1e9;
  reject_for_want_of_cpu(
      validity, fmt::format("the engine sent {:.1f}/s where {:.1f}/s were asked for; give it more "
                            "users, connections or CPU",
                            begun / seconds, asked / seconds));
}

void check_engine_cpu(const RunRecord& record, Validity& validity) {
  record::FigureQuery query;
  query.figure = "engine.cpu_percent.mean";
  const auto cpu = record::figure(record, query);
  if (!cpu.known()) {
    validity.warnings.push_back("the engine's CPU was not read, so it may have been saturated");
  } else if (cpu.value > cpu_saturated) {
    reject_for_want_of_cpu(validity,
                           fmt::format("the engine was saturated: {:.0f} % of its CPU; give it a "
                                       "core of its own or ask for less load",
                                       cpu.value));
  } else if (cpu.value > cpu_high) {
    validity.warnings.push_back(fmt::format("the engine used {:.0f} % of its CPU", cpu.value));
  }
}

void check_samples(const RunRecord& record, Validity& validity) {
  std::uint64_t dropped = 0;
  std::uint64_t negative = 0;
  std::uint64_t endless = 0;
  for (const auto& cell : record.cells) {
    if (cell.outcome.kind == metrics::OutcomeKind::dropped) dropped += cell.count;
    for (const auto* histogram :
         {&cell.service_time, &cell.response_time, &cell.lateness, &cell.first_byte, &cell.dns,
          &cell.connect, &cell.tls, &cell.queued, &cell.first_event, &cell.gap, &cell.token_time}) {
      negative += histogram->below_range();
    }
    endless += cell.response_time.above_range();
  }
  if (dropped > 0) {
    reject(
        validity,
        fmt::format("{} arrivals were dropped for want of a free user; allow more users", dropped));
  }
  if (negative > 0) {
    reject(validity,
           fmt::format("{} durations are negative: the clock or the engine is at fault", negative));
  }
  if (endless > 0) {
    validity.warnings.push_back(fmt::format("{} responses took longer than an hour", endless));
  }
}

bool faults_are_on(const nlohmann::json& details) {
  const auto found = details.is_object() ? details.find("faults") : details.end();
  if (!details.is_object() || found == details.end() || found->is_null()) return false;
  if (found->is_boolean()) return found->get<bool>();
  if (found->is_string()) return !found->get<std::string>().empty() && *found != "off";
  return !found->empty();
}

void check_surroundings(const RunRecord& record, Validity& validity) {
  if (!record.environment.sanitizers.empty()) {
    validity.warnings.push_back(fmt::format("built with {} sanitizer: its times say little",
                                            record.environment.sanitizers));
  }
  if (record.environment.governor == "powersave") {
    validity.warnings.push_back("the CPU governor is powersave: times vary with the load");
  }
  if (const auto others = record::disturbance(record)) {
    validity.warnings.push_back(
        fmt::format("other programs had {:.0f} % of the CPU while this was measured", *others));
  }
  if (faults_are_on(record.service.details)) {
    validity.warnings.push_back("the service runs with a fault on");
  }
}

}  // namespace

Validity assess(const RunRecord& record, std::optional<Duration> tightest) {
  Validity validity;
  check_windows(record, validity);
  check_lateness(record, tightest, validity);
  check_rate(record, validity);
  check_engine_cpu(record, validity);
  check_samples(record, validity);
  check_surroundings(record, validity);
  return validity;
}

Validity assess(const RunRecord& record, const TargetSet& set) {
  return assess(record, tightest_latency(set).value_or(no_latency_judged));
}

}  // namespace dyno::targets
