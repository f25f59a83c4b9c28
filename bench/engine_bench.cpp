// What the engine's own operations cost, one by one, without a service: recording and merging,
// coroutines, timers, parsing an answer, rendering a request. The budget of a request over loopback
// is some 6 µs of CPU, nearly all of it the kernel's.
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "dyno/async/event_loop.h"
#include "dyno/async/task.h"
#include "dyno/async/timer_queue.h"
#include "dyno/core/clock.h"
#include "dyno/core/random.h"
#include "dyno/harness/benchmark_main.h"
#include "dyno/http/destination.h"
#include "dyno/http/message.h"
#include "dyno/http/render.h"
#include "dyno/http/response_parser.h"
#include "dyno/metrics/histogram.h"
#include "dyno/metrics/recorder.h"
#include "dyno/metrics/sample.h"
#include "dyno/metrics/window.h"

namespace {

using dyno::Duration;
using dyno::TimePoint;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t values = 4096;  // a power of two

// Latencies as a service under load has them: most within a few powers of two, a tail of some more.
std::vector<Duration> latencies() {
  dyno::Random random(1);
  std::vector<Duration> result;
  for (std::size_t i = 0; i < values; ++i) {
    const double share = random.uniform();
    result.push_back(Duration{static_cast<std::int64_t>(200'000 / (1.001 - share))});
  }
  return result;
}

void histogram_record(benchmark::State& state) {
  const auto times = latencies();
  dyno::metrics::Histogram histogram;
  std::size_t next = 0;
  for (auto _ : state) histogram.record(times[next++ % values]);
  benchmark::DoNotOptimize(histogram);
  state.SetItemsProcessed(state.iterations());
}

void histogram_merge(benchmark::State& state) {
  dyno::metrics::Histogram interval;
  for (const auto time : latencies()) interval.record(time);
  dyno::metrics::Histogram total = interval;
  for (auto _ : state) total.merge(interval);
  benchmark::DoNotOptimize(total);
}

void histogram_percentile(benchmark::State& state) {
  dyno::metrics::Histogram histogram;
  for (const auto time : latencies()) histogram.record(time);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.percentile(99));
}

// A whole request: its cell found, and every phase of it counted, as a thread of the engine does.
void recorder_record(benchmark::State& state) {
  const auto endpoints = static_cast<std::uint32_t>(state.range(0));
  const TimePoint start{};
  dyno::metrics::Recorder recorder(
      {{dyno::metrics::WindowKind::steady, Duration::zero(), std::chrono::hours{1}, ""}}, start);
  const auto times = latencies();
  std::uint32_t next = 0;
  for (auto _ : state) {
    dyno::metrics::Sample sample;
    sample.endpoint = next % endpoints;
    sample.intended = sample.sent = start + milliseconds{1};
    sample.first_byte = sample.last_byte = sample.sent + times[next++ % values];
    sample.bytes_sent = 100;
    sample.bytes_received = 200;
    recorder.record(sample);
  }
  state.SetItemsProcessed(state.iterations());
}

dyno::async::Task<int> chain(std::int64_t depth, int value) {
  if (depth == 0) co_return value;
  const int below = co_await chain(depth - 1, value);
  co_return below + 1;
}

dyno::async::Task<void> await_chains(benchmark::State& state) {
  const auto depth = state.range(0) - 1;
  int sum = 0;
  for (auto _ : state) {
    const int value = co_await chain(depth, 1);
    sum += value;
  }
  benchmark::DoNotOptimize(sum);
}

// A coroutine made, awaited, ended and its frame given back; in chains of so many.
void task_await(benchmark::State& state) {
  dyno::SteadyClock clock;
  dyno::async::EventLoop loop(clock);
  loop.run(await_chains(state));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

dyno::async::Task<void> yield_often(dyno::async::EventLoop& loop, benchmark::State& state) {
  for (auto _ : state) co_await loop.yield();
}

// To the loop and back, with a look at the descriptors on the way: one system call.
void loop_yield(benchmark::State& state) {
  dyno::SteadyClock clock;
  dyno::async::EventLoop loop(clock);
  loop.run(yield_often(loop, state));
}

struct Waiting : dyno::async::Timer {
  Waiting() : Timer([](dyno::async::Timer&) {}) {}
};

// Up to a second.
Duration some_time(dyno::Random& random) {
  return Duration{static_cast<std::int64_t>(random.below(1'000'000'000))};
}

// The first of so many timers comes up and is set again, a random while later: think time.
void timer_fire_and_set(benchmark::State& state) {
  dyno::Random random(1);
  dyno::async::TimerQueue queue;
  std::vector<std::unique_ptr<Waiting>> timers;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    timers.push_back(std::make_unique<Waiting>());
    queue.set(*timers.back(), TimePoint{} + some_time(random));
  }
  std::vector<Duration> waits;
  for (std::size_t i = 0; i < values; ++i) waits.push_back(some_time(random));
  std::size_t next = 0;
  for (auto _ : state) {
    const auto due = queue.next().value_or(TimePoint{});
    auto* const timer = queue.pop(due);
    queue.set(*timer, due + waits[next++ % values]);
  }
  for (auto& timer : timers) queue.cancel(*timer);
}

// A deadline put off with every request, which rarely comes up.
void timer_put_off(benchmark::State& state) {
  dyno::async::TimerQueue queue;
  std::vector<std::unique_ptr<Waiting>> timers;
  TimePoint now{};
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    timers.push_back(std::make_unique<Waiting>());
    queue.set(*timers.back(), now + std::chrono::seconds{30});
  }
  std::size_t next = 0;
  for (auto _ : state) {
    now += microseconds{10};
    queue.set(*timers[next], now + std::chrono::seconds{30});
    next = next + 1 == timers.size() ? 0 : next + 1;
    benchmark::DoNotOptimize(queue.earliest());
  }
  for (auto& timer : timers) queue.cancel(*timer);
}

std::string answer(std::size_t size) {
  return "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
         "Content-Type: application/json\r\nContent-Length: " +
         std::to_string(size) + "\r\nConnection: keep-alive\r\n\r\n" + std::string(size, 'x');
}

std::string chunked_answer(std::size_t chunks, std::size_t size) {
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::array<char, 16> head;
  std::snprintf(head.data(), head.size(), "%zx\r\n", size);
  for (std::size_t i = 0; i < chunks; ++i) {
    text += head.data() + std::string(size, 'x') + "\r\n";
  }
  return text + "0\r\n\r\n";
}

// The same answer again and again, in pieces of at most `piece` bytes.
void parse(benchmark::State& state, const std::string& text, std::size_t piece,
           dyno::http::KnownHead* known = nullptr) {
  using dyno::http::ResponseParser;
  ResponseParser parser;
  for (auto _ : state) {
    parser.begin(false, false, known);
    auto step = ResponseParser::Step::need_more;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      auto input = std::string_view(text).substr(at, piece);
      do step = parser.next(input);
      while (step == ResponseParser::Step::head || step == ResponseParser::Step::body);
    }
    if (step != ResponseParser::Step::done) {
      state.SkipWithError("the answer is not understood");
      return;
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void parse_small(benchmark::State& state) { parse(state, answer(100), 65536); }
void parse_known(benchmark::State& state) {
  dyno::http::KnownHead known;
  parse(state, answer(100), 65536, &known);
}
void parse_10k(benchmark::State& state) { parse(state, answer(10240), 65536); }
void parse_10k_in_pieces(benchmark::State& state) { parse(state, answer(10240), 1448); }
void parse_chunked(benchmark::State& state) { parse(state, chunked_answer(16, 64), 65536); }

void request_render(benchmark::State& state) {
  dyno::http::Destination destination;
  destination.common = "Host: 127.0.0.1:8000\r\nUser-Agent: dyno\r\n";
  const std::string body(static_cast<std::size_t>(state.range(0)), 'x');
  dyno::http::Request request;
  request.path = "/api/v1/items?page=7";
  if (!body.empty()) {
    request.method = "POST";
    request.body = body;
    request.content_type = "application/json";
  }
  std::string out;
  for (auto _ : state) {
    out.clear();
    dyno::http::render(request, destination, out);
    benchmark::DoNotOptimize(out.data());
  }
}

BENCHMARK(histogram_record)->Name("HistogramRecord");
BENCHMARK(histogram_merge)->Name("HistogramMerge");
BENCHMARK(histogram_percentile)->Name("HistogramPercentile");
BENCHMARK(recorder_record)->Name("RecorderRecord")->Arg(1)->Arg(10)->Arg(100);
BENCHMARK(task_await)->Name("TaskAwait")->Arg(1)->Arg(4);
BENCHMARK(loop_yield)->Name("LoopYield");
BENCHMARK(timer_fire_and_set)->Name("TimerFireAndSet")->Arg(100)->Arg(100'000);
BENCHMARK(timer_put_off)->Name("TimerPutOff")->Arg(100)->Arg(100'000);
BENCHMARK(parse_small)->Name("ParseSmall");
BENCHMARK(parse_known)->Name("ParseSmallKnownHead");
BENCHMARK(parse_10k)->Name("Parse10K");
BENCHMARK(parse_10k_in_pieces)->Name("Parse10KInPieces");
BENCHMARK(parse_chunked)->Name("ParseChunked");
BENCHMARK(request_render)->Name("RequestRender")->Arg(0)->Arg(100);

}  // namespace

int main(int argc, char** argv) {
  return dyno::harness::benchmark_main(
      argc, argv,
      {"HistogramRecord", "HistogramMerge", "HistogramPercentile", "RecorderRecord", "TaskAwait",
       "LoopYield", "TimerFireAndSet", "TimerPutOff", "ParseSmall", "ParseSmallKnownHead",
       "Parse10K", "Parse10KInPieces", "ParseChunked", "RequestRender"});
}
