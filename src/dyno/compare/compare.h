// Compares two sides and says for each benchmark and endpoint whether it changed.
//
// Several processes a side: Hodges-Lehmann on log ratios with its interval, one-sided Mann-Whitney
// tests against a margin, Holm over everything compared. One process a side cannot prove an
// ordinary difference, since it says nothing about the noise between processes: inconclusive, with
// the ratio shown. Only a gross change is called from single processes: medians at least
// `gross_ratio` apart, where the noise between processes of one build stays below 1.5, and the
// middle halves of the values (p25 to p75; all repetitions of a benchmark) apart from each other.
// A benchmark's only repetition must also be too long for one pause of the machine to explain it.
//
// What is counted (allocations, instructions) and is a whole number, the same in every process and
// repetition of a side, is compared exactly; one process is enough where the base counted it again,
// over iterations or repetitions. Of rates more is better. A counter whose name does not say which
// is better is not judged; a note says that it differs.
#pragma once

#include <filesystem>

#include "dyno/compare/side.h"
#include "dyno/core/result.h"
#include "dyno/record/comparison.h"

namespace dyno::compare {

struct Options {
  double margin = 0.01;        // a change within it is none
  double sensitivity = 0.05;   // an interval within it is equivalent
  double family_level = 0.01;  // chance of any false alarm over everything compared
  double gross_ratio = 4;
  bool any_machine = false;  // times of different machines and builds are compared all the same
  Reading reading{.counters = true};
};

// Whatever is in the base and not in the head is `missing`; sides of different machines, loads or
// data are `no_baseline`, which neither passes nor fails. A run that cannot be believed is one
// figure, errored, for all of the case; so is what was measured on other data, without a baseline.
record::Comparison compare(const Side& base, const Side& head, const Options& options);

// The same for paths, as load_side() takes them. Fails on what cannot be read.
Result<record::Comparison> compare_paths(const std::filesystem::path& base,
                                         const std::filesystem::path& head, const Options& options);

using record::exit_status;  // of a comparison

}  // namespace dyno::compare
