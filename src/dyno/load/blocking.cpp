#include "dyno/load/blocking.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <sys/prctl.h>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/load/collector.h"
#include "dyno/load/endpoints.h"
#include "dyno/load/schedule.h"

namespace dyno::load {
namespace {

using metrics::Outcome;
using metrics::OutcomeKind;

constexpr Duration lead = std::chrono::milliseconds{10};
constexpr Duration stop_poll = std::chrono::milliseconds{20};
constexpr std::size_t stack_size = 256 * 1024;
constexpr std::uint32_t default_threads = 200;
constexpr std::uint32_t most_threads = 1000;

// A thread with a small stack, joined at its end.
class SmallThread {
 public:
  explicit SmallThread(std::function<void()> body) : body_(std::move(body)) {
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, stack_size);
    const int error = ::pthread_create(
        &thread_, &attributes,
        [](void* self) -> void* {
          static_cast<SmallThread*>(self)->body_();
          return nullptr;
        },
        this);
    ::pthread_attr_destroy(&attributes);
    if (error != 0) {
      throw std::system_error(error, std::generic_category(), "cannot start a thread per user");
    }
  }
  ~SmallThread() { ::pthread_join(thread_, nullptr); }
  SmallThread(const SmallThread&) = delete;
  SmallThread& operator=(const SmallThread&) = delete;

 private:
  std::function<void()> body_;
  pthread_t thread_{};
};

// Recorders that threads share: histograms per thread would take megabytes each.
class SharedRecorders {
 public:
  SharedRecorders(const LoadPlan& plan, TimePoint start) {
    for (auto& recorder : recorders_) recorder = std::make_unique<Locked>(plan, start);
  }
  void record(std::uint32_t user, const metrics::Sample& sample, std::string_view example) {
    Locked& mine = *recorders_[user % recorders_.size()];
    const std::lock_guard lock(mine.mutex);
    mine.recorder.record(sample, example);
  }
  void add_to(Collector& collector) {
    for (auto& recorder : recorders_) collector.add(recorder->recorder);
  }

 private:
  struct Locked {
    Locked(const LoadPlan& plan, TimePoint start) : recorder(recorder_windows(plan), start) {}
    std::mutex mutex;
    metrics::Recorder recorder;
  };
  std::array<std::unique_ptr<Locked>, 8> recorders_;
};

// What the threads of a run share.
struct Shared {
  const BlockingJourney& journey;
  const LoadPlan& plan;
  const RunOptions& options;
  TimePoint start{};
  SteadyClock clock{};
  Endpoints endpoints{};
  SharedRecorders recorders{plan, start};

  std::mutex mutex{};                  // guards what follows
  std::condition_variable stopping{};  // for who waits for a time
  std::condition_variable arrived{};   // for who waits for an arrival
  std::condition_variable finished{};  // for the thread that called run_blocking
  int stop = 0;                        // 1: gracefully, 2: at once
  std::uint64_t begun = 0;
  std::uint32_t running = 0;  // users there, or sessions in flight
  std::uint32_t ended = 0;    // threads
  std::uint64_t exceptions = 0;
  std::string first_exception{};
  std::deque<std::pair<std::uint64_t, TimePoint>> arrivals{};  // number and when due, open model
  std::uint32_t idle = 0;                                      // threads that wait for one
  bool no_more_arrivals = false;

  int stop_level() {
    const std::lock_guard lock(mutex);
    return stop;
  }
  void request_stop(int level) {
    const std::lock_guard lock(mutex);
    stop = std::max(stop, level);
    stopping.notify_all();
  }
  void end_arrivals() {
    const std::lock_guard lock(mutex);
    no_more_arrivals = true;
    arrived.notify_all();
  }
  bool exhausted() const { return plan.iterations > 0 && begun >= plan.iterations; }
  bool take_iteration() {
    const std::lock_guard lock(mutex);
    if (exhausted()) return false;
    ++begun;
    if (exhausted()) stopping.notify_all();  // who has not joined yet need not
    return true;
  }
  void count(int by) {
    const std::lock_guard lock(mutex);
    running += static_cast<std::uint32_t>(by);
  }
};

class ThreadUser final : public BlockingUser {
 public:
  ThreadUser(Shared& shared, std::uint32_t index) : shared_(shared), index_(index) {}

  void begin(std::uint64_t seed, TimePoint due, TimePoint leaves) {
    random_ = Random(seed);
    iteration_ = 0;
    due_ = paced_ = due;
    leaves_ = leaves;
  }

