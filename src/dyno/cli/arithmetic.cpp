#include "dyno/cli/arithmetic.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/figures.h"

namespace dyno::cli {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// Of one iteration: how long it waits, and how many requests match.
struct Round {
  double seconds = 0;
  double requests = 0;
  double tasks = 1;
};

double seconds_of(const scenario::Wait& wait) {
  const Duration mean = wait.mean > Duration::zero() ? wait.mean : (wait.low + wait.high) / 2;
  return std::chrono::duration<double>(mean).count();
}

bool matches(const targets::Target& target, const scenario::Step& step) {
  const std::string endpoint = step.method + " " + step.group;
  const auto& names = target.endpoints;
  if (!names.empty()) return std::find(names.begin(), names.end(), endpoint) != names.end();
  return matches_glob(target.endpoint, step.group) || matches_glob(target.endpoint, endpoint);
}

void add(const load::Activity& activity, double share, const targets::Target& target,
         Round& round) {
  if (!activity) return;
  if (!activity.steps) {
    round.requests += share;  // a journey is one request here
    return;
  }
  for (const scenario::Step& step : activity.steps->steps) {
    if (matches(target, step)) round.requests += share;
    round.seconds += share * seconds_of(step.think);
  }
}

// The mean round of a class; `hooks`: with what comes before and after it, as in a session.
Round round_of(const load::UserClass& users, const targets::Target& target, bool hooks) {
  Round round;
  double sum = 0;
  for (const auto& task : users.tasks) sum += task.weight;
  for (const auto& task : users.tasks) add(task.activity, task.weight / sum, target, round);
  if (hooks) {
    add(users.on_start, 1, target, round);
    add(users.on_stop, 1, target, round);
  }
  if (users.wait.every > Duration::zero()) {
    round.seconds =
        std::max(round.seconds, std::chrono::duration<double>(users.wait.every).count());
  } else {
    round.seconds += seconds_of(users.wait);
  }
  return round;
}

double steady_level(const load::LoadPlan& plan) {
  double level = 0;
  for (const load::Stage& stage : plan.stages) {
    if (stage.window == metrics::WindowKind::steady)
      level = std::max({level, stage.from, stage.to});
  }
  return level;
}

// What would do: more of the load, or less waiting.
std::string remedy(const load::LoadPlan& plan, double level, double factor, double cycle,
                   double per_second) {
  if (plan.model == load::Model::open) {
    return fmt::format("--rate {:.6g}/s would do", std::ceil(level * factor * 10) / 10);
  }
  const double seconds = cycle * level / (level * factor);
  return fmt::format("-u {:.0f} would do, or waits of {} a round in place of {}, as {:.6g}/s need",
                     std::ceil(level * factor), to_string(Duration{std::llround(seconds * 1e9)}),
                     to_string(Duration{std::llround(cycle * 1e9)}), per_second);
}

}  // namespace

double most_requests_per_second(const load::Scenario& scenario, const load::LoadPlan& plan,
                                const targets::Target& target) {
  const bool open = plan.model == load::Model::open;
  const double level = steady_level(plan);
  double weights = 0;
  for (const auto& users : scenario.classes) weights += users.weight;
  double most = 0;
  for (const auto& users : scenario.classes) {
    const Round round = round_of(users, target, open);
    if (users.weight <= 0 || round.requests <= 0) continue;
    const double own = level * users.weight / weights;
    if (!open && round.seconds <= 0) return infinite;
    most += round.requests * (open ? own : own / round.seconds);
  }
  return most;
}

std::vector<std::string> unreachable(const load::Scenario& scenario, const load::LoadPlan& plan,
                                     const targets::TargetSet& set) {
  std::vector<std::string> lines;
  const double level = steady_level(plan);
  for (const targets::Target& target : set.targets) {
    const bool a_rate = target.figure == "rate" || target.figure == "throughput.all";
    const bool wants_more = target.relation == targets::Relation::at_least ||
                            target.relation == targets::Relation::above;
    if (!a_rate || !wants_more || !target.limit_figure.empty()) continue;
    const double most = most_requests_per_second(scenario, plan, target);
    // Chance makes a little more of it at times.
    if (most >= target.limit || most <= 0 || level <= 0) continue;
    double cycle = 0;
    double weights = 0;
    for (const auto& users : scenario.classes) {
      weights += users.weight;
      cycle += users.weight * round_of(users, {}, false).seconds;
    }
    const std::string load =
        plan.model == load::Model::open
            ? fmt::format("{:.6g} arrivals/s", level)
            : fmt::format("{:.0f} users who wait {} a round", level,
                          to_string(Duration{std::llround(cycle / weights * 1e9)}));
    lines.push_back(
        fmt::format("unreachable: {}: {} make at most {:.4g} such requests/s, however "
                    "fast the service is; {}",
                    targets::to_string(target), load, most,
                    remedy(plan, level, target.limit / most, cycle / weights, target.limit)));
  }
  return lines;
}

}  // namespace dyno::cli
