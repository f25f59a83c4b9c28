#include "dyno/compare/compare.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "dyno/compare/statistics.h"
#include "dyno/compare/unpaired.h"
#include "dyno/compare/whole_runs.h"
#include "dyno/core/text.h"
#include "dyno/record/figures.h"

namespace dyno::compare {

using record::Change;
using record::Comparison;
using record::value_to_string;

namespace {

Group group_of(const Side& side, const Key& key) {
  Group group;
  group.skipped = true;
  for (const auto& process : side.processes) {
    const auto found = process.figures.find(key);
    if (found == process.figures.end()) continue;
    if (found->second.error.empty()) {
      group.measured.push_back(&found->second);
    } else {
      group.errors.push_back(fmt::format("{} ({})", found->second.error, process.source));
      group.skipped = group.skipped && found->second.skipped;
    }
  }
  return group;
}

std::set<std::string> machines_of(const Side& side) {
  std::set<std::string> machines;
  for (const auto& process : side.processes) {
    machines.insert(process.machine.empty() ? "one that does not say" : process.machine);
  }
  return machines;
}

// Why times of the two sides mean nothing to each other; empty when they do.
std::string why_incomparable(const Side& base, const Side& head) {
  auto machines = machines_of(base);
  machines.merge(machines_of(head));
  if (machines.size() <= 1) return "";
  return fmt::format(
      "measured on different machines or builds ({}): measure both on one machine, as dyno ab "
      "does, "
      "or save a baseline on this one",
      fmt::join(machines, ", "));
}

bool says_nothing(const Side& side) {
  return std::all_of(side.processes.begin(), side.processes.end(),
                     [](const Process& process) { return process.machine.empty(); });
}

std::string why_other_load(const Group& base, const Group& head) {
  const auto& wanted = base.measured.front()->condition;
  for (const auto* group : {&base, &head}) {
    for (const auto* one : group->measured) {
      if (one->condition != wanted) {
        return fmt::format("measured under another load: {} against {}; measure both under one",
                           wanted, one->condition);
      }
    }
  }
  return "";
}

std::set<Key> keys_of(const Side& side) {
  std::set<Key> keys;
  for (const auto& process : side.processes) {
    for (const auto& [key, _] : process.figures) keys.insert(key);
  }
  return keys;
}

// The commit that all processes name; empty when they do not.
std::string commit_of(const Side& side) {
  std::set<std::string> commits;
  for (const auto& process : side.processes) commits.insert(process.commit);
  const bool known = commits.size() == 1 && *commits.begin() != "unknown";
  return known ? *commits.begin() : "";
}

bool is_time(const Key& key) { return key.second == "real_time" || key.second == "cpu_time"; }

class Comparer {
 public:
  Comparer(const Side& base, const Side& head, const Options& options)
      : base_(base),
        head_(head),
        options_(options),
        comparison_{base.name, head.name, {}, {}},
        unfit_(base, head) {}

  Comparison compare() {
    comparison_.base_commit = commit_of(base_);
    comparison_.head_commit = commit_of(head_);
    look_at_machines();
    collect();
    judge();
    for (auto& pending : all_) comparison_.figures.push_back(std::move(pending.figure));
    unfit_.add_to(comparison_, notes_);
    add_other_data();
    add_notes();
    return std::move(comparison_);
  }

 private:
  void look_at_machines() {
    incomparable_ = why_incomparable(base_, head_);
    if (incomparable_.empty() && says_nothing(base_)) {
      notes_.push_back({"neither side says where it was measured: taken for one machine"});
    }
    if (incomparable_.empty() || !options_.any_machine) return;
    notes_.push_back({"compared all the same, as was asked for: " + incomparable_});
    incomparable_.clear();
  }

  void collect() {
    auto keys = keys_of(base_);
    for (const auto& key : keys_of(head_)) {
      if (keys.insert(key).second) added_.push_back(key.first);
    }
    for (const auto& key : keys) {
      if (unfit_.has(key)) continue;
      auto pending = pending_of(key);
      if (!is_time(key) && !has_time(key.first)) continue;  // that says it all
      if (is_of_both_skipped(pending) || is_number_of_neither(key, pending)) continue;
      if (is_on_other_data(pending)) continue;
      if (better_of(pending) == Better::unknown) {
        look_at_unknown(pending);
      } else {
        all_.push_back(std::move(pending));
      }
    }
  }

