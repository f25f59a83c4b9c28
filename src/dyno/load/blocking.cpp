#include "dyno/load/blocking.h"

#include <algorithm>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <sys/prctl.h>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "dyno/core/descriptors.h"
#include "dyno/core/text.h"
#include "dyno/load/blocking_state.h"
#include "dyno/load/blocking_user.h"
#include "dyno/load/collector.h"
#include "dyno/load/schedule.h"
#include "dyno/load/small_thread.h"

namespace dyno::load {
namespace {

using metrics::OutcomeKind;

constexpr std::uint32_t default_threads = 200;
constexpr std::uint32_t most_threads = 1000;

// When one user of a closed plan is there.
struct Stay {
  Duration from{};
  std::optional<Duration> to;
};

std::vector<std::vector<Stay>> stays_of(const LoadPlan& plan) {
  std::vector<std::vector<Stay>> stays(most_users(plan));
  for (const UserEvent& event : user_events(plan)) {
    if (event.joins) {
      stays[event.user].push_back({event.at, {}});
    } else {
      stays[event.user].back().to = event.at;
    }
  }
  return stays;
}

void run_user(BlockingState& shared, std::uint32_t index, const std::vector<Stay>& stays) {
  ThreadUser user(shared, index);
  for (const Stay& stay : stays) {
    const TimePoint from = shared.start + stay.from;
    const TimePoint to = stay.to ? shared.start + *stay.to : TimePoint::max();
    const std::uint64_t seed = derived_seed(shared.options.seed, index);
    user.begin(seed, from, TimePoint::max());
    if (!user.wait_until(from, true)) return;
    user.begin(seed, from, to);
    shared.count(1);
    user.live();
    shared.count(-1);
  }
}

void serve_arrivals(BlockingState& shared, std::uint32_t index) {
  ThreadUser user(shared, index);
  std::unique_lock lock(shared.mutex);
  while (true) {
    shared.arrived.wait(lock, [&] { return !shared.arrivals.empty() || shared.no_more_arrivals; });
    if (shared.arrivals.empty()) return;
    const auto [number, due] = shared.arrivals.front();
    shared.arrivals.pop_front();
    ++shared.running;
    lock.unlock();
    user.begin(derived_seed(shared.options.seed, number), due, TimePoint::max());
    user.iterate();
    lock.lock();
    --shared.running;
    ++shared.idle;
  }
}

// Hands arrivals to threads that are free at that moment; the others are dropped.
void send_arrivals(BlockingState& shared) {
  ArrivalSchedule schedule(shared.plan, shared.options.seed);
  EndpointMemory endpoints(shared.endpoints);
  ThreadUser clock(shared, 0);
  for (std::uint64_t number = 0; const auto at = schedule.next(); ++number) {
    const TimePoint due = shared.start + *at;
    if (!clock.wait_until(due)) break;
    std::unique_lock lock(shared.mutex);
    if (shared.idle > 0) {
      --shared.idle;
      shared.begun_arrivals.count(*at);
      shared.arrivals.emplace_back(number, due);
      shared.arrived.notify_one();
      continue;
    }
    lock.unlock();
    metrics::Sample dropped;
    dropped.endpoint = endpoints.id({}, "arrival");
    dropped.outcome = {OutcomeKind::dropped};
    dropped.intended = dropped.sent = dropped.first_byte = dropped.last_byte = due;
    shared.recorders.record(0, dropped, "all threads were busy");
  }
  shared.end_arrivals();
}

// Until all threads have ended: intervals, stops, the end of the plan and of the stop timeout.
void watch(BlockingState& shared, Collector& collector, std::size_t threads) {
  TimePoint graceful = shared.start + length(shared.plan);
  TimePoint hard = graceful + shared.options.stop_timeout;
  bool noted = false;
  std::unique_lock lock(shared.mutex);
  while (shared.ended < threads) {
    const TimePoint now = shared.clock.now();
    const TimePoint wake = std::min(collector.next_tick(), now + stop_poll);
    shared.finished.wait_for(lock, std::max(wake - now, Duration::zero()));
    const std::uint32_t running = shared.running;
    const int level = shared.stop.load();
    // What was due before the planned end is still sent, however late.
    const bool planned_end = shared.plan.model == Model::closed || shared.no_more_arrivals;
    lock.unlock();
    const int asked = shared.options.stop ? shared.options.stop->level() : 0;
    const TimePoint then = shared.clock.now();
    if (asked > 0 && !noted) {
      noted = true;
      collector.stopped(shared.options.stop->reason());
    }
    const int due = then >= hard                      ? at_once
                    : then >= graceful && planned_end ? gracefully
                                                      : going_on;
    if (std::max(asked, due) > level) {
      shared.request_stop(std::max(asked, due));
      if (level == 0) hard = std::min(hard, then + shared.options.stop_timeout);
    }
    if (then >= collector.next_tick()) collector.tick(then, running, level > 0);
    lock.lock();
  }
}

// The threads of a run. They are all there, and wait, before the run's time begins: so that
// starting hundreds of them makes nobody late.
class Threads {
 public:
  using Body = std::function<void(BlockingState&)>;

