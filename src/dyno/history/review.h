// What a history says that somebody should act on: figures that became worse and stayed so, and
// those that crept away from the best level that was accepted, a little at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dyno/compare/accepted.h"
#include "dyno/history/change_points.h"
#include "dyno/history/series.h"

namespace dyno::history {

struct ReviewOptions {
  ChangeOptions change{};
  double budget = 0.05;  // how much worse than the best accepted level a figure may become in all
  std::size_t window = 20;  // runs that a level is the median of
};

struct Finding {
  const FigureSeries* series = nullptr;
  ChangePoint point;
  std::size_t run = 0;  // index in Chart::runs, as point.at
  bool worse = false;
  // Worse, not accepted, and the newest level is still worse than the one before it.
  bool standing = false;
  std::string accepted;  // the reason and the last day, where it is accepted
};

struct Creep {
  const FigureSeries* series = nullptr;
  std::size_t reference_run = 0;  // first run of the best level since the last accepted change
  double reference = 0;           // medians of `window` runs
  double now = 0;
  double change = 0;  // now / reference - 1
  double p = 1;       // that the newest are not worse than the reference by half the budget
};

struct Review {
  std::vector<Finding> findings;  // by run, newest first; then by series
  std::vector<Creep> creeps;
  std::size_t series = 0;
  std::size_t points = 0;
  std::size_t short_series = 0;  // too short for anything to be said of
  std::size_t fewest = 0;        // points that it takes
  std::vector<std::string> notes;

  bool alerts() const;
};

// The options for each of so many series: looked at anew after every run, which multiplies false
// alarms (docs/method.md has by how much), all of them together may raise about one in 1 000 runs,
// so that a history of thousands of figures is as quiet as one of a few.
ChangeOptions shared_by(std::size_t series, const ChangeOptions& options);

// `today` as 2026-11-21: acceptances end. The review points into the chart, which must outlive it.
// An acceptance holds for a change whose commit begins like its own, of a figure that it names, by
// a ratio within its range. Any thread.
Review review(const Chart& chart, const std::vector<compare::Acceptance>& acceptances,
              const std::string& today, const ReviewOptions& options);

// As text, grouped by commit.
std::string review_text(const Chart& chart, const Review& review, const ReviewOptions& options);

// As JSON: {"alerts": [...], "changes": [...], "creeps": [...], "notes": [...]}.
std::string review_json(const Chart& chart, const Review& review);

}  // namespace dyno::history