  // Until this user's time is over, the run is stopped, or the iterations are used up.
  void live() {
    while (!over() && shared_.take_iteration()) iterate();
  }

  void iterate() {
    try {
      shared_.journey(*this);
    } catch (const std::exception& exception) {
      const std::lock_guard lock(shared_.mutex);
      if (shared_.exceptions++ == 0) shared_.first_exception = exception.what();
    }
    ++iteration_;
  }

  // Whether it came to `when` before anything ended this user; the end of a bound by count ends
  // only one that has not joined yet.
  bool wait_until(TimePoint when, bool joining = false) {
    std::unique_lock lock(shared_.mutex);
    while (shared_.stop == 0 && !(joining && shared_.exhausted())) {
      const TimePoint now = shared_.clock.now();
      if (now >= when) return true;
      if (now >= leaves_) return false;
      shared_.stopping.wait_for(lock, std::min(when, leaves_) - now);
    }
    return false;
  }

  Outcome operation(std::string_view name, const std::function<Outcome()>& function) override {
    if (shared_.stop_level() > 1) return {OutcomeKind::cancelled};
    metrics::Sample sample;
    sample.endpoint = endpoint(name);
    std::string example;
    sample.sent = shared_.clock.now();
    try {
      sample.outcome = function();
    } catch (const std::exception& exception) {
      sample.outcome = {OutcomeKind::check_failed};
      example = exception.what();
    }
    sample.first_byte = sample.last_byte = shared_.clock.now();
    sample.intended = due_ == at_once ? sample.sent : due_;
    due_ = at_once;
    shared_.recorders.record(index_, sample, example);
    return sample.outcome;
  }

  bool think(Duration low, Duration high) override {
    const double time =
        random_.uniform(static_cast<double>(low.count()), static_cast<double>(high.count()));
    return wait_and_be_due(shared_.clock.now() + Duration{static_cast<Duration::rep>(time)});
  }

  bool pace(Duration every) override {
    const TimePoint now = shared_.clock.now();
    if (paced_ + every < now) {
      paced_ = now;
      return !over();
    }
    paced_ += every;
    return wait_and_be_due(paced_);
  }

  Random& random() override { return random_; }
  std::uint32_t index() const override { return index_; }
  std::uint64_t iteration() const override { return iteration_; }

 private:
  static constexpr TimePoint at_once = TimePoint::max();

  bool over() { return shared_.stop_level() > 0 || shared_.clock.now() >= leaves_; }

  bool wait_and_be_due(TimePoint when) {
    if (!wait_until(when)) return false;
    due_ = when;
    return true;
  }

  metrics::EndpointId endpoint(std::string_view name) { return endpoints_.id({}, name); }

