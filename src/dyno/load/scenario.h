// What the users of a run do: one or several classes of users, each with weighted tasks. It does
// not say how many there are or when (plan.h). A journey function alone is a scenario of one task.
// A task is a journey, written in C++, or the steps of a scenario file (scenario/model.h); the
// engine makes no other difference between the two.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dyno/async/task.h"
#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/load/user.h"
#include "dyno/scenario/model.h"
#include "dyno/scenario/wait.h"

namespace dyno::load {

// Called once per iteration. The scenario owns the callable for the whole run, so that a coroutine
// lambda may use its captures; what it captures by reference is shared by all engine threads.
using Journey = std::function<Task<void>(User&)>;

using scenario::Wait;

// What a user does once: a journey, or steps, or nothing.
struct Activity {
  Journey journey;
  const scenario::Task* steps = nullptr;  // of Scenario::data

  Activity() = default;
  explicit Activity(const scenario::Task& task) : steps(&task) {}

  template <typename F>
  requires std::constructible_from<Journey, F> &&(!std::same_as<std::decay_t<F>, Activity>)
      Activity(F function)  // NOLINT(google-explicit-constructor)
      : journey(std::move(function)) {}

  explicit operator bool() const { return steps != nullptr || journey; }
};

struct WeightedTask {
  std::string name;
  double weight = 1;
  Activity activity;
};

struct UserClass {
  std::string name = "user";
  double weight = 1;  // share of the users that are of this class
  std::vector<WeightedTask> tasks;
  Wait wait;          // after each task
  Activity on_start;  // once per user, before its first task; in the open model once per session
  Activity on_stop;   // once per user, after its last task, while the run drains
};

struct Scenario {
  std::string name = "journey";
  std::vector<UserClass> classes;
  std::shared_ptr<const scenario::Scenario> data;  // what its steps are of; null without steps

  Scenario() = default;

  // All that a scenario file says. Journeys may be added to it, no further data.
  explicit Scenario(std::shared_ptr<const scenario::Scenario> compiled);

  // A single task, from a function or a lambda `Task<void>(User&)`.
  template <typename F>
  requires std::constructible_from<Journey, F> &&(!std::same_as<std::decay_t<F>, Scenario>)
      Scenario(F journey) {  // NOLINT(google-explicit-constructor)
    classes.push_back(UserClass{});
    classes.back().tasks.push_back({"journey", 1, std::move(journey)});
  }
};

// What is wrong with the scenario, in one line: no class, a class without tasks, weights that are
// negative or sum to nothing, a task without a journey, a wait that ends before it begins.
Result<void> check(const Scenario& scenario);

// The classes of the users 0 … count - 1, such that any first n of them are split as nearly as can
// be by weight.
std::vector<std::size_t> classes_of(const Scenario& scenario, std::uint32_t count);

}  // namespace dyno::load
