// What single operations of the application agent cost, without HTTP: the analysis of an answer
// over its length, a baseline over its size, detection, the workflow, insights, and the index. The
// data are those of DYNO_DATA (medium unless said otherwise) and DYNO_SEED; the storage is SQLite
// or DYNO_DATABASE_URL.
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "bench_support.h"
#include "dyno/harness/benchmark_main.h"
#include "services/application_agent/analytics.h"
#include "services/application_agent/sample_data.h"
#include "services/application_agent/service.h"

namespace {

using namespace bench;

namespace agent = application_agent;

// Opened once, on first use: listing the benchmarks opens nothing.
class World {
 public:
  static World& instance() {
    static World world;
    return world;
  }

  const std::string& error() const { return error_; }  // empty when all is well
  agent::ApplicationAgent& operations() { return service_->agent(); }
  const agent::TermIndex& index() const { return index_; }
  const std::vector<agent::Exchange>& exchanges() const { return exchanges_; }

 private:
  World() {
    agent::Config config;
    config.size = data_size();
    config.seed = data_seed();
    config.database = from_environment("DYNO_DATABASE_URL");
    exchanges_ = agent::make_exchanges(agent::exchanges_of(config.size), config.seed);
    for (const auto& exchange : exchanges_) index_.add(exchange.response);
    service_ = std::make_unique<agent::Service>(config);
    const auto started = service_->start();
    if (!started) error_ = started.error().message;
  }

  std::string error_;
  std::vector<agent::Exchange> exchanges_;
  agent::TermIndex index_;
  std::unique_ptr<agent::Service> service_;
};

// An answer of about so many words, of sentences of the data.
std::string answer_of(const World& world, std::int64_t words) {
  std::string text;
  for (std::size_t i = 0, count = 0; count < static_cast<std::size_t>(words); ++i) {
    const auto& response = world.exchanges()[i % world.exchanges().size()].response;
    for (const auto& sentence : agent::sentences_of(response)) count += sentence.words.size();
    text += response + "\n";
  }
  return text;
}

// Words of the answer; the computation alone.
void quality_analysis(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const std::string answer = answer_of(world, state.range(0));
  for (auto _ : state) {
    auto quality =
        agent::analyse(world.index(), "How does a hash table resolve collisions?", answer);
    benchmark::DoNotOptimize(quality);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(answer.size()));
  state.SetComplexityN(state.range(0));
}

// Samples read, described and kept.
void baseline(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  for (auto _ : state) {
    if (!worked(state, world.operations().establish_baseline(
                           "model-v1", "bench", static_cast<std::size_t>(state.range(0)))))
      return;
  }
  state.SetComplexityN(state.range(0));
}

void detect_regression(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  if (!worked(state, world.operations().establish_baseline("model-v1", "bench", 100))) return;
  for (auto _ : state) {
    if (!worked(state, world.operations().detect_regression({"model-v1", "bench", 75, 1, 0})))
      return;
  }
}

void workflow(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const auto& exchange = world.exchanges().front();
  for (auto _ : state) {
    if (!worked(state, world.operations().run_workflow(exchange.model, exchange.prompt,
                                                       exchange.response)))
      return;
  }
}

// Rows looked back on, without the database.
void insights_of(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  std::vector<agent::AnalysisRow> rows;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    rows.push_back({i, agent::known_models()[static_cast<std::size_t>(i) % 7], 0,
                    static_cast<double>(i % 100), 60, 70, 80, 0, 50, 40});
  for (auto _ : state) {
    auto found = agent::insights(rows);
    benchmark::DoNotOptimize(found);
  }
  state.SetComplexityN(state.range(0));
}

void student_t(benchmark::State& state) {
  double t = -3;
  for (auto _ : state) {
    benchmark::DoNotOptimize(agent::student_t_cdf(t, 99));
    t = t > 3 ? -3 : t + 0.01;
  }
}

// Sizes: words, samples, rows.
BENCHMARK(quality_analysis)
    ->Name("QualityAnalysis")
    ->RangeMultiplier(4)
    ->Range(16, 4096)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(baseline)
    ->Name("Baseline")
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(detect_regression)->Name("DetectRegression")->Unit(benchmark::kMicrosecond);
BENCHMARK(workflow)->Name("Workflow")->Unit(benchmark::kMicrosecond);
BENCHMARK(insights_of)
    ->Name("Insights")
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(student_t)->Name("StudentT");

}  // namespace

int main(int argc, char** argv) {
  return dyno::harness::benchmark_main(
      argc, argv,
      {"QualityAnalysis", "Baseline", "DetectRegression", "Workflow", "Insights", "StudentT"},
      generated_data);
}
