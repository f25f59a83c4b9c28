// Who arrives when: the load of one run as plain data. Closed: a number of users over time. Open: a
// rate of arrivals over time. It knows nothing of what a user does (scenario.h) nor of how it is
// run (engine.h).
//
//   users(50).ramp(5s).hold(30s)                 50 users, started over 5 s
//   users(10).operations(100)                    100 iterations on 10 users
//   users(100).spawn_rate(per_second(10)).hold(2min)
//   users(10).hold(2min).spike(100, 1min).hold(2min)
//   rate(per_second(2000)).warm_up(2s).hold(10s)           Poisson arrivals
//   rate(per_second(100)).uniform().hold(10s).to(200).ramp(5s).hold(10s)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/rate.h"
#include "dyno/core/result.h"
#include "dyno/metrics/window.h"

namespace dyno::load {

enum class Model : std::uint8_t { closed, open };
enum class Arrivals : std::uint8_t { poisson, uniform };

// A stretch in which the level (users, or arrivals per second) goes linearly from one value to
// another.
struct Stage {
  metrics::WindowKind window = metrics::WindowKind::steady;
  Duration length{};
  double from = 0;
  double to = 0;
  std::string name;  // tells windows of one kind apart: "spike"; may be empty
};

// Every method returns the plan with one thing more, so that a plan reads as a sentence. Stages
// follow each other in the order of the calls.
struct LoadPlan {
  Model model = Model::closed;
  std::vector<Stage> stages;
  double level = 0;              // users, or arrivals per second, that the next stage goes to
  std::uint64_t iterations = 0;  // closed model: bound by count over all users; 0: by time only
  Arrivals arrivals = Arrivals::poisson;
  std::uint32_t in_flight = 0;  // open model: most sessions at one time; 0: default_in_flight

  // Changes the target level; the next stage goes there: ramp() gradually, the others at once.
  [[nodiscard]] LoadPlan to(double new_level) const;

  // From the level reached so far (0 at the start) to the target level, in the ramp window.
  [[nodiscard]] LoadPlan ramp(Duration length) const;

  // Closed: ramp() as long as it takes to start, or stop, that many users a second.
  [[nodiscard]] LoadPlan spawn_rate(Rate users_per_second) const;

  // The target level, in the warm_up window: recorded, not judged.
  [[nodiscard]] LoadPlan warm_up(Duration length) const;

  // The target level, in the steady window. `name` sets it apart from other steady windows.
  [[nodiscard]] LoadPlan hold(Duration length, std::string name = {}) const;

  // A step to `peak` for `length`, window "spike", and back to the level before.
  [[nodiscard]] LoadPlan spike(double peak, Duration length) const;

  // Closed: ends when exactly `count` iterations have begun and ended, whoever did them. Without a
  // hold() the users hold for at most an hour.
  [[nodiscard]] LoadPlan operations(std::uint64_t count) const;

  // Open: how arrivals lie in time. Poisson unless said otherwise.
  [[nodiscard]] LoadPlan poisson() const;
  [[nodiscard]] LoadPlan uniform() const;

  // Open: most sessions at one time. An arrival beyond it is not sent, and counted as dropped.
  [[nodiscard]] LoadPlan max_in_flight(std::uint32_t sessions) const;
};

inline constexpr std::uint32_t default_in_flight = 10'000;

// Closed model: `count` users, each going round its journey.
LoadPlan users(std::uint32_t count);

// Open model: sessions begin at `arrivals`, whether or not earlier ones have ended.
LoadPlan rate(Rate arrivals);

constexpr Rate per_second(double value) { return Rate::per_second(value); }

// What is wrong with the plan, in one line: no stage, no users, a rate of 0, nothing to hold.
Result<void> check(const LoadPlan& plan);

// The planned end: the sum of the stages.
Duration length(const LoadPlan& plan);

// Users or arrivals per second asked for at `offset` from the start; 0 after the planned end.
double level_at(const LoadPlan& plan, Duration offset);

// The highest level of any stage.
double highest_level(const LoadPlan& plan);

// Sessions that may be there at one time: users (closed) or the limit in flight (open).
std::uint32_t most_users(const LoadPlan& plan);

// Warm-up, ramp and steady windows as planned, and a drain from the planned end to `end` (at least
// the planned end). Neighbours of one kind and name are one window.
std::vector<metrics::Window> windows(const LoadPlan& plan, Duration end);

// "50 users, ramp 5.00 s, hold 30.0 s"; "2000/s Poisson, hold 10.0 s, at most 10000 in flight".
std::string describe(const LoadPlan& plan);

}  // namespace dyno::load
