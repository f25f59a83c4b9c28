// The round trip of one cache line between CPU 0 and the last one, in nanoseconds. On a virtual
// machine it tells whether the host has put the two near each other: what a request costs over
// loopback changes with it by a quarter, so what is measured in one state is not comparable with
// the other. It takes a fraction of a millisecond, ahead of all else where that is allowed, so that
// it can be asked during a run.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <thread>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int batches = 7;
constexpr int trips = 100;

alignas(64) std::atomic<long> turn{-1};
const auto deadline = Clock::now() + std::chrono::milliseconds{50};

// Ahead of all else where that is allowed, while threads are still free to go to any CPU.
void raise_priority() {
  const sched_param first{.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO, &first);
}

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

// Never for long: what cannot be measured is said to be 0.
void await(long value) {
  for (long spins = 1; turn.load(std::memory_order_acquire) != value; ++spins) {
    if (spins % 256 != 0) continue;
    if (value == 0) std::this_thread::yield();
    if (Clock::now() > deadline) {
      std::printf("0\n");
      std::fflush(stdout);
      std::_Exit(0);
    }
  }
}

}  // namespace

int main() {
  raise_priority();
  std::thread echo([] {
    pin(0);
    turn.store(0, std::memory_order_release);
    for (long i = 0; i < static_cast<long>(batches) * trips; ++i) {
      await(2 * i + 1);
      turn.store(2 * i + 2, std::memory_order_release);
    }
  });
  await(0);
  pin(static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1);
  std::array<double, batches> times;
  long trip = 0;
  for (auto& time : times) {
    const auto begin = Clock::now();
    for (int k = 0; k < trips; ++k, ++trip) {
      turn.store(2 * trip + 1, std::memory_order_release);
      await(2 * trip + 2);
    }
    time = std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / trips;
  }
  echo.join();
  std::sort(times.begin(), times.end());
  std::printf("%.0f\n", times[batches / 2]);
}