  Pending pending_of(const Key& key) const {
    Pending pending;
    pending.base = group_of(base_, key);
    pending.head = group_of(head_, key);
    auto& figure = pending.figure;
    figure.subject = key.first;
    figure.figure = key.second;
    figure.base_runs = static_cast<std::uint32_t>(pending.base.measured.size());
    figure.head_runs = static_cast<std::uint32_t>(pending.head.measured.size());
    for (const auto* group : {&pending.base, &pending.head}) {
      if (group->measured.empty()) continue;
      figure.unit = group->measured.front()->unit;
      figure.more_is_better = group->measured.front()->better == Better::more;
    }
    return pending;
  }

  static Better better_of(const Pending& pending) {
    for (const auto* group : {&pending.base, &pending.head}) {
      if (!group->measured.empty()) return group->measured.front()->better;
    }
    return Better::less;
  }

  // Of a benchmark whose time is missing or errored on a side, the counters say nothing more. What
  // is no benchmark has no such time.
  bool has_time(const std::string& subject) const {
    for (const auto* figure : {"real_time", "cpu_time"}) {
      const auto base = group_of(base_, {subject, figure});
      const auto head = group_of(head_, {subject, figure});
      if (!base.present() && !head.present()) continue;
      return base.errors.empty() && head.errors.empty() && base.present() && head.present();
    }
    return true;
  }

  bool is_of_both_skipped(const Pending& pending) {
    const auto skipped = [](const Group& group) {
      return group.measured.empty() && !group.errors.empty() && group.skipped;
    };
    if (!skipped(pending.base) || !skipped(pending.head)) return false;
    notes_.push_back(
        {"skipped itself on both sides: " + pending.head.errors.front(), pending.figure.subject});
    return true;
  }

  // A counter that is NaN on both sides tells nothing, and is no fault of the head.
  bool is_number_of_neither(const Key& key, const Pending& pending) {
    if (is_time(key) || !pending.base.measured.empty() || !pending.head.measured.empty()) {
      return false;
    }
    if (pending.base.errors.empty() || pending.head.errors.empty()) return false;
    notes_.push_back(
        {"no number on either side, not compared", fmt::format("{} {}", key.first, key.second)});
    return true;
  }

  // Faster on less data is no improvement.
  bool is_on_other_data(const Pending& pending) {
    const auto& base = pending.base;
    const auto& head = pending.head;
    if (!incomparable_.empty() || !base.errors.empty() || !head.errors.empty()) return false;
    const auto why = why_other_data(base, head);
    if (why.empty()) return false;
    const auto& run = head.measured.front()->run;
    other_data_.emplace(run.empty() ? "benchmarks" : run, why);
    return true;
  }

  void add_other_data() {
    for (const auto& [run, why] : other_data_) {
      record::ComparedFigure row;
      row.change = Change::no_baseline;
      row.subject = run;
      row.figure = "data";
      row.message = fmt::format("{}: {}: {}", run, to_string(row.change), why);
      comparison_.figures.push_back(std::move(row));
    }
  }

  void look_at_unknown(const Pending& pending) {
    if (pending.base.measured.empty() || pending.head.measured.empty()) return;
    const auto before = median(pending.base.values());
    const auto after = median(pending.head.values());
    if (before == after) return;
    unknown_[pending.figure.figure].push_back(fmt::format("{} {} to {}", pending.figure.subject,
                                                          value_to_string(before, ""),
                                                          value_to_string(after, "")));
  }

  void judge() {
    std::vector<Pending*> tested;
    for (auto& pending : all_) {
      if (settle(pending)) continue;
      if (is_exact(pending)) {
        decide_counted(pending);
        continue;
      }
      measure(pending, options_);
      tested.push_back(&pending);
    }
    correct(tested, &Pending::p_worse);
    correct(tested, &Pending::p_better);
    for (auto* pending : tested) decide(*pending, options_, tested.size());
  }

