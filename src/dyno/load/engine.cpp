#include "dyno/load/engine.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <thread>

#include <fmt/format.h>

#include "dyno/async/event_loop.h"
#include "dyno/core/descriptors.h"
#include "dyno/http/client.h"
#include "dyno/http/url.h"
#include "dyno/load/collector.h"
#include "dyno/load/worker.h"

namespace dyno::load {
namespace {

// Descriptors that are not users' connections.
constexpr std::uint64_t other_descriptors = 128;

// How many connections the limit of open files allows.
std::uint64_t connections_allowed() {
  const std::uint64_t limit = raise_descriptor_limit();
  return limit > other_descriptors ? limit - other_descriptors : 1;
}

// The plan with what the machine allows in place of what nobody has asked for.
Result<LoadPlan> feasible(LoadPlan plan, std::uint32_t max_connections) {
  const std::uint64_t allowed = connections_allowed();
  if (plan.model == Model::open && plan.in_flight == 0) {
    plan.in_flight =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(default_in_flight, allowed));
  }
  const std::uint32_t users = most_users(plan);
  const std::uint32_t needed = max_connections > 0 ? std::min(users, max_connections) : users;
  if (needed > allowed) {
    return Error{
        fmt::format("{} users need {} connections, but this process may open {} "
                    "files; raise the limit (ulimit -n)",
                    users, needed, allowed)};
  }
  make_room_for_descriptors(descriptors_of_a_user * needed + other_descriptors);
  return plan;
}

Result<std::optional<http::Destination>> destination_of(const RunOptions& options) {
  if (options.host.empty()) return std::optional<http::Destination>{};
  const auto url = http::parse_url(options.host);
  if (!url) return url.error();
  auto destination = http::make_destination(*url, options.http);
  if (!destination) return destination.error();
  return std::optional(std::move(*destination));
}

// A thread of users. Timers are kept exact to what the kernel can do: its slack of 50 µs goes.
struct alignas(64) EngineThread {  // threads share no cache line
  EngineThread(RunState& run, Endpoints& endpoints, const http::Destination* destination,
               const RunOptions& options, std::uint32_t index)
      : recorder(recorder_windows(run.plan), run.start),
        loop(clock),
        context{.loop = loop,
                .recorder = recorder,
                .endpoints = EndpointMemory(endpoints),
                .http = nullptr,
                .timeout = options.timeout},
        worker(run, context, index) {
    if (!destination) return;
    http.emplace(http::ClientContext{.loop = loop, .destination = *destination});
    context.http = &*http;
    const std::uint32_t most = destination->settings.max_connections;
    if (most == 0) return;
    const std::uint32_t mine = most / run.workers + (index < most % run.workers ? 1 : 0);
    http->pool = std::make_unique<http::ConnectionPool>(loop, mine);
  }

  void run(const std::vector<int>& cores, std::uint32_t index) {
    ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    if (!cores.empty()) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(static_cast<std::size_t>(cores[index % cores.size()]), &set);
      pinned = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set) == 0;
    }
    try {
      loop.run(worker.run());
    } catch (...) {
      exception = std::current_exception();
    }
  }

  // Any thread.
  void stop(bool now) {
    loop.post([this, now] { now ? worker.stop_now() : worker.stop(); });
  }

  SteadyClock clock;
  metrics::Recorder recorder;
  async::EventLoop loop;
  std::optional<http::ClientContext> http;
  UserContext context;
  Worker worker;
  bool pinned = true;
  std::exception_ptr exception;
};

// The threads of a run, from their start to their end.
class EngineRun {
 public:
  EngineRun(RunState& run, Endpoints& endpoints, const http::Destination* destination,
            const RunOptions& options)
      : run_(run), options_(options) {
    for (std::uint32_t i = 0; i < run.workers; ++i) {
      engines_.push_back(std::make_unique<EngineThread>(run, endpoints, destination, options, i));
    }
  }

  void run(Collector& collector) {
    for (const auto& engine : engines_) collector.add(engine->recorder);
    for (std::uint32_t i = 0; i < run_.workers; ++i) {
      threads_.emplace_back([this, i] {
        engines_[i]->run(options_.cores, i);
        const std::lock_guard lock(mutex_);
        ++ended_;
        changed_.notify_all();
      });
    }
    watch(collector);
    for (std::thread& thread : threads_) thread.join();
  }

  void report(Collector& collector) {
    collector.iterated(iterations());
    std::uint64_t retries = 0;
    std::uint64_t connections = 0;
    std::uint64_t handshakes = 0;
    std::uint64_t resumed = 0;
    bool pinned = true;
    for (const auto& engine : engines_) {
      collector.begun(engine->worker.begun());
      pinned = pinned && engine->pinned;
      if (!engine->http) continue;
      retries += engine->http->retries;
      connections += engine->http->connections;
      handshakes += engine->http->tls.handshakes;
      resumed += engine->http->tls.resumed;
    }
    if (connections > 0) collector.note(fmt::format("connections opened: {}", connections));
    if (handshakes > 0) {
      collector.note(
          fmt::format("TLS handshakes: {}, of which {} resumed a session", handshakes, resumed));
    }
    if (retries > 0) {
      collector.note(
          fmt::format("requests sent again on a fresh connection, the service having "
                      "closed the kept-alive one: {}",
                      retries));
    }
    if (!pinned) collector.note("engine threads could not be bound to their cores");
    if (run_.cancelled > 0) {
      collector.note(
          fmt::format("journeys broken off by the end of the run: {}", run_.cancelled.load()));
    }
    if (run_.exceptions > 0) {
      collector.invalid(
          fmt::format("{} iterations ended by an exception in the journey; the first: {}",
                      run_.exceptions, run_.first_exception));
    }
  }

