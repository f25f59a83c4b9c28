// Counts what operator new hands out in this program. Linking dyno_allocations replaces the global
// operators, so only programs that want the count link it.
#pragma once

#include <cstdint>

namespace dyno {

struct Allocations {
  std::int64_t count = 0;
  std::int64_t bytes = 0;       // asked for
  std::int64_t peak_bytes = 0;  // most held at one time beyond what was held at the start
};

// Between the two calls every allocation of the program is counted, whatever the thread; outside of
// them the operators cost one relaxed load more than the library's own. Not nested.
void start_counting_allocations();
Allocations stop_counting_allocations();

// How many of those counted since the program began were made by the thread that asks.
std::int64_t allocations_of_this_thread();

}  // namespace dyno
