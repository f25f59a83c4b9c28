// Ends a run early when a target that may end it (Target::abort_grace: one with a critical limit,
// or with "abort") is hopelessly missed: the same for `dyno run` and for performance cases. It
// judges no run; the verdicts of one that was ended are targets::judge's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "dyno/harness/readings.h"
#include "dyno/load/engine.h"
#include "dyno/record/run_record.h"
#include "dyno/targets/targets.h"

namespace dyno::harness {

// One thread: the one that called run(), which calls the observers.
class BreachWatch {
 public:
  // `delays`, by target: not before that is it looked at; at once where there is none.
  explicit BreachWatch(targets::TargetSet set, std::vector<Duration> delays = {});

  // Whether any of the targets may end the run.
  bool may_end() const;

  // First: the record as far as it is known.
  void start(const record::RunRecord& as_known);

  // Adds what has been read of resources and gauges, where a target that may end the run is of
  // those. Before the gather() of the same interval.
  void add(const Readings& readings);

  // Adds what has come to so_far().
  void gather(const load::Progress& progress);

  // After gather(): why the run is to end, once, when a target has been beyond what ends it for its
  // grace without a break. Nothing while the run is ending anyway.
  std::optional<std::string> breach(const load::Progress& progress);

  // The record of what has been gathered; its windows end now.
  const record::RunRecord& so_far() const { return so_far_; }

 private:
  const targets::TargetSet set_;
  const std::vector<Duration> delays_;
  record::RunRecord so_far_;
  std::vector<record::Window> windows_;  // as planned
  std::map<std::tuple<std::uint32_t, metrics::Outcome, std::uint32_t>, std::size_t> places_;
  std::vector<std::optional<Duration>> crossed_;  // since when, by target
  bool told_ = false;
};

}  // namespace dyno::harness
