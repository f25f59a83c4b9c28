// A benchmark program with every habit that benchmark_main must cope with; run by
// benchmark_main_test.
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "dyno/harness/benchmark_main.h"

namespace {

void allocating(benchmark::State& state) {
  for (auto _ : state) {
    auto memory = std::make_unique<std::vector<int>>(100);
    benchmark::DoNotOptimize(memory);
  }
}

void not_a_number(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(state.iterations());
  state.counters["nan"] = std::numeric_limits<double>::quiet_NaN();
  state.counters["inf"] = std::numeric_limits<double>::infinity();
  state.counters["kept"] = 7;
}

void failing(benchmark::State& state) {
  state.SkipWithError("the database is down");
  for (auto _ : state) {
  }
}

BENCHMARK(allocating)->Name("Allocating")->Arg(1)->Arg(2);
BENCHMARK(not_a_number)->Name("NotANumber");
BENCHMARK(failing)->Name("Failing");

}  // namespace

int main(int argc, char** argv) {
  return dyno::harness::benchmark_main(argc, argv,
                                       {"Allocating", "NotANumber", "Failing", "Vanished"}, [] {
                                         const char* data = std::getenv("SAMPLE_DATA");
                                         return std::string(data == nullptr ? "" : data);
                                       });
}
