// What one request of a scenario file costs the engine besides sending and receiving: rendering it
// from its compiled template, and looking into the answer. allocs_per_iter shows the setting up,
// spread over the iterations: what is repeated allocates nothing, but for ReadScenario.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "dyno/harness/benchmark_main.h"
#include "dyno/scenario/judge.h"
#include "dyno/scenario/reader.h"
#include "dyno/scenario/wire.h"

namespace {

using namespace dyno;
using namespace dyno::scenario;

constexpr std::string_view text = R"({
  "variables": {"models": ["gpt-4o", "claude-sonnet", "llama-70b"]},
  "tasks": [
    {"get": "/health"},
    {"get": "/items/{{uniform 1 1000}}?page={{uniform 1 50}}"},
    {"post": "/validation/create",
     "json": {"name": "validation {{uuid}}", "model": "{{choice models}}",
              "user": "u{{user}}", "old": "{{uniform 70 85}}", "new": "{{uniform 70.0 95.0}}"},
     "check": {"status": 201, "json": {"/item/status": "created", "/item/score": {"at_least": 0}}},
     "extract": {"id": "/item/id"}},
    {"get": "/mine/{{id}}"}]})";

const Scenario& scenario_of_text() {
  static const auto file = parse_scenario(text, "bench.json");
  return *file->scenario;
}

const Step& step(std::int64_t number) {
  return scenario_of_text().classes[0].tasks[static_cast<std::size_t>(number)].steps[0];
}

// The argument: which task.
void render_request(benchmark::State& state) {
  http::Destination destination;
  destination.common = "Host: 127.0.0.1:8000\r\nUser-Agent: dyno/0.1.0\r\nAccept: */*\r\n";
  const WireRequest request(step(state.range(0)), destination);
  Random random(1);
  const std::vector<std::string> variables{"order/17"};
  std::string out;
  out.reserve(1024);
  for (auto _ : state) {
    out.clear();
    request.render({random, 7, 3, variables}, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

// The argument: how many items of some 70 bytes stand before the value that is looked at.
void check_answer(benchmark::State& state) {
  std::string body = "{\"items\":[";
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    body +=
        fmt::format("{}{{\"id\":{},\"name\":\"item-{}\",\"price\":{}.25,\"tags\":[\"a\",\"b\"]}}",
                    i ? "," : "", i, i, i);
  }
  body += R"(],"item":{"id":"a5-17","status":"created","score":0.75}})";
  Variables variables;
  variables.reset(1);
  variables.values[0].reserve(64);
  const Answer answer{.status = 201, .body = body, .body_bytes = body.size()};
  for (auto _ : state) {
    const bool good = accepts(step(2), answer.status) && !first_failed(step(2), answer) &&
                      !extract(step(2), answer, variables);
    if (!good) state.SkipWithError("the checks do not hold");
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

void read_file_text(benchmark::State& state) {
  for (auto _ : state) {
    auto file = parse_scenario(text, "bench.json");
    if (!file) state.SkipWithError(file.error().message.c_str());
    benchmark::DoNotOptimize(file);
  }
}

BENCHMARK(render_request)->Name("RenderRequest")->DenseRange(0, 3);
BENCHMARK(check_answer)->Name("CheckAnswer")->Arg(0)->Arg(10)->Arg(100);
BENCHMARK(read_file_text)->Name("ReadScenario");

}  // namespace

int main(int argc, char** argv) {
  return dyno::harness::benchmark_main(argc, argv,
                                       {"RenderRequest", "CheckAnswer", "ReadScenario"});
}
