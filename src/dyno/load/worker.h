// The users of one engine thread: starts and ends them as the plan says. It runs in an event loop
// and knows nothing of threads, so that a test can run it on a manual clock.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dyno/async/event_loop.h"
#include "dyno/async/scope.h"
#include "dyno/async/stop.h"
#include "dyno/async/task.h"
#include "dyno/load/plan.h"
#include "dyno/load/scenario.h"
#include "dyno/load/schedule.h"
#include "dyno/load/user_state.h"

namespace dyno::load {

// What the workers of one run share; set before they start but for the counts.
struct RunState {
  const Scenario& scenario;
  const LoadPlan& plan;
  std::uint64_t seed = 1;
  Duration stop_timeout{};
  TimePoint start{};
  std::uint32_t workers = 1;
  std::vector<std::size_t> classes;  // of the users, closed model
  FeederPlaces feeders{};            // one a feeder of the scenario

  // Apart from the rest, which all threads read with every iteration and none writes.
  alignas(64) std::atomic<std::uint64_t> iterations{0};  // begun
  alignas(64) std::atomic<std::uint64_t> cancelled{0};   // journeys broken off by the stop
  std::mutex mutex{};
  std::uint64_t exceptions = 0;
  std::string first_exception{};

  // Whether another iteration may begin; if so it counts.
  bool take_iteration();
  bool exhausted() const;
  void note_exception(const char* what);
};

class Worker {
 public:
  // Number `index` of `run.workers`. All must outlive it.
  Worker(RunState& run, UserContext& context, std::uint32_t index);

  // The whole of the plan, until the last user has ended. Awaited once.
  async::Task<void> run();

  // Ends it: users finish their iteration, up to the stop timeout; stop_now() cancels them. On the
  // loop's thread, not from within a user.
  void stop();
  void stop_now();

  // Users there, or sessions in flight. Any thread.
  std::uint32_t users() const { return count_.load(std::memory_order_relaxed); }

  // Iterations that have ended, hooks not counted. Any thread.
  std::uint64_t iterations() const { return iterations_.load(std::memory_order_relaxed); }

  // Open model: sessions that have begun, by window. When the thread has ended.
  const std::vector<std::uint64_t>& begun() const { return begun_.by_window(); }

  // The plan is over or was stopped. Any thread.
  bool draining() const { return draining_.load(std::memory_order_relaxed); }

 private:
  using State = User::State;

  async::Task<void> run_closed();
  async::Task<void> run_open();
  async::Task<void> live(State& state, const UserClass& kind);
  async::Task<void> session(State& state);
  async::Task<void> iterate(State& state, const Activity& activity);
  void begin_iteration(State& state, const Activity& activity);
  void end_iteration(State& state, const std::exception_ptr& exception);
  void count_iteration() {
    iterations_.store(iterations_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void join(std::uint32_t user, TimePoint due);
  void arrive(std::uint64_t number, TimePoint due);
  State& acquire();
  void ended(State& state);
  void drain();

  struct DrainTimer : async::Timer {
    explicit DrainTimer(Worker& drained);
    Worker& worker;
  };

  RunState& run_;
  UserContext& context_;
  const std::uint32_t index_;
  std::vector<std::unique_ptr<State>> states_;
  std::vector<State*> free_;
  std::vector<State*> there_;  // closed model: by user / workers
  BegunArrivals begun_;        // open model
  async::Scope users_;
  async::StopSource stop_;
  DrainTimer drain_timer_{*this};
  bool hard_ = false;
  std::atomic<bool> draining_{false};
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint64_t> iterations_{0};  // written by this thread only
};

}  // namespace dyno::load
