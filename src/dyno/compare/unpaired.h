// The verdict on one figure from independent processes of two sides: what they measured goes in,
// its p come out to be corrected over everything that is compared, then the verdict. Whether the
// two sides may be compared at all is no business of it.
#pragma once

#include <string>
#include <vector>

#include "dyno/compare/compare.h"
#include "dyno/compare/side.h"
#include "dyno/record/comparison.h"

namespace dyno::compare {

// What the processes of one side measured of one thing.
struct Group {
  std::vector<const Measured*> measured;  // that have a value
  std::vector<std::string> errors;        // of the others, with their source
  bool skipped = false;                   // all the others skipped themselves

  bool present() const { return !measured.empty() || !errors.empty(); }
  std::vector<double> values() const;
};

struct Pending {
  record::ComparedFigure figure;
  Group base;
  Group head;
  double p_worse = 1;
  double p_better = 1;
};

// Whether both sides counted the same whole number in each of their processes: then their
// difference needs no statistics, and decide_counted() says what it comes to.
bool is_exact(const Pending& pending);
void decide_counted(Pending& pending);

// Medians, Hodges-Lehmann ratio with its interval, and the p against the margin. Logs are compared;
// of what holds zeros the values themselves, without margin and ratio.
void measure(Pending& pending, const Options& options);

// The verdict, from the corrected p; `tests` is how many were corrected for.
void decide(Pending& pending, const Options& options, std::size_t tests);

}  // namespace dyno::compare
