#include "dyno/load/scenario.h"

#include <cmath>

#include <fmt/format.h>

namespace dyno::load {
namespace {

bool is_weight(double weight) { return std::isfinite(weight) && weight >= 0; }

Result<void> check_class(const UserClass& users) {
  if (!is_weight(users.weight)) {
    return Error{fmt::format("user class '{}': its weight must be 0 or more", users.name)};
  }
  if (users.wait.low < Duration::zero() || users.wait.high < users.wait.low ||
      users.wait.every < Duration::zero() || users.wait.mean < Duration::zero()) {
    return Error{fmt::format("user class '{}': its wait ends before it begins", users.name)};
  }
  double sum = 0;
  for (const WeightedTask& task : users.tasks) {
    if (!is_weight(task.weight)) {
      return Error{fmt::format("task '{}': its weight must be 0 or more", task.name)};
    }
    if (!task.activity) return Error{fmt::format("task '{}' has no journey", task.name)};
    sum += task.weight;
  }
  if (sum <= 0) {
    return Error{fmt::format("user class '{}' has no task with a weight above 0", users.name)};
  }
  return {};
}

Activity activity_of(const scenario::Task& task) {
  return task.steps.empty() ? Activity{} : Activity(task);
}

}  // namespace

Scenario::Scenario(std::shared_ptr<const scenario::Scenario> compiled)
    : name(compiled->name), data(std::move(compiled)) {
  for (const scenario::UserClass& users : data->classes) {
    UserClass& own = classes.emplace_back();
    own.name = users.name;
    own.weight = users.weight;
    own.wait = users.wait;
    own.on_start = activity_of(users.on_start);
    own.on_stop = activity_of(users.on_stop);
    for (const scenario::Task& task : users.tasks) {
      own.tasks.push_back({task.name, task.weight, activity_of(task)});
    }
  }
}

Result<void> check(const Scenario& scenario) {
  double sum = 0;
  for (const UserClass& users : scenario.classes) {
    if (auto checked = check_class(users); !checked) return checked;
    sum += users.weight;
  }
  if (sum <= 0) {
    return Error{
        fmt::format("scenario '{}' has no user class with a weight above 0", scenario.name)};
  }
  return {};
}

// Each is of the class that is furthest behind its share.
std::vector<std::size_t> classes_of(const Scenario& scenario, std::uint32_t count) {
  double sum = 0;
  for (const UserClass& users : scenario.classes) sum += users.weight;
  std::vector<std::size_t> result(count);
  std::vector<double> given(scenario.classes.size());
  for (std::uint32_t user = 0; user < count; ++user) {
    double furthest = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const double behind = scenario.classes[i].weight / sum * (user + 1) - given[i];
      if (behind > furthest + 1e-9) {
        furthest = behind;
        result[user] = i;
      }
    }
    ++given[result[user]];
  }
  return result;
}

}  // namespace dyno::load
