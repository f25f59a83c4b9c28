#include "dyno/ab/canary.h"

#include <cstdint>
#include <vector>

namespace dyno::ab {

Duration canary(Clock& clock) {
  constexpr std::size_t cells = 32 * 1024;
  constexpr int rounds = 4'000'000;
  static thread_local std::vector<std::uint64_t> memory(cells, 1);
  const TimePoint began = clock.now();
  std::uint64_t state = 88172645463325252ULL;
  for (int i = 0; i < rounds; ++i) {
    state ^= state << 13;  // xorshift64, G. Marsaglia, Journal of Statistical Software 8, 2003
    state ^= state >> 7;
    state ^= state << 17;
    memory[state % cells] += state;
  }
  memory[0] += state;  // so that the work is not left out
  return clock.now() - began;
}

}  // namespace dyno::ab
