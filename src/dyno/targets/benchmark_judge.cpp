#include "dyno/targets/benchmark_judge.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/core/text.h"
#include "dyno/record/figures.h"
#include "dyno/targets/judge.h"

namespace dyno::targets {

namespace {

using nlohmann::json;
using record::Verdict;
using record::VerdictKind;

struct Measured {
  std::optional<double> ns;
  std::uint64_t samples = 0;
  std::string why;  // there is no figure
};

double nanoseconds_per(const std::string& unit) {
  return unit == "s" ? 1e9 : unit == "ms" ? 1e6 : unit == "us" ? 1e3 : 1;
}

Measured measured(const json& benchmark, const std::string& figure) {
  if (benchmark.value("error_occurred", false)) {
    return {{}, 0, "it failed: " + benchmark.value("error_message", "no reason given")};
  }
  const auto iterations = benchmark.value("iterations", std::uint64_t{0});
  if (figure == "response_time.mean") {
    return {benchmark.value("real_time", 0.0) * nanoseconds_per(benchmark.value("time_unit", "ns")),
            iterations,
            {}};
  }
  if (figure == "response_time.p95" && benchmark.contains("p95_ns")) {
    return {benchmark.at("p95_ns").get<double>(),
            static_cast<std::uint64_t>(benchmark.value("samples", 0.0)),
            {}};
  }
  return {{}, iterations, "it does not report this figure"};
}

// Of several repetitions the middle one, so that a pause of the machine in one of them decides
// nothing; one without the figure counts for all.
Measured measured(const std::vector<const json*>& repetitions, const std::string& figure) {
  std::vector<Measured> all;
  for (const auto* one : repetitions) {
    all.push_back(measured(*one, figure));
    if (!all.back().ns) return all.back();
  }
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end(),
                   [](const Measured& a, const Measured& b) { return *a.ns < *b.ns; });
  return *middle;
}

Verdict judge_one(const std::string& name, const std::vector<const json*>& repetitions,
                  const TargetSet& set, const Target& target) {
  const auto found = measured(repetitions, target.figure);
  Verdict verdict;
  verdict.target = fmt::format("{}: {}", set.name, to_string(target));
  verdict.endpoint = name;
  verdict.figure = target.figure;
  verdict.unit = "ns";
  verdict.limit = target.limit;
  verdict.samples = found.samples;
  verdict.measured = found.ns;
  if (!found.ns) {
    verdict.message = fmt::format("{} of {}: no data: {}", target.figure, name, found.why);
    return verdict;
  }
  if (found.samples < samples_needed(target)) {
    verdict.message =
        fmt::format("{} of {}: no data: {} samples, {} are needed; give it more iterations",
                    target.figure, name, found.samples, samples_needed(target));
    return verdict;
  }
  verdict.kind =
      holds(*found.ns, target.relation, target.limit) ? VerdictKind::pass : VerdictKind::fail;
  verdict.message =
      fmt::format("{} of {}: {}, target {} ({} samples)", target.figure, name,
                  record::value_to_string(*found.ns, "ns"), limit_to_string(target), found.samples);
  return verdict;
}

}  // namespace

std::vector<Verdict> judge_benchmarks(const json& benchmarks, const TargetSet& set) {
  const auto rows = benchmarks.value("benchmarks", json::array());
  std::map<std::string, std::vector<const json*>> by_name;
  for (const auto& row : rows) {
    if (row.value("run_type", "iteration") != "iteration") continue;
    by_name[row.value("name", "")].push_back(&row);
  }
  std::vector<Verdict> verdicts;
  for (const auto& target : set.targets) {
    const auto before = verdicts.size();
    for (const auto& [name, repetitions] : by_name) {
      if (!matches_glob(target.endpoint, name)) continue;
      verdicts.push_back(judge_one(name, repetitions, set, target));
    }
    if (verdicts.size() > before) continue;
    Verdict missing;
    missing.target = fmt::format("{}: {}", set.name, to_string(target));
    missing.endpoint = target.endpoint;
    missing.figure = target.figure;
    missing.message = fmt::format("{}: no data: no benchmark of that name ran", to_string(target));
    verdicts.push_back(std::move(missing));
  }
  return verdicts;
}

}  // namespace dyno::targets
