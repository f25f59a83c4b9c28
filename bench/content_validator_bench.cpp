// What single operations of the content validator cost: checking and mending a document, a diff, a
// call of a tool with and without the protocol, and what is asked of the storage. Over sizes in KB,
// with the complexity fitted. The storage is SQLite or DYNO_DATABASE_URL.
#include <cstdint>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench_support.h"
#include "dyno/harness/benchmark_main.h"
#include "services/common/faults.h"
#include "services/common/metrics.h"
#include "services/content_validator/corpus.h"
#include "services/content_validator/enhance.h"
#include "services/content_validator/mcp.h"
#include "services/content_validator/service.h"
#include "services/content_validator/validate.h"

namespace {

using namespace bench;
using namespace content_validator;

// A document of about so many KB: articles of the corpus, one after the other.
std::string document_of(std::int64_t kilobytes) {
  const auto bytes = static_cast<std::size_t>(kilobytes) * 1024;
  std::string text;
  for (std::size_t i = 0; text.size() < bytes; ++i) {
    const std::string next = make_document("small", 1, i % 40).content;
    // One front matter is enough.
    const auto body = text.empty() ? 0 : next.find("\n---\n");
    text += next.substr(body == next.npos ? 0 : body + (text.empty() ? 0 : 5));
  }
  return text.substr(0, text.rfind('\n', bytes) + 1);
}

// Opened once, on first use: listing the benchmarks opens nothing.
class World {
 public:
  static World& instance() {
    static World world;
    return world;
  }
  const std::string& error() const { return error_; }
  Tools& tools() { return workspace_->tools(); }
  McpServer& server() { return *server_; }

 private:
  World() {
    Config config;
    config.data_size = data_size();
    config.data_seed = data_seed();
    config.cache_dir = data_cache();
    config.database = from_environment("DYNO_DATABASE_URL");
    auto opened = Workspace::open(config, faults_);
    if (!opened) {
      error_ = opened.error().message;
      return;
    }
    workspace_ = std::move(*opened);
    server_ = std::make_unique<McpServer>(workspace_->tools(), metrics_, "bench");
    const auto filled = workspace_->tools().call("validate_folder", std::string("{}"));
    if (!filled) error_ = filled.error().message;
  }

  std::string error_;
  service::Faults faults_;
  service::MetricsRegistry metrics_;
  std::unique_ptr<Workspace> workspace_;
  std::unique_ptr<McpServer> server_;
};

// Sets what is of a document of state.range(0) KB.
void sized(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.SetComplexityN(state.range(0));
}

void validation(benchmark::State& state) {
  const std::string document = document_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(validate(document));
  sized(state, document.size());
}

void enhancement(benchmark::State& state) {
  const std::string document = document_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(enhance(document));
  sized(state, document.size());
}

void diff(benchmark::State& state) {
  const std::string before = document_of(state.range(0));
  const std::string after = enhance(before).content;
  for (auto _ : state) benchmark::DoNotOptimize(unified_diff(before, after, "document.md"));
  sized(state, before.size());
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

void tool_call(benchmark::State& state) {
  if (!ready(state, World::instance())) return;
  const std::string document = document_of(state.range(0));
  const std::string arguments = fmt::format("{{\"content\":\"{}\"}}", escaped(document));
  for (auto _ : state)
    if (!World::instance().tools().call("validate_content", arguments).ok())
      return state.SkipWithError("the call failed");
  sized(state, document.size());
}

void mcp_tool_call(benchmark::State& state) {
  if (!ready(state, World::instance())) return;
  const std::string document = document_of(state.range(0));
  const std::string message =
      fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"tools/call","params":)"
                  R"({{"name":"validate_content","arguments":{{"content":"{}"}}}}}})",
                  escaped(document));
  for (auto _ : state) {
    const auto answer = World::instance().server().handle(message, newest_protocol);
    if (answer.body.find("\"isError\":false") == std::string::npos)
      return state.SkipWithError("the call failed");
  }
  sized(state, document.size());
}

void list_validations(benchmark::State& state) {
  if (!ready(state, World::instance())) return;
  const std::string arguments = fmt::format("{{\"limit\":{}}}", state.range(0));
  for (auto _ : state)
    if (!World::instance().tools().call("list_validations", arguments).ok())
      return state.SkipWithError("the call failed");
  state.SetComplexityN(state.range(0));
}

void get_stats(benchmark::State& state) {
  if (!ready(state, World::instance())) return;
  for (auto _ : state)
    if (!World::instance().tools().call("get_stats", std::string("{}")).ok())
      return state.SkipWithError("the call failed");
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(4)->Range(1, 64)->Complexity()->Unit(benchmark::kMicrosecond);
}

BENCHMARK(validation)->Name("Validation")->Apply(sizes);
BENCHMARK(enhancement)->Name("Enhancement")->Apply(sizes);
BENCHMARK(diff)->Name("Diff")->Apply(sizes);
BENCHMARK(tool_call)->Name("ToolCall")->Apply(sizes);
BENCHMARK(mcp_tool_call)->Name("McpToolCall")->Apply(sizes);
BENCHMARK(list_validations)
    ->Name("ListValidations")
    ->Arg(10)
    ->Arg(50)
    ->Arg(200)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(get_stats)->Name("GetStats")->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int argc, char** argv) {
  return dyno::harness::benchmark_main(argc, argv,
                                       {"Validation", "Enhancement", "Diff", "ToolCall",
                                        "McpToolCall", "ListValidations", "GetStats"},
                                       generated_data);
}