  static void correct(std::vector<Pending*>& tested, double Pending::*p) {
    std::vector<double> raw;
    for (const auto* one : tested) raw.push_back(one->*p);
    const auto corrected = holm(raw);
    for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->*p = corrected[i];
  }

  std::string why_missing(const std::string& subject) const {
    std::string text = "the base has it, the head does not; was it renamed or skipped?";
    const auto like = nearest(subject, added_);
    if (like) text += fmt::format(" The head has '{}'", *like);
    return text;
  }

  // What is clear before any statistics; false when it is not.
  bool settle(Pending& pending) const {
    auto& figure = pending.figure;
    const auto say = [&](Change change, const std::string& why) {
      figure.change = change;
      figure.message =
          fmt::format("{} {}: {}: {}", figure.subject, figure.figure, to_string(change), why);
      return true;
    };
    const auto& base = pending.base;
    const auto& head = pending.head;
    if (!head.present()) return say(Change::missing, why_missing(figure.subject));
    if (!base.present()) return say(Change::added, "the base does not have it");
    if (!head.errors.empty() && head.skipped) {
      return say(Change::missing, "in the head it skipped itself: " + head.errors.front());
    }
    if (!base.errors.empty() && base.skipped) {
      return say(Change::added, "in the base it skipped itself: " + base.errors.front());
    }
    if (!base.errors.empty()) return say(Change::errored, "in the base: " + base.errors.front());
    if (!head.errors.empty()) return say(Change::errored, "in the head: " + head.errors.front());
    if (!incomparable_.empty()) return say(Change::no_baseline, incomparable_);
    const auto other_load = why_other_load(base, head);
    return !other_load.empty() && say(Change::no_baseline, other_load);
  }

  void add_notes() {
    for (const auto& [counter, where] : unknown_) {
      notes_.push_back(
          {fmt::format("counter '{}' differs ({}{}) and is not judged: is more of it better? Say "
                       "--more-is-better {} or --less-is-better {}",
                       counter, where.front(),
                       where.size() > 1 ? fmt::format(" and {} more", where.size() - 1) : "",
                       counter, counter)});
    }
    add_gaps(base_);
    add_gaps(head_);
    for (const auto* side : {&base_, &head_}) {
      for (const auto& process : side->processes) {
        notes_.insert(notes_.end(), process.notes.begin(), process.notes.end());
      }
    }
    comparison_.notes = lines_of(notes_);
  }

  // What only some processes of a side measured: one that crashed, perhaps.
  void add_gaps(const Side& side) {
    std::map<std::string, std::size_t> counts;
    for (const auto& process : side.processes) {
      std::set<std::string> subjects;
      for (const auto& [key, _] : process.figures) subjects.insert(key.first);
      for (const auto& subject : subjects) ++counts[subject];
    }
    std::vector<std::string> gaps;
    for (const auto& [subject, count] : counts) {
      if (count < side.processes.size()) {
        gaps.push_back(fmt::format("{} in {}", subject, count));
      }
    }
    if (gaps.empty()) return;
    const auto more = gaps.size() - 1;
    notes_.push_back({fmt::format(
        "not every one of the {} processes of {} measured everything: {}{}", side.processes.size(),
        side.name, gaps.front(), more > 0 ? fmt::format(", and {} more", more) : "")});
  }

  const Side& base_;
  const Side& head_;
  const Options& options_;
  Comparison comparison_;
  std::string incomparable_;
  std::vector<std::string> added_;
  std::vector<Pending> all_;
  std::map<std::string, std::vector<std::string>> unknown_;
  UnfitRuns unfit_;
  std::map<std::string, std::string> other_data_;  // by run, why
  std::vector<Note> notes_;
};

}  // namespace

Comparison compare(const Side& base, const Side& head, const Options& options) {
  return Comparer(base, head, options).compare();
}

Result<Comparison> compare_paths(const std::filesystem::path& base,
                                 const std::filesystem::path& head, const Options& options) {
  const auto base_side = load_side(base, options.reading);
  if (!base_side) return base_side.error();
  const auto head_side = load_side(head, options.reading);
  if (!head_side) return head_side.error();
  return compare(*base_side, *head_side, options);
}

}  // namespace dyno::compare