  // Of the engine itself: it could not get what it needs from the system.
  std::exception_ptr exception() const {
    for (const auto& engine : engines_) {
      if (engine->exception) return engine->exception;
    }
    return nullptr;
  }

 private:
  // Until all threads have ended: intervals, stops, and the end of a bound by count.
  void watch(Collector& collector) {
    SteadyClock clock;
    std::unique_lock lock(mutex_);
    while (ended_ < engines_.size()) {
      const TimePoint now = clock.now();
      const TimePoint wake = std::min(collector.next_tick(), now + stop_poll);
      changed_.wait_for(lock, std::max(wake - now, Duration::zero()));
      lock.unlock();
      pass_on_stop(collector);
      if (clock.now() >= collector.next_tick()) {
        collector.iterated(iterations());
        collector.tick(clock.now(), users(), draining());
      }
      lock.lock();
    }
  }

  void pass_on_stop(Collector& collector) {
    const int level = options_.stop ? options_.stop->level() : 0;
    if (level > stop_level_) {
      if (stop_level_ == 0) collector.stopped(options_.stop->reason());
      stop_level_ = level;
      for (const auto& engine : engines_) engine->stop(level > 1);
    }
    if (!count_reached_ && run_.exhausted() && users() == 0) {
      count_reached_ = true;
      for (const auto& engine : engines_) engine->stop(false);
    }
  }

  std::uint32_t users() const {
    std::uint32_t sum = 0;
    for (const auto& engine : engines_) sum += engine->worker.users();
    return sum;
  }

  std::uint64_t iterations() const {
    std::uint64_t sum = 0;
    for (const auto& engine : engines_) sum += engine->worker.iterations();
    return sum;
  }

  bool draining() const {
    return std::any_of(engines_.begin(), engines_.end(),
                       [](const auto& engine) { return engine->worker.draining(); });
  }

  RunState& run_;
  const RunOptions& options_;
  std::vector<std::unique_ptr<EngineThread>> engines_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t ended_ = 0;
  int stop_level_ = 0;
  bool count_reached_ = false;
};

}  // namespace

void StopRequest::request(const char* reason) noexcept {
  const char* none = nullptr;
  reason_.compare_exchange_strong(none, reason);
  int level = level_.load();
  while (level < 2 && !level_.compare_exchange_weak(level, level + 1)) {
  }
}

void StopRequest::request_now(const char* reason) noexcept {
  const char* none = nullptr;
  reason_.compare_exchange_strong(none, reason);
  level_.store(2);
}

Result<record::RunRecord> run(const Scenario& scenario, const LoadPlan& plan,
                              const RunOptions& options) {
  if (const auto checked = check(plan); !checked) return checked.error();
  if (const auto checked = check(scenario); !checked) return checked.error();
  const auto destination = destination_of(options);
  if (!destination) return destination.error();
  const auto feasible_plan = feasible(plan, options.http.max_connections);
  if (!feasible_plan) return feasible_plan.error();

  RunOptions own = options;
  own.threads = std::clamp(options.threads, 1U, most_users(*feasible_plan));
  if (options.http.max_connections > 0) {
    own.threads = std::min(own.threads, options.http.max_connections);  // each needs one
  }
  record::RunRecord known = planned_record(*feasible_plan, own, "event_loop");
  if (*destination) known.service.url = (*destination)->url.text();
  if (own.on_start) own.on_start(known);

  Endpoints endpoints;
  SteadyClock clock;
  RunState state{.scenario = scenario,
                 .plan = *feasible_plan,
                 .seed = own.seed,
                 .stop_timeout = own.stop_timeout,
                 .start = clock.now() + lead,
                 .workers = own.threads,
                 .classes = {}};
  if (scenario.data) state.feeders = FeederPlaces(scenario.data->feeders.size());
  if (plan.model == Model::closed) state.classes = classes_of(scenario, most_users(plan));
  Collector collector(std::move(known), *feasible_plan, own, endpoints, state.start);
  try {
    EngineRun engine(state, endpoints, *destination ? &**destination : nullptr, own);
    engine.run(collector);
    if (engine.exception()) std::rethrow_exception(engine.exception());
    engine.report(collector);
    return collector.finish(clock.now());
  } catch (const std::exception& exception) {
    return Error{fmt::format("the load engine cannot run: {}", exception.what())};
  }
}

}  // namespace dyno::load
