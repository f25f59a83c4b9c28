// What the threads of the thread-per-user executor share; blocking.h is the way in.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "dyno/core/clock.h"
#include "dyno/load/blocking.h"
#include "dyno/load/collector.h"
#include "dyno/load/endpoints.h"
#include "dyno/load/plan.h"
#include "dyno/load/schedule.h"
#include "dyno/metrics/recorder.h"

namespace dyno::load {

// Recorders that threads share: histograms per thread would take megabytes each.
class SharedRecorders {
 public:
  SharedRecorders(const LoadPlan& plan, TimePoint start);
  void record(std::uint32_t user, const metrics::Sample& sample, std::string_view example);
  void add_to(Collector& collector);

 private:
  struct Locked {
    Locked(const LoadPlan& plan, TimePoint start) : recorder(recorder_windows(plan), start) {}
    std::mutex mutex;
    metrics::Recorder recorder;
  };
  std::array<std::unique_ptr<Locked>, 8> recorders_;
};

// How far the run is on its way to its end.
enum StopLevel : int { going_on = 0, gracefully = 1, at_once = 2 };

struct BlockingState {
  const BlockingJourney& journey;
  const LoadPlan& plan;
  const RunOptions& options;
  TimePoint start{};
  SteadyClock clock{};
  Endpoints endpoints{};
  SharedRecorders recorders{plan, start};
  std::atomic<int> stop{going_on};  // a StopLevel; changed under the mutex
  std::stop_source broken_off{};    // requested when it is at_once

  std::mutex mutex{};                  // guards what follows
  std::condition_variable stopping{};  // for who waits for a time
  std::condition_variable arrived{};   // for who waits for an arrival
  std::condition_variable finished{};  // for the thread that called run_blocking
  std::uint64_t begun = 0;             // iterations
  std::uint32_t running = 0;           // users there, or sessions in flight
  std::uint32_t ended = 0;             // threads
  std::uint64_t exceptions = 0;
  std::string first_exception{};
  std::deque<std::pair<std::uint64_t, TimePoint>> arrivals{};  // number and when due, open model
  BegunArrivals begun_arrivals{plan};
  std::uint32_t idle = 0;  // threads that wait for one
  bool no_more_arrivals = false;

  void request_stop(int level);
  void end_arrivals();

  // Whether another iteration may begin; if so it counts.
  bool take_iteration();
  bool exhausted() const { return plan.iterations > 0 && begun >= plan.iterations; }
  void count(int by);
  void note_exception(const char* what);
};

}  // namespace dyno::load
