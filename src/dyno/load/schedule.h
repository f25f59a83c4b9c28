// A plan laid out in time: when each user starts and stops (closed), when each session arrives
// (open). Pure functions of plan and seed, so that a schedule can be tested without running it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/random.h"
#include "dyno/load/plan.h"
#include "dyno/metrics/window.h"

namespace dyno::load {

// Closed model: one user joins or leaves, at an offset from the start of the run.
struct UserEvent {
  Duration at{};
  std::uint32_t user = 0;  // 0 …; the last to join is the first to leave
  bool joins = true;
};

// In order of time. User n is there whenever the level is above n. Who is there at the planned end
// has no event of leaving.
std::vector<UserEvent> user_events(const LoadPlan& plan);

// Open model: the offsets of the arrivals, in order. The cumulative rate of the plan is inverted
// exactly: uniform arrivals lie where it passes 0.5, 1.5, 2.5 …, Poisson arrivals where it passes
// the sums of unit exponentials (Çınlar, Introduction to Stochastic Processes, 1975, section 4.7).
class ArrivalSchedule {
 public:
  ArrivalSchedule(const LoadPlan& plan, std::uint64_t seed);

  // The next arrival; nothing after the planned end.
  std::optional<Duration> next();

 private:
  const std::vector<Stage> stages_;
  const bool poisson_;
  Random random_;
  double due_;              // cumulative arrivals at the next one
  std::size_t stage_ = 0;   // the stage that holds it
  double stage_begin_ = 0;  // cumulative arrivals at the start of that stage
  Duration stage_start_{};
};

// Open model: how many arrivals the plan has between two offsets, in the mean.
double arrivals_between(const LoadPlan& plan, Duration from, Duration to);

// Open model: the arrivals that have begun, by window of the plan. One thread at a time.
class BegunArrivals {
 public:
  explicit BegunArrivals(const LoadPlan& plan);

  void count(Duration at) { ++by_window_[metrics::window_at(windows_, at)]; }

  // One for each of windows(plan).
  const std::vector<std::uint64_t>& by_window() const { return by_window_; }

 private:
  std::vector<metrics::Window> windows_;
  std::vector<std::uint64_t> by_window_;
};

}  // namespace dyno::load