  ~Threads() {
    if (!state_) {
      begin_.count_down();
    } else {
      state_->request_stop(at_once);
      state_->end_arrivals();
    }
  }

  // Throws std::system_error.
  void add(Body body) {
    threads_.push_back(std::make_unique<SmallThread>([this, own = std::move(body)] {
      ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
      begin_.wait();
      if (!state_) return;
      own(*state_);
      const std::lock_guard lock(state_->mutex);
      ++state_->ended;
      state_->finished.notify_all();
    }));
  }

  // `state` must outlive this.
  void let_go(BlockingState& state) {
    state_ = &state;
    begin_.count_down();
  }

  std::size_t count() const { return threads_.size(); }

 private:
  BlockingState* state_ = nullptr;
  std::latch begin_{1};
  std::vector<std::unique_ptr<SmallThread>> threads_;
};

void add_users(Threads& threads, const LoadPlan& plan) {
  const std::uint32_t count = most_users(plan);
  if (plan.model == Model::open) {
    for (std::uint32_t i = 0; i < count; ++i) {
      threads.add([i](BlockingState& shared) { serve_arrivals(shared, i); });
    }
    return;
  }
  const auto stays = stays_of(plan);
  for (std::uint32_t i = 0; i < count; ++i) {
    threads.add([i, mine = stays[i]](BlockingState& shared) { run_user(shared, i, mine); });
  }
}

void report(const BlockingState& shared, TimePoint end, Collector& collector) {
  collector.begun(shared.begun_arrivals.by_window());
  const Duration overrun = end - (shared.start + length(shared.plan) + shared.options.stop_timeout);
  if (overrun > stop_poll) {
    collector.note(fmt::format("operations that blocked held up the end of the run by {}",
                               to_string(overrun)));
  }
  if (shared.exceptions > 0) {
    collector.invalid(
        fmt::format("{} iterations ended by an exception in the journey; the first: {}",
                    shared.exceptions, shared.first_exception));
  }
}

}  // namespace

Result<record::RunRecord> run_blocking(const BlockingJourney& journey, const LoadPlan& plan,
                                       const RunOptions& options) {
  if (const auto checked = check(plan); !checked) return checked.error();
  if (!journey) return Error{"the load has no journey"};
  LoadPlan own = plan;
  if (plan.model == Model::open && own.in_flight == 0) own.in_flight = default_threads;
  const std::uint32_t count = most_users(own);
  if (count > most_threads) {
    return Error{
        fmt::format("{} users need a thread each; at most {} are possible", count, most_threads)};
  }
  make_room_for_descriptors(descriptors_of_a_user * count);
  RunOptions known_options = options;
  known_options.threads = count;
  record::RunRecord known = planned_record(own, known_options, "blocking");
  if (options.on_start) options.on_start(known);

  std::optional<BlockingState> shared;
  Threads threads;
  try {
    add_users(threads, own);
    if (own.model == Model::open) threads.add(send_arrivals);
  } catch (const std::system_error& error) {
    return Error{fmt::format("{}; use fewer users", error.what())};
  }
  shared.emplace(journey, own, options, SteadyClock().now() + lead);
  Collector collector(std::move(known), own, options, shared->endpoints, shared->start);
  shared->recorders.add_to(collector);
  shared->idle = count;
  threads.let_go(*shared);
  watch(*shared, collector, threads.count());
  const TimePoint end = shared->clock.now();
  report(*shared, end, collector);
  return collector.finish(end);
}

}  // namespace dyno::load
