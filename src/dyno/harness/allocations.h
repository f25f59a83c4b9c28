// Counts what operator new hands out in this program. Linking allocations.cpp replaces the global
// operators, so only programs that want the count link it.
#pragma once

#include <cstdint>

namespace dyno::harness {

struct Allocations {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
};

// Since the program began, all threads together.
Allocations allocations();

}  // namespace dyno::harness
