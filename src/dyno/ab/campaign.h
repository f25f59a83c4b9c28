// An A/B campaign: pairs of fresh processes, one of the base and one of the head, in random order
// within a pair, with a canary around each side, until the sequential plan of compare/paired.h has
// what it wants. It decides; what a process is, and what the canary does, it is told.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/compare/paired.h"
#include "dyno/compare/side.h"
#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/record/comparison.h"

namespace dyno::ab {

enum class Which { base, head };

// Figures of which more is better: rates.
bool is_better_more(std::string_view figure);

// Runs one process of a side and reads what it measured: all benchmarks, or only those named. What
// is `counted` is compared exactly; its `samples` are the iterations that it is the mean of.
using Measure =
    std::function<Result<compare::Process>(Which which, const std::vector<std::string>& only)>;

// How long a fixed piece of work takes now.
using Canary = std::function<Duration()>;

struct Pair {
  std::size_t number = 0;   // from 1
  std::size_t planned = 0;  // pairs in all, as far as is known now
  bool head_first = false;
  std::array<Duration, 3> canary{};  // before, between and after the two sides
  bool discarded = false;            // by the canary, before anybody looked at the figures
  compare::Process base;
  compare::Process head;
};

struct CampaignOptions {
  compare::PairedOptions paired{};
  // A pair around which the canary took more than so many times its quickest of `canary_runs` at
  // the beginning is discarded and made again, as long as no more are discarded than are planned.
  double canary_limit = 1.3;
  int canary_runs = 5;
  std::uint64_t seed = 1;
  std::function<void(const Pair&)> on_pair{};  // after each, discarded ones too
  std::function<bool()> stopped{};             // looked at before each pair
};

struct Campaign {
  record::Comparison comparison;
  std::vector<compare::PairedFigure> figures;  // what was decided on
  std::size_t pairs = 0;                       // that count
  std::size_t discarded = 0;
  bool complete = true;  // false when it was stopped
};

// A process that fails ends it: everything is then errored, with the reason. Benchmarks of one side
// only are missing or added, those that report an error errored.
Campaign run_campaign(const Measure& measure, const Canary& canary, const CampaignOptions& options);

}  // namespace dyno::ab
