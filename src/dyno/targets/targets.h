// What a service is held to: thresholds with up to three tiers on any figure of a record, in named
// sets, read from fixtures/targets/<system>.json. This is the data; judge.h judges by it. `full` is
// a stricter limit, in place of the first one, for runs of the form "full".
//
//   { "system": "cost_agent",
//     "sets": { "normal": { "about": "50 users", "targets": [
//       { "figure": "response_time.p95", "below": "3 s" },
//       { "figure": "rate", "endpoint": "POST /api/v1/collect", "at_least": "100/s",
//         "acceptable": "80/s", "critical": "20/s", "abort": { "grace": "10 s" } },
//       { "figure": "service.rss.growth_per_minute", "below": "10 MB/min",
//         "full": "1 MB/min" } ] } } }
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno::targets {

// The last two are of counts, and of thresholds in k6's grammar only.
enum class Relation { below, at_most, at_least, above, equal, unequal };

struct Target {
  std::string figure;             // a name of record/figures.h
  std::string endpoint = "*";     // glob; "*" is over all
  std::string window = "steady";  // kind or name of a window
  std::string outcome = "ok";     // of latencies
  Relation relation = Relation::below;
  double limit = 0;                  // in the figure's unit; beyond it is no pass
  std::string limit_figure;          // the limit is this figure of the same record instead
  std::optional<double> full;        // the limit of a run of the form "full", where it has its own
  std::optional<double> acceptable;  // up to here it is a warning
  std::optional<double> critical;    // beyond it the run should end
  std::uint64_t min_samples = 0;     // more than the figure needs anyway, never fewer
  // How long a breach (of `critical` where there is one) must last before the engine ends the run;
  // nothing: never.
  std::optional<Duration> abort_grace;
  std::vector<std::string> endpoints{};  // "METHOD name" each, in place of the glob
};

struct TargetSet {
  std::string system;
  std::string name;
  std::string about;
  std::vector<Target> targets;
};

struct TargetFile {
  std::string path;
  std::string system;
  std::vector<TargetSet> sets;
};

// Errors name the place: line and column where it is not JSON, otherwise the path within it
// ("normal.targets[2].figure"), and what was probably meant.
Result<TargetFile> parse_targets(std::string_view text, const std::string& name);
Result<TargetFile> read_targets(const std::filesystem::path& path);

// The set of that name, or an error with the nearest one.
Result<TargetSet> find_set(const TargetFile& file, std::string_view name);

// What a run of that form ("quick", "standard" or "full", as LoadInfo::form) is held to: in "full"
// the limits of targets that have one for it are those. Verdicts then show the limit that was used.
TargetSet for_form(TargetSet set, std::string_view form);

// "cost_agent/normal" is the set `normal` of <folder>/cost_agent.json, for runs of that form.
Result<TargetSet> load_target_set(std::string_view name, const std::filesystem::path& folder,
                                  std::string_view form = "standard");

// Whether a value is on the good side of a limit.
bool holds(double value, Relation relation, double limit);

// "< 3 s", ">= 100/s": the limit of the first tier.
std::string to_string(Relation relation);
std::string limit_to_string(const Target& target);

// The glob, or the names one after the other.
std::string endpoints_to_string(const Target& target);

// "response_time.p95 of POST /api/v1/collect < 3 s".
std::string to_string(const Target& target);

// The smallest limit on a latency, by which lateness is measured; nothing when none is judged.
std::optional<Duration> tightest_latency(const TargetSet& set);

// A limit as people write it in the unit of a figure: "2 s", "512 MB", "1 %", "100/s", "12".
Result<double> parse_value(std::string_view text, std::string_view unit);

}  // namespace dyno::targets