  Shared& shared_;
  const std::uint32_t index_;
  EndpointMemory endpoints_{shared_.endpoints};
  Random random_{0};
  std::uint64_t iteration_ = 0;
  TimePoint due_ = at_once;
  TimePoint paced_;
  TimePoint leaves_ = TimePoint::max();
};

// When one user of a closed plan is there.
struct Stay {
  TimePoint from;
  TimePoint to = TimePoint::max();
};

std::vector<std::vector<Stay>> stays_of(const LoadPlan& plan, TimePoint start) {
  std::vector<std::vector<Stay>> stays(most_users(plan));
  for (const UserEvent& event : user_events(plan)) {
    if (event.joins) {
      stays[event.user].push_back({start + event.at});
    } else {
      stays[event.user].back().to = start + event.at;
    }
  }
  return stays;
}

void run_user(Shared& shared, std::uint32_t index, const std::vector<Stay>& stays) {
  ThreadUser user(shared, index);
  for (const Stay& stay : stays) {
    user.begin(derived_seed(shared.options.seed, index), stay.from, TimePoint::max());
    if (!user.wait_until(stay.from, true)) return;
    user.begin(derived_seed(shared.options.seed, index), stay.from, stay.to);
    shared.count(1);
    user.live();
    shared.count(-1);
  }
}

void serve_arrivals(Shared& shared, std::uint32_t index) {
  ThreadUser user(shared, index);
  std::unique_lock lock(shared.mutex);
  while (true) {
    ++shared.idle;
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
  }
}

// Hands arrivals to threads that are free at that moment; the others are dropped.
void send_arrivals(Shared& shared) {
  ArrivalSchedule schedule(shared.plan, shared.options.seed);
  EndpointMemory endpoints(shared.endpoints);
  ThreadUser clock(shared, 0);
  for (std::uint64_t number = 0; const auto at = schedule.next(); ++number) {
    const TimePoint due = shared.start + *at;
    if (!clock.wait_until(due)) break;
    std::unique_lock lock(shared.mutex);
    if (shared.idle > 0) {
      --shared.idle;
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
void watch(Shared& shared, Collector& collector, std::size_t threads) {
  TimePoint graceful = shared.start + length(shared.plan);
  TimePoint hard = graceful + shared.options.stop_timeout;
  bool noted = false;
  std::unique_lock lock(shared.mutex);
  while (shared.ended < threads) {
    const TimePoint now = shared.clock.now();
    const TimePoint wake = std::min(collector.next_tick(), now + stop_poll);
    shared.finished.wait_for(lock, std::max(wake - now, Duration::zero()));
    const std::uint32_t running = shared.running;
    const int level = shared.stop;
    // What was due before the planned end is still sent, however late.
    const bool planned_end = shared.plan.model == Model::closed || shared.no_more_arrivals;
    lock.unlock();
    const int asked = shared.options.stop ? shared.options.stop->level() : 0;
    const TimePoint then = shared.clock.now();
    if (asked > 0 && !noted) {
      noted = true;
      collector.stopped(shared.options.stop->reason());
    }
    const int due = then >= hard ? 2 : then >= graceful && planned_end ? 1 : 0;
    if (std::max(asked, due) > level) {
      shared.request_stop(std::max(asked, due));
      if (level == 0) hard = std::min(hard, then + shared.options.stop_timeout);
    }
    if (then >= collector.next_tick()) collector.tick(then, running, level > 0);
    lock.lock();
  }
}

}  // namespace

Result<record::RunRecord> run_blocking(const BlockingJourney& journey, const LoadPlan& plan,
                                       const RunOptions& options) {
  if (const auto checked = check(plan); !checked) return checked.error();
  if (!journey) return Error{"the load has no journey"};
  LoadPlan own = plan;
  const bool open = plan.model == Model::open;
  if (open && own.in_flight == 0) own.in_flight = default_threads;
  const std::uint32_t count = most_users(own);
  if (count > most_threads) {
    return Error{
        fmt::format("{} users need a thread each; at most {} are possible", count, most_threads)};
  }
  RunOptions known_options = options;
  known_options.threads = count;
  record::RunRecord known = planned_record(own, known_options, "blocking");
  if (options.on_start) options.on_start(known);

  const SteadyClock clock;
  Shared shared{.journey = journey, .plan = own, .options = options, .start = clock.now() + lead};
  Collector collector(std::move(known), own, options, shared.endpoints, shared.start);
  shared.recorders.add_to(collector);
  const auto stays = open ? std::vector<std::vector<Stay>>(count) : stays_of(own, shared.start);
  const auto thread_body = [&shared](const std::function<void()>& body) {
    return [&shared, body] {
      ::prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
      body();
      const std::lock_guard lock(shared.mutex);
      ++shared.ended;
      shared.finished.notify_all();
    };
  };
  std::vector<std::unique_ptr<SmallThread>> threads;  // joined when they go
  try {
    for (std::uint32_t i = 0; i < count; ++i) {
      threads.push_back(std::make_unique<SmallThread>(thread_body([&shared, &stays, i, open] {
        open ? serve_arrivals(shared, i) : run_user(shared, i, stays[i]);
      })));
    }
    if (open) {
      threads.push_back(
          std::make_unique<SmallThread>(thread_body([&shared] { send_arrivals(shared); })));
    }
    watch(shared, collector, threads.size());
  } catch (const std::system_error& error) {
    shared.request_stop(2);
    shared.end_arrivals();
    return Error{fmt::format("{}; use fewer users", error.what())};
  }
  const TimePoint end = shared.clock.now();
  const Duration overrun = end - (shared.start + length(own) + options.stop_timeout);
  if (overrun > stop_poll) {
    collector.note(fmt::format("operations that blocked held up the end of the run by {}",
                               to_string(overrun)));
  }
  if (shared.exceptions > 0) {
    collector.invalid(
        fmt::format("{} iterations ended by an exception in the journey; the first: {}",
                    shared.exceptions, shared.first_exception));
  }
  return collector.finish(end);
}

}  // namespace dyno::load
