#include "dyno/cli/shapes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/core/rate.h"
#include "dyno/core/text.h"

namespace dyno::cli {

namespace {

using scenario::LoadStage;

constexpr double spike_factor = 5;
constexpr int steps = 5;

// A stage of `length`, of which getting there takes as long as the spawn rate says.
LoadStage stage(const scenario::Load& load, double from, double level, Duration length,
                std::string name) {
  LoadStage result{.level = level, .ramp = {}, .hold = length, .name = std::move(name)};
  if (load.spawn_rate && !load.rate) {
    const double seconds = std::abs(level - from) / *load.spawn_rate;
    const Duration ramp{std::llround(seconds * 1e9)};
    result.ramp = std::min(ramp, length - length / 10);
    result.hold = length - result.ramp;
  }
  return result;
}

Result<LoadStage> of_k6(const std::string& text, const scenario::Load& load) {
  const auto colon = text.find(':');
  const auto time = parse_duration(text.substr(0, colon));
  const std::string level = text.substr(colon + 1);
  const auto rate = load.rate ? parse_rate(level) : Result<Rate>(Error{""});
  const auto users = parse_number(level);
  const bool known = load.rate ? rate.ok() || (users && *users == 0)
                               : users && *users >= 0 && *users == std::floor(*users);
  if (!time || *time <= Duration::zero() || !known) {
    return Error{
        fmt::format("--stage '{}': write TIME:{}, e.g. 30s:{}, or a name: spike, step, "
                    "endurance",
                    text, load.rate ? "RATE" : "USERS", load.rate ? "200/s" : "100")};
  }
  return LoadStage{
      .level = rate ? rate->per_second() : *users, .ramp = *time, .hold = {}, .name = {}};
}

}  // namespace

Result<scenario::Load> shaped(const std::vector<std::string>& stages, scenario::Load load) {
  if (stages.empty()) return load;
  if (load.iterations) return Error{"--stage goes by time: it has no meaning with --iterations"};
  const bool named = stages.front().find(':') == std::string::npos;
  std::vector<LoadStage> shape;
  if (!named) {
    for (const std::string& text : stages) {
      auto one = of_k6(text, load);
      if (!one) return one.error();
      // Two stages at one level are a hold, which is judged; k6 makes no such difference.
      const double before = shape.empty() ? 0 : shape.back().level;
      if (one->level == before && one->level > 0) std::swap(one->ramp, one->hold);
      shape.push_back(std::move(*one));
    }
    const bool held = std::any_of(shape.begin(), shape.end(),
                                  [](const LoadStage& one) { return one.hold > Duration::zero(); });
    if (!held) {
      return Error{
          fmt::format("--stage: nothing is held, so nothing would be judged; add a stage "
                      "of the same level, e.g. --stage {0} --stage 1m:{1}",
                      stages.back(), stages.back().substr(stages.back().find(':') + 1))};
    }
  } else {
    if (stages.size() > 1) return Error{"--stage: one name, or several TIME:LEVEL"};
    const std::string& name = stages.front();
    const double level = load.rate ? *load.rate : load.users.value_or(1);
    const bool long_one = name == "endurance" || name == "soak";
    const Duration time = load.run_time.value_or(long_one ? Duration{std::chrono::hours{1}}
                                                          : Duration{std::chrono::minutes{1}});
    if (name == "spike") {
      shape = {stage(load, 0, level, time * 2 / 5, ""),
               stage(load, level, level * spike_factor, time / 5, "spike"),
               stage(load, level * spike_factor, level, time * 2 / 5, "recovery")};
    } else if (name == "step") {
      double before = 0;
      for (int i = 1; i <= steps; ++i) {
        const double exact = level * i / steps;
        const double next = load.rate ? exact : std::max(1.0, std::round(exact));
        shape.push_back(stage(load, before, next, time / steps, fmt::format("step {}", i)));
        before = next;
      }
    } else if (long_one) {
      shape = {stage(load, 0, level, time, "endurance")};
    } else {
      const auto meant = nearest(name, {"spike", "step", "endurance", "soak"});
      return Error{fmt::format("--stage '{}' is not known; {}", name,
                               meant ? fmt::format("did you mean {}?", *meant)
                                     : "there are spike, step, endurance (soak) and TIME:LEVEL")};
    }
  }
  load.stages = std::move(shape);
  load.stages_are_rates = load.rate.has_value();
  load.users.reset();
  load.rate.reset();
  load.spawn_rate.reset();
  load.run_time.reset();
  return load;
}

}  // namespace dyno::cli
