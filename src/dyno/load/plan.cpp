#include "dyno/load/plan.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/core/text.h"

namespace dyno::load {
namespace {

using metrics::WindowKind;

// A plan bound by count alone still ends.
constexpr Duration longest_count = std::chrono::hours{1};

double reached(const LoadPlan& plan) { return plan.stages.empty() ? 0 : plan.stages.back().to; }

LoadPlan with_stage(LoadPlan plan, WindowKind window, Duration length, double from,
                    std::string name = {}) {
  plan.stages.push_back({window, length, from, plan.level, std::move(name)});
  return plan;
}

std::string level_text(const LoadPlan& plan, double level) {
  if (plan.model == Model::open) return to_string(Rate::per_second(level));
  return fmt::format("{} user{}", std::llround(level), level == 1 ? "" : "s");
}

std::string stage_text(const LoadPlan& plan, const Stage& stage) {
  const std::string length = to_string(stage.length);
  std::string text;
  if (stage.window == WindowKind::ramp) {
    text = fmt::format("ramp {}", length);
  } else if (stage.window == WindowKind::warm_up) {
    text = fmt::format("warm-up {}", length);
  } else {
    text = fmt::format("{} {}", stage.name.empty() ? "hold" : stage.name, length);
  }
  return stage.to == plan.stages.back().to && stage.to == highest_level(plan)
             ? text
             : fmt::format("{} at {}", text, level_text(plan, stage.to));
}

}  // namespace

LoadPlan LoadPlan::to(double new_level) const {
  LoadPlan plan = *this;
  plan.level = new_level;
  return plan;
}

LoadPlan LoadPlan::ramp(Duration length) const {
  return with_stage(*this, WindowKind::ramp, length, reached(*this));
}

LoadPlan LoadPlan::spawn_rate(Rate users_per_second) const {
  const double users_to_start = std::abs(level - reached(*this));
  const std::chrono::duration<double> time{users_to_start / users_per_second.per_second()};
  return ramp(std::chrono::duration_cast<Duration>(time));
}

LoadPlan LoadPlan::warm_up(Duration length) const {
  return with_stage(*this, WindowKind::warm_up, length, level);
}

LoadPlan LoadPlan::hold(Duration length, std::string name) const {
  return with_stage(*this, WindowKind::steady, length, level, std::move(name));
}

LoadPlan LoadPlan::spike(double peak, Duration length) const {
  const double before = level;
  return to(peak).hold(length, "spike").to(before);
}

LoadPlan LoadPlan::operations(std::uint64_t count) const {
  LoadPlan plan = *this;
  plan.iterations = count;
  const bool holds = !stages.empty() && stages.back().window == WindowKind::steady;
  return holds ? plan : plan.hold(longest_count);
}

LoadPlan LoadPlan::poisson() const {
  LoadPlan plan = *this;
  plan.arrivals = Arrivals::poisson;
  return plan;
}

LoadPlan LoadPlan::uniform() const {
  LoadPlan plan = *this;
  plan.arrivals = Arrivals::uniform;
  return plan;
}

LoadPlan LoadPlan::max_in_flight(std::uint32_t sessions) const {
  LoadPlan plan = *this;
  plan.in_flight = sessions;
  return plan;
}

LoadPlan users(std::uint32_t count) {
  LoadPlan plan;
  plan.level = count;
  return plan;
}

LoadPlan rate(Rate arrivals) {
  LoadPlan plan;
  plan.model = Model::open;
  plan.level = arrivals.per_second();
  return plan;
}

Result<void> check(const LoadPlan& plan) {
  if (plan.stages.empty()) return Error{"the load plan has no stage; add hold(30s)"};
  for (const Stage& stage : plan.stages) {
    if (stage.length < Duration::zero()) return Error{"the load plan has a stage below 0 s"};
    if (!std::isfinite(stage.from) || !std::isfinite(stage.to) || stage.from < 0 || stage.to < 0) {
      return Error{"the load plan has a level below 0"};
    }
  }
  if (length(plan) <= Duration::zero()) return Error{"the load plan takes no time; add hold(30s)"};
  if (highest_level(plan) <= 0) {
    return Error{plan.model == Model::closed ? "the load plan has no users; ask for at least 1"
                                             : "the load plan has a rate of 0; ask for more"};
  }
  if (plan.model == Model::closed && highest_level(plan) > 1'000'000) {
    return Error{"the load plan asks for more than 1000000 users"};
  }
  if (plan.iterations > 0 && plan.model == Model::open) {
    return Error{"operations() bounds users, not a rate; use hold() for a rate"};
  }
  return {};
}

Duration length(const LoadPlan& plan) {
  Duration total{};
  for (const Stage& stage : plan.stages) total += stage.length;
  return total;
}

double level_at(const LoadPlan& plan, Duration offset) {
  for (const Stage& stage : plan.stages) {
    if (offset < stage.length) {
      const double share =
          static_cast<double>(offset.count()) / static_cast<double>(stage.length.count());
      return stage.from + (stage.to - stage.from) * std::max(0.0, share);
    }
    offset -= stage.length;
  }
  return 0;
}

double highest_level(const LoadPlan& plan) {
  double highest = 0;
  for (const Stage& stage : plan.stages) highest = std::max({highest, stage.from, stage.to});
  return highest;
}

std::uint32_t most_users(const LoadPlan& plan) {
  if (plan.model == Model::open) return plan.in_flight > 0 ? plan.in_flight : default_in_flight;
  return static_cast<std::uint32_t>(std::ceil(highest_level(plan)));
}

std::vector<metrics::Window> windows(const LoadPlan& plan, Duration end) {
  std::vector<metrics::Window> result;
  Duration at{};
  for (const Stage& stage : plan.stages) {
    if (stage.length == Duration::zero()) continue;
    const bool same =
        !result.empty() && result.back().kind == stage.window && result.back().name == stage.name;
    if (!same) result.push_back({stage.window, at, at, stage.name});
    at += stage.length;
    result.back().end = at;
  }
  result.push_back({WindowKind::drain, at, std::max(at, end), {}});
  return result;
}

std::string describe(const LoadPlan& plan) {
  std::string text = level_text(plan, highest_level(plan));
  if (plan.model == Model::open) {
    text += plan.arrivals == Arrivals::poisson ? " Poisson" : " uniform";
  }
  for (const Stage& stage : plan.stages) {
    if (stage.length == Duration::zero()) continue;
    const bool only_a_cap = plan.iterations > 0 && stage.length == longest_count;
    if (!only_a_cap) text += ", " + stage_text(plan, stage);
  }
  if (plan.iterations > 0) text += fmt::format(", {} iterations", plan.iterations);
  if (plan.model == Model::open) text += fmt::format(", at most {} in flight", most_users(plan));
  return text;
}

}  // namespace dyno::load
