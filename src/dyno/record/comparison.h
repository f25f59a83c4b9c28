// What a comparison of two sides found, as plain data: made by dyno::compare, kept in the record of
// a suite, shown by the reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/exit_status.h"

namespace dyno::record {

enum class Change {
  regressed,
  improved,
  equivalent,
  inconclusive,
  missing,      // in the base only
  added,        // in the head only
  errored,      // could not be measured on one side
  no_baseline,  // there is nothing comparable: no base, or one of another machine
};

struct ComparedFigure {
  Change change = Change::no_baseline;
  std::string subject;         // a benchmark, or a case and its endpoint
  std::string figure;          // "real_time", "response_time.p50"
  std::optional<double> base;  // in `unit`; the median over the processes
  std::optional<double> head;
  std::string unit;
  std::optional<double> ratio;  // head / base; above 1 is slower, or worse in other ways
  std::optional<double> low;    // 95 % interval of the ratio
  std::optional<double> high;
  std::optional<double> p;      // after Holm's correction
  std::uint32_t base_runs = 0;  // processes
  std::uint32_t head_runs = 0;
  std::string message;                 // what, how much, what next: one line
  bool more_is_better = false;         // of rates: a ratio below 1 is then worse
  std::optional<double> detectable{};  // the smallest change, as a ratio above 1, that would
                                       // probably have been found
  std::string accepted{};              // by whom and until when it is accepted; empty: it is not
};

struct Comparison {
  std::string base;  // what was compared with what, as people call it
  std::string head;
  std::vector<ComparedFigure> figures;
  std::vector<std::string> notes;
  std::string base_commit{};  // empty where it is not known, or not one
  std::string head_commit{};
};

std::string to_string(Change change);
std::optional<Change> parse_change(std::string_view word);

// 1 with a regression; 4 with something missing or errored; 3 with something inconclusive or
// without a baseline, and for no figures at all; 0 otherwise. Something added alone is no fault,
// nor is what is accepted.
ExitStatus exit_status(const Comparison& comparison);

}  // namespace dyno::record
