// Counts what operator new hands out in this program. Linking allocations.cpp replaces the global
// operators, so only programs that want the count link it.
#pragma once

#include <cstdint>

namespace dyno::harness {

struct Allocations {
  std::int64_t count = 0;
  std::int64_t bytes = 0;       // asked for
  std::int64_t peak_bytes = 0;  // most held at one time beyond what was held at the start
};

// Between the two calls every allocation of the program is counted, whatever the thread; outside of
// them the operators cost one relaxed load more than the library's own. Not nested.
void start_counting_allocations();
Allocations stop_counting_allocations();

}  // namespace dyno::harness
