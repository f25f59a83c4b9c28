// A program with Google Benchmark's own main that shows every habit of its JSON which a reader of
// it must know. scripts/oracles/google_benchmark makes fixtures/golden/google_benchmark from it.
// KNOWN_WORK scales the work of Known/*, for tests of what a real change looks like.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

#include <benchmark/benchmark.h>

namespace {

double factor() {
  const char* const text = std::getenv("KNOWN_WORK");
  return text == nullptr ? 1.0 : std::atof(text);
}

void work(std::int64_t rounds) {
  std::uint64_t state = 88172645463325252ULL;
  for (std::int64_t i = 0; i < rounds; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  benchmark::DoNotOptimize(state);
}

void known(benchmark::State& state) {
  const auto rounds = static_cast<std::int64_t>(static_cast<double>(state.range(0)) * factor());
  for (auto _ : state) work(rounds);
  state.SetItemsProcessed(state.iterations());
  state.counters["rounds"] = static_cast<double>(rounds);
  state.counters["instructions"] = static_cast<double>(rounds) * 6;
}

void plain(benchmark::State& state) {
  for (auto _ : state) work(state.range(0));
  state.SetComplexityN(state.range(0));
}

void no_numbers(benchmark::State& state) {
  for (auto _ : state) work(100);
  state.counters["nan"] = std::numeric_limits<double>::quiet_NaN();
  state.counters["inf"] = std::numeric_limits<double>::infinity();
  state.counters["minus_inf"] = -std::numeric_limits<double>::infinity();
  state.counters["instructions"] = 600;
}

void tenfold(benchmark::State& state) {
  for (auto _ : state) work(state.range(0) * 10);
}

// Counters named like the members of a row, which comes to hold both.
void like_members(benchmark::State& state) {
  for (auto _ : state) work(100);
  for (const auto* name : {"real_time", "cpu_time", "iterations", "error_occurred", "run_type",
                           "aggregate_name", "time_unit", "threads", "name"}) {
    state.counters[name] = 777777;
  }
  state.SetLabel("a \"label\", real_time: NaN");
}

void with_counters(benchmark::State& state) {
  for (auto _ : state) work(100);
  state.SetBytesProcessed(state.iterations() * 4096);
  state.SetItemsProcessed(state.iterations() * 7);
  state.counters["p99_ns"] = 1234;
  state.counters["hits"] = 9;
  state.counters["per_thread"] = benchmark::Counter(5, benchmark::Counter::kAvgThreads);
  state.counters["summed"] = 5;
}

void failing(benchmark::State& state) {
  state.SkipWithError("the \"database\" is down");
  for (auto _ : state) {
  }
}

void by_hand(benchmark::State& state) {
  for (auto _ : state) {
    work(100);
    state.SetIterationTime(2.5e-6);
  }
}

void by_hand_nothing(benchmark::State& state) {
  for (auto _ : state) state.SetIterationTime(0);
}

BENCHMARK(known)->Name("Known")->Arg(20000)->Arg(50000);
BENCHMARK(plain)->Name("Plain")->Arg(64);
BENCHMARK(plain)->Name("Fitted")->RangeMultiplier(4)->Range(64, 4096)->Complexity();
BENCHMARK(no_numbers)->Name("NoNumbers");
BENCHMARK(like_members)->Name("LikeMembers");
BENCHMARK(with_counters)->Name("Counters")->Threads(1)->Threads(2);
BENCHMARK(failing)->Name("Failing");
BENCHMARK(plain)->Name("Unit/ns")->Arg(2000)->Unit(benchmark::kNanosecond);
BENCHMARK(plain)->Name("Unit/us")->Arg(2000)->Unit(benchmark::kMicrosecond);
BENCHMARK(plain)->Name("Unit/ms")->Arg(2000)->Unit(benchmark::kMillisecond);
BENCHMARK(plain)->Name("Unit/s")->Arg(2000)->Unit(benchmark::kSecond);
BENCHMARK(by_hand)->Name("Manual")->UseManualTime();
BENCHMARK(by_hand_nothing)->Name("ManualNothing")->UseManualTime()->Iterations(10);
BENCHMARK(plain)->Name("Suffix")->Arg(64)->UseRealTime();
BENCHMARK(plain)->Name("Suffix")->Arg(64)->MeasureProcessCPUTime();
BENCHMARK(plain)->Name("Suffix")->Arg(64)->Iterations(100);
BENCHMARK(plain)->Name("Suffix")->Arg(64)->Repetitions(2);
BENCHMARK(plain)
    ->Name("Statistics")
    ->Arg(64)
    ->Repetitions(3)
    ->ComputeStatistics("max", [](const std::vector<double>& v) {
      return *std::max_element(v.begin(), v.end());
    });
BENCHMARK(plain)->Name("Twice")->Arg(64);
BENCHMARK(tenfold)->Name("Twice")->Arg(64);
BENCHMARK(plain)
    ->Name(
        "Gr\xc3\xb6\xc3\x9f"
        "e \"\xe5\xa4\xa7\" \\ <int*>")
    ->Arg(64);

}  // namespace

BENCHMARK_MAIN();
