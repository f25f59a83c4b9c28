// What the benchmarks of the services share: where the data are, whether an operation worked, how
// long each one took.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "dyno/core/clock.h"
#include "dyno/metrics/histogram.h"
#include "services/common/cache.h"
#include "services/common/result.h"

namespace bench {

inline std::string from_environment(const char* name, const std::string& otherwise = {}) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

inline std::string data_size() { return from_environment("DYNO_DATA", "medium"); }
inline std::uint64_t data_seed() {
  return std::strtoull(from_environment("DYNO_SEED", "1").c_str(), nullptr, 10);
}
// As the context of the results has it (benchmark_main.h).
inline std::string generated_data() {
  return "size " + data_size() + ", seed " + std::to_string(data_seed());
}
inline std::string data_cache() {
  return from_environment("DYNO_DATA_CACHE", DYNO_SOURCE_DIR "/.cache/data");
}

// Embedded, or on DYNO_REDIS_URL under names of its own.
inline service::Result<std::unique_ptr<service::Cache>> open_cache(const std::string& prefix) {
  service::RedisCacheOptions options;
  options.url = from_environment("DYNO_REDIS_URL");
  options.prefix = prefix;
  if (options.url.empty()) return service::make_embedded_cache();
  return service::make_redis_cache(options);
}

// A World holds what is opened once, on first use, so that listing the benchmarks opens nothing;
// its error() is empty when all is well.
template <typename World>
bool ready(benchmark::State& state, const World& world) {
  if (world.error().empty()) return true;
  state.SkipWithError(world.error().c_str());
  return false;
}

// Stops the benchmark at the first error, so that a failure is never timed as a success.
template <typename T>
bool worked(benchmark::State& state, const service::Result<T>& result) {
  if (result) return true;
  state.SkipWithError(result.error().message.c_str());
  return false;
}

// Times every iteration, so that a percentile can be judged and not only a mean. The clock costs
// some 50 ns an iteration: for operations that take a microsecond or more.
class Latencies {
 public:
  template <typename Operation>
  auto time(const Operation& operation) {
    const auto begin = clock_.now();
    auto result = operation();
    histogram_.record(clock_.now() - begin);
    return result;
  }

  void report(benchmark::State& state) const {
    state.counters["p95_ns"] = static_cast<double>(histogram_.percentile(95).count());
    state.counters["samples"] = static_cast<double>(histogram_.count());
  }

 private:
  dyno::SteadyClock clock_;
  dyno::metrics::Histogram histogram_;
};

}  // namespace bench
