#include "dyno/cli/announce.h"

#include <algorithm>

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno::cli {

namespace {

std::string wait_text(const load::Wait& wait) {
  if (wait.none()) return "no wait";
  if (wait.every > Duration::zero()) return fmt::format("one task every {}", to_string(wait.every));
  if (wait.mean > Duration::zero()) {
    return fmt::format("waits {} on average, exponentially", to_string(wait.mean));
  }
  if (wait.low == wait.high) return fmt::format("waits {}", to_string(wait.low));
  return fmt::format("waits {} to {}", to_string(wait.low), to_string(wait.high));
}

std::string requests_of(const load::Activity& activity) {
  if (!activity.steps) return {};
  std::string text;
  for (const auto& step : activity.steps->steps) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", step.method, step.group);
  }
  return text;
}

std::string feeder_text(const scenario::Feeder& feeder) {
  using Order = scenario::Feeder::Order;
  const char* const order = feeder.order == Order::random   ? "at random"
                            : feeder.order == Order::unique ? "each once"
                                                            : "in turn";
  return fmt::format("feeder {}: {} row{}, {}, one a {}", feeder.name, feeder.rows,
                     feeder.rows == 1 ? "" : "s", order, feeder.per_user ? "user" : "task");
}

template <typename T>
double sum_of_weights(const std::vector<T>& weighted) {
  double sum = 0;
  for (const T& one : weighted) sum += one.weight;
  return sum;
}

void append_class(const load::UserClass& users, double share, std::string& out) {
  out += fmt::format("  {:5.1f} % {}: {}\n", 100 * share, users.name, wait_text(users.wait));
  if (users.on_start) out += fmt::format("           start  {}\n", requests_of(users.on_start));
  const double sum = sum_of_weights(users.tasks);
  for (const auto& task : users.tasks) {
    const std::string requests = requests_of(task.activity);
    out += fmt::format("    {:5.1f} %  {}{}\n", 100 * task.weight / sum, task.name,
                       requests == task.name ? "" : ": " + requests);
  }
  if (users.on_stop) out += fmt::format("           stop   {}\n", requests_of(users.on_stop));
}

}  // namespace

std::string announcement(const Load& load) {
  std::string text = fmt::format("{}: {}", load.scenario.name, load::describe(load.plan));
  if (load.plan.stages.size() > 1 && load.plan.iterations == 0) {
    text += fmt::format("; {} in all", to_string(load::length(load.plan)));
  }
  text += "\n";
  text += fmt::format("  at {}, at most {} for an answer, seed {}, {} thread{}\n", load.origin,
                      to_string(load.options.timeout), load.options.seed, load.options.threads,
                      load.options.threads == 1 ? "" : "s");
  if (!load.scenario.data) return text;
  const auto& data = *load.scenario.data;
  if (!data.set_up.steps.empty()) {
    text += fmt::format("  first, once: {}\n", requests_of(load::Activity(data.set_up)));
  }
  for (const auto& feeder : data.feeders) text += fmt::format("  {}\n", feeder_text(feeder));
  const double sum = sum_of_weights(load.scenario.classes);
  for (const auto& users : load.scenario.classes) append_class(users, users.weight / sum, text);
  if (!data.tear_down.steps.empty()) {
    text += fmt::format("  last, once: {}\n", requests_of(load::Activity(data.tear_down)));
  }
  return text;
}

}  // namespace dyno::cli
