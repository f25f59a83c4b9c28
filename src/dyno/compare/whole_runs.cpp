#include "dyno/compare/whole_runs.h"

#include <fmt/format.h>

namespace dyno::compare {

UnfitRuns::UnfitRuns(const Side& base, const Side& head)
    : base_(runs_of(base)), head_(runs_of(head)) {
  for (const auto& [name, runs] : base_) {
    const auto other = head_.find(name);
    if (other == head_.end()) continue;
    if (!runs.errors.empty() || !other->second.errors.empty()) names_.push_back(name);
  }
  const std::set<std::string> unfit(names_.begin(), names_.end());
  for (const auto* side : {&base, &head}) {
    for (const auto& process : side->processes) {
      for (const auto& [key, measured] : process.figures) {
        if (unfit.contains(measured.run)) keys_.insert(key);
      }
    }
  }
}

UnfitRuns::RunsByName UnfitRuns::runs_of(const Side& side) {
  RunsByName runs;
  for (const auto& process : side.processes) {
    std::set<std::string> counted;
    for (const auto& [_, measured] : process.figures) {
      if (measured.run.empty() || !counted.insert(measured.run).second) continue;
      auto& run = runs[measured.run];
      ++run.all;
      if (!measured.run_is_unfit) continue;
      run.errors.push_back(fmt::format("{} ({})", measured.error, process.source));
    }
  }
  return runs;
}

std::string UnfitRuns::words(const char* side, const Runs& runs) {
  if (runs.errors.empty()) return "";
  if (runs.all == 1) return fmt::format("{}: {}", side, runs.errors.front());
  return fmt::format("{}, {} of its {} runs: {}", side, runs.errors.size(), runs.all,
                     runs.errors.front());
}

void UnfitRuns::add_to(record::Comparison& comparison, std::vector<Note>& notes) const {
  for (const auto& name : names_) {
    const auto& base = base_.at(name);
    const auto& head = head_.at(name);
    if (base.errors.size() == base.all && head.errors.size() == head.all) {
      notes.push_back({"its run can be believed on neither side, not compared", name});
      continue;
    }
    record::ComparedFigure row;
    row.change = record::Change::errored;
    row.subject = name;
    row.figure = "run";
    row.base_runs = static_cast<std::uint32_t>(base.all - base.errors.size());
    row.head_runs = static_cast<std::uint32_t>(head.all - head.errors.size());
    const auto of_base = words("base", base);
    const auto of_head = words("head", head);
    const auto* between = of_base.empty() || of_head.empty() ? "" : "; ";
    row.message =
        fmt::format("{}: {}: {}{}{}", name, to_string(row.change), of_base, between, of_head);
    comparison.figures.push_back(std::move(row));
  }
}

std::string why_other_data(const Group& base, const Group& head) {
  if (base.measured.empty() || head.measured.empty()) return "";
  const auto& wanted = base.measured.front()->data;
  std::string other = wanted;
  for (const auto* group : {&base, &head}) {
    for (const auto* one : group->measured) {
      if (one->data.empty()) return "";
      if (one->data != wanted) other = one->data;
    }
  }
  if (other == wanted) return "";
  return fmt::format("measured on other data: {} against {}; measure both on the same", wanted,
                     other);
}

}  // namespace dyno::compare
