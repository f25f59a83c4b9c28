// What pairs of processes, one of the base and one of the head each, say about every benchmark of a
// suite: a sequential plan and one decision at its end. It is given the ratios; who measures them,
// and how, is no business of it.
//
// Every benchmark gets `first_pairs`; those that look changed, or whose interval is still too wide
// to call them equivalent, get `further_pairs` more. The test is done once, on all pairs of a
// benchmark, so that looking at the first does not add to the chance of a false alarm.
#pragma once

#include <string>
#include <vector>

#include "dyno/compare/signed_rank.h"
#include "dyno/record/comparison.h"

namespace dyno::compare {

struct PairedOptions {
  double margin = 0.01;         // a change within it is none
  double sensitivity = 0.05;    // an interval within it is equivalent
  double family_level = 0.001;  // chance of any false alarm over the whole suite, in one direction
  std::size_t first_pairs = 10;
  std::size_t further_pairs = 20;
  double suspicious = 0.1;    // p against no change at all below which more pairs are wanted
  double highest_rank = 0.8;  // of the signed-rank test, see signed_rank.h
};

// One figure of one benchmark; above 1 is worse. `ratios` are head / base, one a pair, or base /
// head where more is better.
struct PairedFigure {
  std::string subject;
  std::string figure;
  std::vector<double> ratios;
  bool more_is_better = false;
};

// Whether the further pairs are wanted, from the first.
bool needs_more(const std::vector<double>& ratios, const PairedOptions& options);

// What the pairs of one figure say, before it is known how many others there are.
struct PairedTest {
  std::size_t pairs = 0;
  double slower = 1;  // p, not corrected, that the head is slower by more than the margin
  double faster = 1;
  PairedShift shift{};  // of the log ratios
};

PairedTest test_pairs(const std::vector<double>& ratios, const PairedOptions& options);

// What follows for each of a family of tests, Holm's correction being made.
struct PairedVerdict {
  record::Change change = record::Change::errored;
  double p = 1;  // corrected, of the direction that was called
};

std::vector<PairedVerdict> conclude(const std::vector<PairedTest>& tests,
                                    const PairedOptions& options);

// Both of them in words: the verdict on each figure, in the order given: regressed, improved,
// equivalent or inconclusive, the last with the smallest effect that would probably have been seen.
// Ratios must be positive; a figure without any is errored.
std::vector<record::ComparedFigure> decide(const std::vector<PairedFigure>& figures,
                                           const PairedOptions& options);

// The standard deviation of the log ratios as their median absolute deviation has it (times
// 1.4826), which a few disturbed pairs do not move. 0 for fewer than two.
double pair_noise(const std::vector<double>& ratios);

// The smallest ratio above 1 that `pairs` pairs of this noise call a regression with a chance of
// 0.95, `tests` being corrected for: margin + (z of the level + z of 0.95) standard errors of the
// Hodges-Lehmann estimate, whose efficiency under normal noise is 3 / pi (Hollander, Wolfe and
// Chicken, section 3.1). Infinite where so few pairs can prove nothing at this level.
double detectable(double noise, std::size_t pairs, std::size_t tests, const PairedOptions& options);

}  // namespace dyno::compare
