#include "dyno/compare/compare.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "dyno/compare/statistics.h"
#include "dyno/record/figures.h"

namespace dyno::compare {

using record::Change;
using record::ComparedFigure;
using record::Comparison;
using record::value_to_string;

namespace {

// What the processes of one side measured of one thing.
struct Group {
  std::vector<const Measured*> measured;
  std::vector<double> logs;
  std::string error;

  bool present() const { return !measured.empty(); }
};

Group group_of(const Side& side, const Key& key) {
  Group group;
  for (const auto& process : side.processes) {
    const auto found = process.figures.find(key);
    if (found == process.figures.end()) continue;
    group.measured.push_back(&found->second);
    if (!found->second.error.empty()) {
      group.error = fmt::format("{} ({})", found->second.error, process.source);
    } else {
      group.logs.push_back(std::log(std::max(found->second.value, 1e-9)));
    }
  }
  return group;
}

double median_value(const Group& group) {
  std::vector<double> values;
  for (const auto* one : group.measured) values.push_back(one->value);
  return median(values);
}

std::set<std::string> machines_of(const Side& side) {
  std::set<std::string> machines;
  for (const auto& process : side.processes) machines.insert(process.machine);
  return machines;
}

// Why times of the two sides mean nothing to each other; empty when they do.
std::string why_incomparable(const Side& base, const Side& head) {
  auto machines = machines_of(base);
  machines.merge(machines_of(head));
  if (machines.size() <= 1) return "";
  return fmt::format("measured on different machines or builds ({}): measure both on one machine",
                     fmt::join(machines, ", "));
}

std::string why_other_load(const Group& base, const Group& head) {
  const auto& wanted = base.measured.front()->condition;
  for (const auto* group : {&base, &head}) {
    for (const auto* one : group->measured) {
      if (one->condition != wanted) {
        return fmt::format("measured under another load: {} against {}", wanted, one->condition);
      }
    }
  }
  return "";
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

bool is_gross(const Group& base, const Group& head, double ratio, const Options& options) {
  const auto before = band_of(base);
  const auto after = band_of(head);
  if (!before || !after) return false;
  const auto difference = std::abs(median_value(head) - median_value(base));
  if (difference < base.measured.front()->least_difference) return false;
  if (ratio >= options.gross_ratio) return after->first > before->second;
  if (ratio <= 1 / options.gross_ratio) return after->second < before->first;
  return false;
}

struct Pending {
  ComparedFigure figure;
  Group base;
  Group head;
  double p_slower = 1;
  double p_faster = 1;
};

std::string measured_text(const ComparedFigure& figure) {
  return fmt::format("{} to {}, {:.3g} times", value_to_string(*figure.base, figure.unit),
                     value_to_string(*figure.head, figure.unit), *figure.ratio);
}

std::string interval_text(const ComparedFigure& figure) {
  if (!figure.low) return "";
  return fmt::format(" (95 % interval {:.3g} to {:.3g})", *figure.low, *figure.high);
}

void conclude(ComparedFigure& figure, Change change, std::string reason) {
  figure.change = change;
  figure.message =
      fmt::format("{} {} {}: {}{}; {}", figure.subject, figure.figure, to_string(change),
                  measured_text(figure), interval_text(figure), reason);
}

std::string why_unproven(const Pending& pending, const Options& options, std::size_t tests) {
  const auto& figure = pending.figure;
  if (figure.base_runs == 1 && figure.head_runs == 1) {
    return "one process a side proves no ordinary difference: give several of each";
  }
  const auto needed = options.family_level / static_cast<double>(tests);
  if (smallest_p(figure.base_runs, figure.head_runs) <= needed) {
    return "the difference is within the noise: more processes would narrow the interval";
  }
  std::size_t runs = 2;
  while (smallest_p(runs, runs) > needed) ++runs;
  return fmt::format("too few processes to prove anything here: give {} of each", runs);
}

void decide(Pending& pending, const Options& options, std::size_t tests) {
  auto& figure = pending.figure;
  const auto ratio = *figure.ratio;
  if (pending.p_slower <= options.family_level) {
    figure.p = pending.p_slower;
    conclude(figure, Change::regressed, fmt::format("p {:.2g} after correction", *figure.p));
  } else if (pending.p_faster <= options.family_level) {
    figure.p = pending.p_faster;
    conclude(figure, Change::improved, fmt::format("p {:.2g} after correction", *figure.p));
  } else if (is_gross(pending.base, pending.head, ratio, options)) {
    conclude(figure, ratio > 1 ? Change::regressed : Change::improved,
             "far more than the noise between processes");
  } else if (figure.low &&
             *figure.high<1 + options.sensitivity&& * figure.low> 1 / (1 + options.sensitivity)) {
    conclude(figure, Change::equivalent,
             fmt::format("no change beyond {:.0f} %", options.sensitivity * 100));
  } else {
    conclude(figure, Change::inconclusive, why_unproven(pending, options, tests));
  }
}

void measure(Pending& pending, const Options& options) {
  auto& figure = pending.figure;
  const auto& x = pending.base.logs;
  const auto& y = pending.head.logs;
  figure.base = median_value(pending.base);
  figure.head = median_value(pending.head);
  figure.ratio = std::exp(shift(x, y));
  if (const auto interval = shift_interval(x, y)) {
    figure.low = std::exp(interval->first);
    figure.high = std::exp(interval->second);
  }
  const auto margin = std::log1p(options.margin);
  pending.p_slower = p_above(x, y, margin);
  pending.p_faster = p_above(y, x, margin);
}

// What is clear before any statistics; false when it is not.
bool settle(Pending& pending, const std::string& incomparable) {
  auto& figure = pending.figure;
  const auto say = [&](Change change, const std::string& why) {
    figure.change = change;
    figure.message =
        fmt::format("{} {}: {}: {}", figure.subject, figure.figure, to_string(change), why);
    return true;
  };
  if (!pending.head.present()) {
    return say(Change::missing, "the base has it, the head does not; was it renamed or skipped?");
  }
  if (!pending.base.present()) return say(Change::added, "the base does not have it");
  if (!pending.base.error.empty()) {
    return say(Change::errored, "in the base: " + pending.base.error);
  }
  if (!pending.head.error.empty()) {
    return say(Change::errored, "in the head: " + pending.head.error);
  }
  if (!incomparable.empty()) return say(Change::no_baseline, incomparable);
  const auto other_load = why_other_load(pending.base, pending.head);
  return !other_load.empty() && say(Change::no_baseline, other_load);
}

std::set<Key> keys_of(const Side& base, const Side& head) {
  std::set<Key> keys;
  for (const auto* side : {&base, &head}) {
    for (const auto& process : side->processes) {
      for (const auto& [key, _] : process.figures) keys.insert(key);
    }
  }
  return keys;
}

Pending pending_of(const Side& base, const Side& head, const Key& key) {
  Pending pending;
  pending.base = group_of(base, key);
  pending.head = group_of(head, key);
  auto& figure = pending.figure;
  figure.subject = key.first;
  figure.figure = key.second;
  figure.base_runs = static_cast<std::uint32_t>(pending.base.measured.size());
  figure.head_runs = static_cast<std::uint32_t>(pending.head.measured.size());
  const auto& some = pending.base.present() ? pending.base : pending.head;
  figure.unit = some.measured.front()->unit;
  return pending;
}

void correct(std::vector<Pending*>& tested, double Pending::*p) {
  std::vector<double> raw;
  for (const auto* one : tested) raw.push_back(one->*p);
  const auto corrected = holm(raw);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->*p = corrected[i];
}

}  // namespace

Comparison compare(const Side& base, const Side& head, const Options& options) {
  Comparison comparison{base.name, head.name, {}, {}};
  const auto incomparable = why_incomparable(base, head);
  if (incomparable.empty() && machines_of(base) == std::set<std::string>{""}) {
    comparison.notes.emplace_back("neither side says where it was measured: taken for one machine");
  }
  std::vector<Pending> all;
  for (const auto& key : keys_of(base, head)) all.push_back(pending_of(base, head, key));
  std::vector<Pending*> tested;
  for (auto& pending : all) {
    if (settle(pending, incomparable)) continue;
    measure(pending, options);
    tested.push_back(&pending);
  }
  correct(tested, &Pending::p_slower);
  correct(tested, &Pending::p_faster);
  for (auto* pending : tested) decide(*pending, options, tested.size());
  for (auto& pending : all) comparison.figures.push_back(std::move(pending.figure));
  return comparison;
}

Result<Comparison> compare_paths(const std::filesystem::path& base,
                                 const std::filesystem::path& head, const Options& options) {
  const auto base_side = load_side(base);
  if (!base_side) return base_side.error();
  const auto head_side = load_side(head);
  if (!head_side) return head_side.error();
  return compare(*base_side, *head_side, options);
}

}  // namespace dyno::compare
