// What single operations of the cost agent cost, without HTTP: collection, analysis,
// recommendations, a database query, the cache. Over sizes, with the complexity fitted. The data
// are those of DYNO_DATA (medium unless said otherwise) and DYNO_SEED; the storage is SQLite or
// DYNO_DATABASE_URL, the cache embedded or DYNO_REDIS_URL.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench_support.h"
#include "dyno/harness/benchmark_main.h"
#include "services/common/cache.h"
#include "services/common/faults.h"
#include "services/cost_agent/cost_agent.h"
#include "services/cost_agent/data_source.h"

namespace {

using namespace bench;

// Opened once, on first use: listing the benchmarks opens nothing.
class World {
 public:
  static World& instance() {
    static World world;
    return world;
  }

  // Empty when all is well.
  const std::string& error() const { return error_; }
  cost_agent::CostAgent& agent() { return *agent_; }
  service::Cache& cache() { return *cache_; }

  const std::string& provider() const { return data_.billing->providers().front(); }
  std::int32_t last_day() const { return data_.billing->last_day(); }
  std::int32_t days() const { return last_day() - data_.billing->first_day() + 1; }

 private:
  World() {
    cost_agent::DataOptions options;
    options.size = data_size();
    options.seed = data_seed();
    options.billing = from_environment("DYNO_BILLING");
    options.cache_dir = data_cache();
    options.database = from_environment("DYNO_DATABASE_URL");
    auto data = cost_agent::open_data(options);
    if (!data) {
      error_ = data.error().message;
      return;
    }
    data_ = std::move(*data);
    agent_ = std::make_unique<cost_agent::CostAgent>(*data_.billing, *data_.storage, faults_);
    auto cache = open_cache("cost_agent_bench:");
    if (!cache) {
      error_ = cache.error().message;
      return;
    }
    cache_ = std::move(*cache);
  }

