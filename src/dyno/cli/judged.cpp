#include "dyno/cli/judged.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "dyno/scenario/reader.h"
#include "dyno/scenario/threshold.h"

namespace dyno::cli {

namespace {

using scenario::Step;
using scenario::Threshold;

// What a run without targets is held to: it answered, and nearly always well.
targets::TargetSet default_targets() {
  targets::Target errors;
  errors.figure = "error_share";
  errors.relation = targets::Relation::below;
  errors.limit = 0.01;
  return {"", "", "fewer than 1 % of the requests fail", {errors}};
}

Result<targets::TargetSet> set_of(const std::string& argument) {
  const auto colon = argument.rfind(':');
  if (colon == std::string::npos) {
    return Error{fmt::format("--targets '{}': write FILE:SET, e.g. targets.json:normal", argument)};
  }
  const auto file = targets::read_targets(argument.substr(0, colon));
  if (!file) return file.error();
  return targets::find_set(*file, argument.substr(colon + 1));
}

targets::Relation relation_of(Threshold::Relation relation) {
  switch (relation) {
    case Threshold::Relation::below:
      return targets::Relation::below;
    case Threshold::Relation::at_most:
      return targets::Relation::at_most;
    case Threshold::Relation::at_least:
      return targets::Relation::at_least;
    case Threshold::Relation::above:
      return targets::Relation::above;
    case Threshold::Relation::equal:
      return targets::Relation::equal;
    case Threshold::Relation::unequal:
      return targets::Relation::unequal;
  }
  return targets::Relation::below;
}

// The endpoints whose steps have the tag. Endpoints are what is recorded: one that
// other steps share cannot be told apart by tag.
Result<std::vector<std::string>> endpoints_of_tag(const std::string& tag,
                                                  const scenario::Scenario& scenario) {
  std::set<std::string> with;
  std::set<std::string> without;
  scenario::for_each_step(scenario, [&](const Step& step) {
    const bool has = std::find(step.tags.begin(), step.tags.end(), tag) != step.tags.end();
    (has ? with : without).insert(step.method + " " + step.group);
  });
  for (const std::string& endpoint : with) {
    if (without.contains(endpoint)) {
      return Error{
          fmt::format("the tag \"{0}\" cannot be told apart: steps with and without it "
                      "are counted as {1}; give those with it a \"group\" of their own",
                      tag, endpoint)};
    }
  }
  return std::vector<std::string>(with.begin(), with.end());
}

Result<targets::Target> target_of(const Threshold& threshold, const scenario::Scenario* scenario) {
  targets::Target target;
  target.figure = threshold.figure;
  target.relation = relation_of(threshold.relation);
  target.limit = threshold.limit;
  target.acceptable = threshold.acceptable;
  target.critical = threshold.critical;
  if (!threshold.window.empty()) target.window = threshold.window;
  if (threshold.of_failures) target.outcome = "failed";
  if (threshold.aborts) target.abort_grace = threshold.grace;
  if (!threshold.tag.empty() && scenario) {
    const auto endpoints = endpoints_of_tag(threshold.tag, *scenario);
    if (!endpoints) return endpoints.error();
    target.endpoint.clear();  // no glob
    target.endpoints = *endpoints;
  } else if (!threshold.method.empty()) {
    target.endpoint =
        fmt::format("{} {}", threshold.method, threshold.name.empty() ? "*" : threshold.name);
  } else if (!threshold.name.empty()) {
    target.endpoint = threshold.name;
  }
  return target;
}

Result<std::vector<Threshold>> thresholds_of(const std::vector<std::string>& options,
                                             const scenario::Scenario* scenario) {
  std::vector<Threshold> thresholds;
  for (const std::string& option : options) {
    auto threshold = scenario::parse_threshold(option);
    if (!threshold) return Error{"--threshold: " + threshold.error().message};
    const bool selects = !threshold->tag.empty() || !threshold->name.empty();
    if (!scenario && !threshold->tag.empty()) {
      return Error{fmt::format("--threshold '{}': tags are of scenario files", option)};
    }
    if (scenario && selects) {
      const auto checked = scenario::check_threshold(*threshold, *scenario);
      if (!checked) return Error{"--threshold: " + checked.error().message};
    }
    thresholds.push_back(std::move(*threshold));
  }
  return thresholds;
}

}  // namespace

Result<Judged> judged_by(const std::string& targets, const std::vector<std::string>& options,
                         const std::vector<Threshold>& of_file,
                         const scenario::Scenario* scenario) {
  Judged judged;
  if (!targets.empty()) {
    auto set = set_of(targets);
    if (!set) return set.error();
    judged.set = std::move(*set);
  }
  auto given = thresholds_of(options, scenario);
  if (!given) return given.error();
  const auto& thresholds = given->empty() ? of_file : *given;
  judged.delays.resize(judged.set.targets.size());
  for (const Threshold& threshold : thresholds) {
    auto target = target_of(threshold, scenario);
    if (!target) return target.error();
    judged.set.targets.push_back(std::move(*target));
    judged.delays.push_back(threshold.delay);
  }
  if (judged.set.targets.empty()) {
    judged.set = default_targets();
    judged.delays.resize(judged.set.targets.size());
  }
  return judged;
}

}  // namespace dyno::cli
