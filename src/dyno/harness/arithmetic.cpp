#include "dyno/harness/arithmetic.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/record/figures.h"

namespace dyno::harness {

namespace {

using targets::Target;

constexpr double infinite = std::numeric_limits<double>::infinity();

double seconds_in(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string in_words(double seconds) { return to_string(Duration{std::llround(seconds * 1e9)}); }

// Of one iteration: how long it waits, and how many requests match.
struct Round {
  double seconds = 0;
  double requests = 0;
  bool known = true;
};

double mean_seconds(const scenario::Wait& wait) {
  return seconds_in(wait.mean > Duration::zero() ? wait.mean : (wait.low + wait.high) / 2);
}

bool is_of(const Target& target, const scenario::Step& step) {
  const std::string endpoint = step.method + " " + step.group;
  const auto& names = target.endpoints;
  if (!names.empty()) return std::find(names.begin(), names.end(), endpoint) != names.end();
  return matches_glob(target.endpoint, step.group) || matches_glob(target.endpoint, endpoint);
}

void add(const load::Activity& activity, double share, const PlannedLoad& load,
         const Target& target, Round& round) {
  if (!activity) return;
  if (!activity.steps) {
    const auto requests = load.of_journey ? load.of_journey(target) : std::nullopt;
    round.known = round.known && requests;
    round.requests += share * requests.value_or(0);
    return;
  }
  for (const scenario::Step& step : activity.steps->steps) {
    if (is_of(target, step)) round.requests += share;
    round.seconds += share * mean_seconds(step.think);
  }
}

// The mean round of a class.
Round round_of(const load::UserClass& users, const PlannedLoad& load, const Target& target) {
  Round round;
  double sum = 0;
  for (const auto& task : users.tasks) sum += task.weight;
  for (const auto& task : users.tasks) {
    if (task.weight > 0) add(task.activity, task.weight / sum, load, target, round);
  }
  if (load.plan.model == load::Model::open) {  // a session has what comes before and after it
    add(users.on_start, 1, load, target, round);
    add(users.on_stop, 1, load, target, round);
  }
  if (users.wait.every > Duration::zero()) {
    round.seconds = std::max(round.seconds, seconds_in(users.wait.every));
  } else {
    round.seconds += mean_seconds(users.wait);
  }
  if (target.figure == "iteration_rate") return {round.seconds, 1, true};
  return round;
}

// What the users of a closed plan send once, which may all lie in the window.
Round hooks_of(const load::UserClass& users, const PlannedLoad& load, const Target& target) {
  Round hooks;
  if (load.plan.model == load::Model::open || target.figure == "iteration_rate") return hooks;
  add(users.on_start, 1, load, target, hooks);
  add(users.on_stop, 1, load, target, hooks);
  return hooks;
}

// The load in the windows that a target is of.
struct Level {
  double mean = 0;
  double highest = 0;
  double edge = 0;  // users who may have something under way when such a window begins
  double seconds = 0;
};

Level level_in(const load::LoadPlan& plan, std::string_view window) {
  Level level;
  double before = 0;
  for (const load::Stage& stage : plan.stages) {
    if (window == "*" || window == stage.name || window == metrics::to_string(stage.window)) {
      const double seconds = seconds_in(stage.length);
      level.mean += (stage.from + stage.to) / 2 * seconds;
      level.seconds += seconds;
      level.highest = std::max({level.highest, stage.from, stage.to});
      level.edge = std::max({level.edge, before, level.highest});
    }
    before = stage.to;
  }
  if (level.seconds > 0) level.mean /= level.seconds;
  return level;
}

// What a plan makes at most.
struct Most {
  double per_second = 0;
  double slack = 0;  // what chance and the edges of the window may add
  double cycle = 0;  // mean wait of a round
};

bool is_a_load(const PlannedLoad& load) {
  return load::check(load.scenario).ok() && load::check(load.plan).ok();
}

// How many of `users` are of each class; of an open plan its share of the arrivals.
std::vector<double> by_class(const PlannedLoad& load, double users) {
  std::vector<double> result(load.scenario.classes.size());
  if (load.plan.model == load::Model::closed) {
    const auto count = static_cast<std::uint32_t>(std::llround(users));
    for (const auto place : load::classes_of(load.scenario, count)) ++result[place];
    return result;
  }
  double weights = 0;
  for (const auto& one : load.scenario.classes) weights += one.weight;
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = users * load.scenario.classes[i].weight / weights;
  }
  return result;
}

// Journeys of several classes cannot be told apart in a record, nor how often each would come round
// were the service faster.
bool is_opaque(const PlannedLoad& load, const Target& target) {
  if (target.figure == "iteration_rate" || load.scenario.classes.size() < 2) return false;
  const auto written_in_code = [](const load::WeightedTask& task) { return !task.activity.steps; };
  return std::any_of(load.scenario.classes.begin(), load.scenario.classes.end(),
                     [&](const load::UserClass& users) {
                       return std::any_of(users.tasks.begin(), users.tasks.end(), written_in_code);
                     });
}

std::optional<Most> most_of(const PlannedLoad& load, const Target& target, const Level& level) {
  const bool open = load.plan.model == load::Model::open;
  if (level.highest < 0.5 && !open) return {};
  if (level.seconds <= 0 || level.mean <= 0 || is_opaque(load, target)) return {};
  Most most;
  double once = 0;      // requests that come besides, once
  double requests = 0;  // by iteration, the most of any class
  const auto shares = by_class(load, open ? level.mean : level.highest);
  double all = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const Round round = round_of(load.scenario.classes[i], load, target);
    const Round hooks = hooks_of(load.scenario.classes[i], load, target);
    if (!round.known || !hooks.known) return {};
    once += shares[i] * hooks.requests;
    most.cycle += shares[i] * round.seconds;
    all += shares[i];
    if (shares[i] <= 0 || round.requests <= 0) continue;
    requests = std::max(requests, round.requests);
    const double own = open ? shares[i] : shares[i] * level.mean / level.highest;
    const double rounds = open ? own : round.seconds > 0 ? own / round.seconds : infinite;
    most.per_second += rounds * round.requests;
  }
  most.cycle /= all;
  double seconds = level.seconds;
  if (load.plan.iterations > 0) {  // over sooner: each user makes so many rounds, and waits between
    const double rounds = static_cast<double>(load.plan.iterations) / level.highest;
    seconds = std::min(seconds, (rounds - 1) * most.cycle);
  }
  const double edge = open ? 0 : (level.edge * std::max(1.0, requests) + once) / seconds;
  const double chance = 3 * std::sqrt(most.per_second * std::max(1.0, requests) / seconds);
  most.slack = seconds > 0 ? edge + chance : infinite;
  return most;
}

// What would do: more of the load, or less waiting.
std::string remedy(const PlannedLoad& load, const Level& level, const Most& most, double limit) {
  const double wanted = level.highest * limit / most.per_second;
  const bool staged =
      level.highest != load::highest_level(load.plan) || level.mean != level.highest;
  if (load.plan.model == load::Model::open) {
    const double rate = std::ceil(wanted * 10) / 10;
    if (staged) return fmt::format("a rate of {:.6g}/s there would do", rate);
    return load.knob == Knob::option ? fmt::format("--rate {:.6g}/s would do", rate)
                                     : fmt::format("rate(per_second({:.6g})) would do", rate);
  }
  const double users = std::ceil(wanted);
  const auto more = load.knob == Knob::variable
                        ? fmt::format("MAX_CONCURRENT_USERS has cut them: {:.0f} would do", users)
                    : staged                    ? fmt::format("{:.0f} users there would do", users)
                    : load.knob == Knob::option ? fmt::format("-u {:.0f} would do", users)
                                                : fmt::format("users({:.0f}) would do", users);
  return fmt::format("{}, or waits of {} a round in place of {}, as {:.6g}/s need", more,
                     in_words(most.cycle * most.per_second / limit), in_words(most.cycle), limit);
}

bool asks_for_a_rate(const Target& target) {
  const bool a_rate = target.figure == "rate" || target.figure == "throughput.all" ||
                      target.figure == "iteration_rate";
  const bool wants_more =
      target.relation == targets::Relation::at_least || target.relation == targets::Relation::above;
  return a_rate && wants_more && target.limit_figure.empty();
}

}  // namespace