  std::string error_;
  service::Faults faults_;
  cost_agent::DataSource data_;
  std::unique_ptr<cost_agent::CostAgent> agent_;
  std::unique_ptr<service::Cache> cache_;
};

// The last `days` days of the data, or all of them when there are fewer.
cost_agent::Period period_of(World& world, std::int64_t days) {
  const auto last = world.last_day();
  return {last - std::min<std::int32_t>(static_cast<std::int32_t>(days), world.days()) + 1, last};
}

// Rows and bytes of one provider over `days`, read, validated, compared with what is stored.
void cost_collection(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const cost_agent::CollectRequest request{world.provider(), period_of(world, state.range(0)), {}};
  std::uint64_t rows = 0;
  Latencies latencies;
  for (auto _ : state) {
    const auto report = latencies.time([&] { return world.agent().collect(request); });
    if (!worked(state, report)) return;
    rows = report->read.rows_read;
  }
  latencies.report(state);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
  state.SetComplexityN(state.range(0));
}

void cost_analysis(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const cost_agent::AnalyzeRequest request{period_of(world, state.range(0)), ""};
  Latencies latencies;
  for (auto _ : state) {
    if (!worked(state, latencies.time([&] { return world.agent().analyze(request); }))) return;
  }
  latencies.report(state);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

// Of so many resources, taken from the data; the pure computation.
void recommendations(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const auto period = period_of(world, cost_agent::CostAgent::recommendation_days);
  auto& storage = world.agent().storage();
  auto data = storage.period_data(period.first_day, period.last_day, "",
                                  cost_agent::Storage::Need::no_daily_costs);
  if (!worked(state, data)) return;
  auto& resources = data->resources;
  if (resources.empty()) {
    state.SkipWithError("the data have no resources");
    return;
  }
  resources.resize(std::min(static_cast<std::size_t>(state.range(0)), resources.size()));
  const auto count = static_cast<std::int64_t>(resources.size());
  const cost_agent::RecommendationInput input{
      period.first_day, period.last_day, std::move(resources), std::move(data->utilisation), 0};
  Latencies latencies;
  for (auto _ : state) {
    auto set = latencies.time([&] { return cost_agent::recommend(input); });
    benchmark::DoNotOptimize(set);
  }
  latencies.report(state);
  state.SetItemsProcessed(state.iterations() * count);
  state.SetComplexityN(count);
}

void database_query(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const auto period = period_of(world, state.range(0));
  auto& storage = world.agent().storage();
  for (auto _ : state) {
    const auto groups =
        storage.costs(period.first_day, period.last_day, cost_agent::GroupBy::service);
    if (!worked(state, groups)) return;
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

// A billing export by what it holds, so that neither another of its name is taken for it nor a copy
// for another. Empty where it cannot be read: the benchmarks then say why.
std::string data_measured_on() {
  const auto billing = from_environment("DYNO_BILLING");
  if (billing.empty()) return generated_data();
  std::ifstream file(billing, std::ios::binary);
  std::vector<char> block(1 << 16);
  std::uint64_t bytes = 0;
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, 64 bits
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    bytes += static_cast<std::uint64_t>(file.gcount());
    for (std::streamsize i = 0; i < file.gcount(); ++i) {
      hash =
          (hash ^ static_cast<unsigned char>(block[static_cast<std::size_t>(i)])) * 0x100000001b3;
    }
  }
  if (bytes == 0) return "";
  return fmt::format("a billing export of {} bytes, FNV-1a {:016x}", bytes, hash);
}

constexpr int keys = 1000;

std::vector<std::string> cache_keys() {
  std::vector<std::string> names;
  names.reserve(keys);
  for (int i = 0; i < keys; ++i) names.push_back(fmt::format("costs:{}", i));
  return names;
}

void cache_set(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const auto names = cache_keys();
  const std::string value(static_cast<std::size_t>(state.range(0)), 'v');
  std::size_t next = 0;
  for (auto _ : state) {
    world.cache().set(names[next++ % keys], value, std::chrono::minutes(10));
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

void cache_get(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const auto names = cache_keys();
  const std::string value(static_cast<std::size_t>(state.range(0)), 'v');
  for (const auto& name : names) world.cache().set(name, value, std::chrono::minutes(10));
  std::size_t next = 0;
  for (auto _ : state) {
    if (world.cache().get(names[next++ % keys]) != value) {
      state.SkipWithError("the cache lost or changed a value");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

// As many iterations as a p95 is judged on (fixtures/targets/cost_agent.json, set benchmarks).
constexpr int enough_for_p95 = 220;

BENCHMARK(cost_collection)
    ->Name("CostCollection")
    ->Arg(1)
    ->Iterations(enough_for_p95)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(cost_analysis)
    ->Name("CostAnalysis")
    ->Arg(30)
    ->Iterations(enough_for_p95)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(recommendations)
    ->Name("Recommendations")
    ->Arg(2048)
    ->Iterations(enough_for_p95)
    ->Unit(benchmark::kMillisecond);

// Sizes: days, days, resources, days, bytes, bytes.
BENCHMARK(cost_collection)
    ->Name("CostCollection")
    ->Arg(1)
    ->Arg(4)
    ->Arg(16)
    ->Complexity()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(cost_analysis)
    ->Name("CostAnalysis")
    ->Arg(7)
    ->Arg(30)
    ->Arg(90)
    ->Complexity()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(recommendations)
    ->Name("Recommendations")
    ->Arg(64)
    ->Arg(512)
    ->Arg(2048)
    ->Complexity()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(database_query)
    ->Name("DatabaseQuery")
    ->Arg(7)
    ->Arg(30)
    ->Arg(90)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(cache_set)->Name("CacheSet")->RangeMultiplier(8)->Range(64, 32768)->Complexity();
BENCHMARK(cache_get)->Name("CacheGet")->RangeMultiplier(8)->Range(64, 32768)->Complexity();

}  // namespace

int main(int argc, char** argv) {
  return dyno::harness::benchmark_main(argc, argv,
                                       {"CostCollection", "CostAnalysis", "Recommendations",
                                        "DatabaseQuery", "CacheSet", "CacheGet"},
                                       data_measured_on);
}
