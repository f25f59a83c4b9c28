// What a counter of a benchmark is, by its name: Google Benchmark's JSON does not say whether it is
// a rate, a time or a count.
#pragma once

#include <string_view>

#include "dyno/compare/side.h"

namespace dyno::compare {

struct CounterKind {
  Better better = Better::unknown;
  bool counted = false;  // the same in every run of the same code
  double scale = 1;      // to `unit`
  const char* unit = "";
};

// items_per_second is a rate, allocs_per_iter and instructions are counted, p99_ns is a time. Words
// are what stands between '_', '-', '.', '/' and blanks, without regard to case.
CounterKind kind_of_counter(std::string_view name);

}  // namespace dyno::compare