std::optional<double> most_per_second(const PlannedLoad& load, const Target& target) {
  if (!is_a_load(load)) return {};
  const auto most = most_of(load, target, level_in(load.plan, target.window));
  if (!most) return {};
  return most->per_second;
}

std::optional<std::string> why_unreachable(const PlannedLoad& load, const Target& target) {
  if (!asks_for_a_rate(target) || !is_a_load(load)) return {};
  const auto level = level_in(load.plan, target.window);
  const auto most = most_of(load, target, level);
  if (!most || most->per_second <= 0 || most->per_second + most->slack >= target.limit) return {};
  const bool iterations = target.figure == "iteration_rate";
  const bool closed = load.plan.model == load::Model::closed;
  const auto what =
      closed ? fmt::format("{:.4g} users who wait {} a round", level.mean, in_words(most->cycle))
             : fmt::format("{:.6g} arrivals/s", level.mean);
  return fmt::format("{} make at most {:.4g} {}/s, however fast the service is; {}", what,
                     most->per_second, iterations ? "iterations" : "such requests",
                     remedy(load, level, *most, target.limit));
}

std::vector<std::string> unreachable(const PlannedLoad& load, const targets::TargetSet& set) {
  std::vector<std::string> lines;
  for (const Target& target : set.targets) {
    const auto why = why_unreachable(load, target);
    if (!why) continue;
    lines.push_back(fmt::format("unreachable: {}: {}", targets::to_string(target), *why));
  }
  return lines;
}

std::optional<double> requests_per_iteration(const record::RunRecord& run, const Target& target) {
  const auto of_all = [&](const char* figure, bool of_target) {
    return record::figure(run,
                          {.figure = figure,
                           .endpoint = of_target ? target.endpoint : "*",
                           .window = "*",
                           .endpoints = of_target ? target.endpoints : std::vector<std::string>{}});
  };
  const auto iterations = of_all("iterations", false);
  const auto failures = of_all("failures", false);
  const auto requests = of_all("requests", true);
  if (!iterations.known() || iterations.value <= 0) return {};
  if (!failures.known() || failures.value > 0 || !requests.known()) return {};
  return requests.value / iterations.value;
}

}  // namespace dyno::harness
