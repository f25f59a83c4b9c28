// What the chat backend's operations cost without HTTP: lists and pages, a message kept, the cache,
// and the providers' streams taken apart. Over sizes, with the complexity fitted. The data are
// those of DYNO_DATA (medium unless said otherwise) and DYNO_SEED; the storage is SQLite or
// DYNO_DATABASE_URL, the cache embedded or DYNO_REDIS_URL. No provider is called.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench_support.h"
#include "dyno/harness/benchmark_main.h"
#include "services/chat_backend/chat_backend.h"
#include "services/chat_backend/data.h"
#include "services/common/cache.h"

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
  chat_backend::ChatBackend& backend() { return *backend_; }
  service::Cache& cache() { return *cache_; }
  std::uint64_t channels() const { return static_cast<std::uint64_t>(data_.channels); }
  std::uint64_t messages() const { return static_cast<std::uint64_t>(data_.messages); }

 private:
  World() {
    chat_backend::DataOptions options;
    options.size = data_size();
    options.seed = data_seed();
    options.cache_dir = data_cache();
    options.database = from_environment("DYNO_DATABASE_URL");
    auto data = chat_backend::open_data(options);
    if (!data) {
      error_ = data.error().message;
      return;
    }
    data_ = std::move(*data);
    backend_ = std::make_unique<chat_backend::ChatBackend>(*data_.storage, providers_, faults_);
    auto cache = open_cache("chat_backend_bench:");
    if (!cache) {
      error_ = cache.error().message;
      return;
    }
    cache_ = std::move(*cache);
  }

  std::string error_;
  service::Faults faults_;
  chat_backend::Providers providers_;
  chat_backend::Data data_;
  std::unique_ptr<chat_backend::ChatBackend> backend_;
  std::unique_ptr<service::Cache> cache_;
};

void agent_list(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  Latencies latencies;
  std::size_t count = 0;
  for (auto _ : state) {
    const auto agents = latencies.time([&] { return world.backend().agents(); });
    if (!worked(state, agents)) return;
    count = agents->size();
  }
  latencies.report(state);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

void channel_list(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  for (auto _ : state)
    if (!worked(state, world.backend().channels())) return;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(world.channels()));
}

// A page of so many messages, each time of another channel and from another place in it.
void message_page(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  Latencies latencies;
  chat_backend::PageRequest request;
  request.limit = static_cast<std::size_t>(state.range(0));
  std::uint64_t step = 0;
  for (auto _ : state) {
    step += 0x9e3779b97f4a7c15ULL;  // goes through all remainders, far apart
    request.channel = static_cast<std::int64_t>(1 + (step >> 20) % world.channels());
    request.before = static_cast<std::int64_t>(1 + (step >> 8) % world.messages());
    if (!worked(state, latencies.time([&] { return world.backend().messages(request); }))) return;
  }
  latencies.report(state);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

void send_message(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const std::string content(static_cast<std::size_t>(state.range(0)), 'x');
  std::uint64_t channel = 0;
  for (auto _ : state) {
    channel = channel % world.channels() + 1;
    if (!worked(state, world.backend().send(static_cast<std::int64_t>(channel), "bench", content)))
      return;
  }
  state.SetItemsProcessed(state.iterations());
  state.SetComplexityN(state.range(0));
}

// A stream of so many tokens, written as the provider does and read in pieces as they come.
void answer_stream(benchmark::State& state, chat_backend::LlmFormat format) {
  const chat_backend::LlmRequest request{"m", "", {{true, "hello"}}, 4096};
  const chat_backend::AnswerWriter writer(format, request, "id", true);
  std::vector<std::string> pieces{writer.begin()};
  for (std::int64_t i = 0; i < state.range(0); ++i) pieces.push_back(writer.piece(" token"));
  pieces.push_back(writer.end({"", "m", "stop", 1, state.range(0)}));
  for (auto _ : state) {
    chat_backend::AnswerReader reader(format);
    std::int64_t tokens = 0;
    for (const auto& piece : pieces)
      reader.feed(piece, [&tokens](std::string_view) { return ++tokens > 0; });
    if (!reader.finished() || tokens != state.range(0)) {
      state.SkipWithError("the stream was not read to its end");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

constexpr int keys = 1000;

std::vector<std::string> cache_keys() {
  std::vector<std::string> names;
  for (int i = 0; i < keys; ++i) names.push_back(fmt::format("agents:{}", i));
  return names;
}

void cache_set(benchmark::State& state) {
  auto& world = World::instance();
  if (!ready(state, world)) return;
  const auto names = cache_keys();
  const std::string value(static_cast<std::size_t>(state.range(0)), 'v');
  std::size_t next = 0;
  for (auto _ : state) world.cache().set(names[next++ % keys], value, std::chrono::minutes(10));
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
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.SetComplexityN(state.range(0));
}

// As many iterations as a p95 is judged on (fixtures/targets/chat_backend.json, set benchmarks).
constexpr int enough_for_p95 = 220;

BENCHMARK(agent_list)->Name("AgentList")->Iterations(enough_for_p95)->Unit(benchmark::kMicrosecond);
BENCHMARK(message_page)
    ->Name("MessagePage")
    ->Arg(50)
    ->Iterations(enough_for_p95)
    ->Unit(benchmark::kMicrosecond);

// Sizes: messages, bytes, tokens, bytes.
BENCHMARK(channel_list)->Name("ChannelList")->Unit(benchmark::kMicrosecond);
BENCHMARK(message_page)
    ->Name("MessagePage")
    ->Arg(10)
    ->Arg(50)
    ->Arg(200)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(send_message)
    ->Name("SendMessage")
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(answer_stream, anthropic, chat_backend::LlmFormat::anthropic)
    ->Name("AnthropicStream")
    ->RangeMultiplier(8)
    ->Range(16, 1024)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(answer_stream, openai, chat_backend::LlmFormat::openai)
    ->Name("OpenaiStream")
    ->RangeMultiplier(8)
    ->Range(16, 1024)
    ->Complexity()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(cache_set)->Name("CacheSet")->RangeMultiplier(8)->Range(64, 32768)->Complexity();
BENCHMARK(cache_get)->Name("CacheGet")->RangeMultiplier(8)->Range(64, 32768)->Complexity();

}  // namespace

int main(int argc, char** argv) {
  return dyno::harness::benchmark_main(argc, argv,
                                       {"AgentList", "ChannelList", "MessagePage", "SendMessage",
                                        "AnthropicStream", "OpenaiStream", "CacheSet", "CacheGet"},
                                       generated_data);
}
