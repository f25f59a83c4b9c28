// Benchmarks whose work is known to the step, for asking what verdicts are worth: chains of
// dependent operations, a few microseconds each, of which a share can be added.
// KNOWN_WORK_EXTRA=Shift:5 gives every benchmark of the family Shift 5 % more steps. Not a
// measurement of anything.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "dyno/harness/benchmark_main.h"

namespace {

// The steps of a family, with what the environment adds.
std::int64_t steps_of(const benchmark::State& state, std::string_view family) {
  const char* extra = std::getenv("KNOWN_WORK_EXTRA");
  const std::string_view given = extra == nullptr ? "" : extra;
  if (!given.starts_with(family) || given.substr(family.size(), 1) != ":") return state.range(0);
  const auto percent = std::atof(extra + family.size() + 1);
  return state.range(0) +
         static_cast<std::int64_t>(static_cast<double>(state.range(0)) * percent / 100);
}

// Each step needs what the one before gave, so that time goes with their number.
template <typename Step>
void chain(benchmark::State& state, std::string_view family, const Step& step) {
  const auto steps = steps_of(state, family);
  std::uint64_t value = 88172645463325252ULL;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < steps; ++i) value = step(value);
    benchmark::DoNotOptimize(value);
  }
}

void shift(benchmark::State& state) {
  chain(state, "Shift", [](std::uint64_t x) {  // xorshift64, G. Marsaglia, 2003
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ (x << 17);
  });
}

void multiply(benchmark::State& state) {
  chain(state, "Multiply", [](std::uint64_t x) { return x * 6364136223846793005ULL + 1; });
}

void divide(benchmark::State& state) {
  chain(state, "Divide",
        [](std::uint64_t x) { return 0xffffffffffffULL / ((x & 0xffff) + 3) + x / 7; });
}

void floating(benchmark::State& state) {
  chain(state, "Floating", [](std::uint64_t x) {
    return static_cast<std::uint64_t>(static_cast<double>(x & 0xffffffff) * 1.000001 + 0.5);
  });
}

// Leaps through a table of 32 KiB in an order that no prefetcher knows.
void leap(benchmark::State& state) {
  static const auto table = [] {
    std::array<std::uint32_t, 8192> next{};
    std::iota(next.begin(), next.end(), 1U);
    std::uint64_t random = 1;
    for (std::size_t i = next.size() - 1; i > 0; --i) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      std::swap(next[i], next[(random >> 33) % i]);
    }
    return next;
  }();
  chain(state, "Leap", [](std::uint64_t x) { return std::uint64_t{table[x % table.size()]}; });
}

void choose(benchmark::State& state) {
  chain(state, "Choose",
        [](std::uint64_t x) { return (x & 1) != 0 ? 3 * (x >> 1) + 2 : (x >> 1) + x % 5; });
}

void sizes(benchmark::internal::Benchmark* family) {
  for (const int steps : {1000, 2000, 4000, 8000}) family->Arg(steps);
}

BENCHMARK(shift)->Name("Shift")->Apply(sizes);
BENCHMARK(multiply)->Name("Multiply")->Apply(sizes);
BENCHMARK(divide)->Name("Divide")->Apply(sizes);
BENCHMARK(floating)->Name("Floating")->Apply(sizes);
BENCHMARK(leap)->Name("Leap")->Apply(sizes);
BENCHMARK(choose)->Name("Choose")->Apply(sizes);

}  // namespace

int main(int argc, char** argv) {
  return dyno::harness::benchmark_main(
      argc, argv, {"Shift", "Multiply", "Divide", "Floating", "Leap", "Choose"});
}
