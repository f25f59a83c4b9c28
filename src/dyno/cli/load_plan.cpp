#include "dyno/cli/load_plan.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/cli/shapes.h"
#include "dyno/core/rate.h"
#include "dyno/core/text.h"

namespace dyno::cli {

namespace {

constexpr Duration default_run_time = std::chrono::seconds{10};

Error of_option(std::string_view option, const Error& error) {
  return Error{fmt::format("{}: {}", option, error.message)};
}

// The command line's, put over the file's; an error names the option.
Result<scenario::Load> merged(const LoadArguments& arguments, scenario::Load load) {
  if (arguments.users && !arguments.rate.empty()) {
    return Error{"-u and --rate are two kinds of load: give one of them"};
  }
  if (arguments.users) {
    if (*arguments.users == 0) return Error{"--users must be at least 1"};
    load.users = *arguments.users;
    load.rate.reset();
    load.stages.clear();
  }
  if (!arguments.rate.empty()) {
    const auto rate = parse_rate(arguments.rate);
    if (!rate) return of_option("--rate", rate.error());
    load.rate = rate->per_second();
    load.users.reset();
    load.spawn_rate.reset();
    load.iterations.reset();
    load.stages.clear();
  }
  if (!arguments.arrivals.empty()) load.uniform_arrivals = arguments.arrivals == "uniform";
  if (!arguments.spawn_rate.empty()) {
    const auto rate = parse_rate(arguments.spawn_rate);
    if (!rate) return of_option("--spawn-rate", rate.error());
    load.spawn_rate = rate->per_second();
  }
  if (!arguments.run_time.empty()) {
    const auto time = parse_duration(arguments.run_time);
    if (!time) return of_option("--run-time", time.error());
    if (*time <= Duration::zero()) return Error{"--run-time must be above 0"};
    load.run_time = *time;
    if (arguments.iterations == 0) load.iterations.reset();
  }
  if (!arguments.warm_up.empty()) {
    const auto time = parse_duration(arguments.warm_up);
    if (!time) return of_option("--warm-up", time.error());
    load.warm_up = *time;
  }
  if (arguments.iterations > 0) load.iterations = arguments.iterations;
  return load;
}

load::LoadPlan staged(const scenario::Load& load) {
  load::LoadPlan plan = load.stages_are_rates ? load::rate(load::per_second(0)) : load::users(0);
  plan.level = load.stages.front().level;
  if (load.warm_up) plan = plan.warm_up(*load.warm_up);
  for (const scenario::LoadStage& stage : load.stages) {
    plan = plan.to(stage.level);
    if (stage.ramp > Duration::zero()) plan = plan.ramp(stage.ramp);
    if (stage.hold > Duration::zero()) plan = plan.hold(stage.hold, stage.name);
  }
  return plan;
}

// As -t takes it, rounded up.
std::string run_time_text(Duration time) {
  const double seconds = std::chrono::duration<double>(time).count();
  return seconds >= 1 ? fmt::format("{:.0f}s", std::ceil(seconds))
                      : fmt::format("{:.0f}ms", std::ceil(seconds * 1e3));
}

// Of a run whose time is over when what comes first (`before`) is.
Error nothing_left(const scenario::Load& load, Duration run_time, Duration before) {
  const auto warm_up = load.warm_up.value_or(Duration::zero());
  const bool starts = load.spawn_rate && before > warm_up;
  std::string text = fmt::format("a run of {} leaves nothing to judge:", to_string(run_time));
  if (starts) {
    text += fmt::format(" starting {:.0f} users at {}/s takes {}", load.users.value_or(1),
                        *load.spawn_rate, to_string(before - warm_up));
  }
  if (warm_up > Duration::zero()) {
    text += fmt::format("{} the warm-up takes {}", starts ? "," : "", to_string(warm_up));
  }
  text += fmt::format("; -t {} would do", run_time_text(2 * before));
  if (starts && run_time > warm_up) {
    const double seconds = std::chrono::duration<double>(run_time - warm_up).count() / 2;
    text += fmt::format(", or -r {:.0f}", std::ceil(load.users.value_or(1) / seconds));
  }
  return Error{text};
}

}  // namespace

Result<load::LoadPlan> plan_of(const LoadArguments& arguments, const scenario::Load& file) {
  auto load = merged(arguments, file);
  if (!load) return load.error();
  if (!arguments.stages.empty()) {
    // The file's own stages go; the highest of them is the level that is meant.
    for (const auto& stage : load->stages) {
      auto& level = load->stages_are_rates ? load->rate : load->users;
      level = std::max(level.value_or(0), stage.level);
    }
    load->stages.clear();
    const bool by_name = arguments.stages.front().find(':') == std::string::npos;
    if (!by_name && (arguments.users || !arguments.run_time.empty())) {
      return Error{"--stage TIME:LEVEL says how many and how long: leave out -u and -t"};
    }
    load = shaped(arguments.stages, std::move(*load));
    if (!load) return load.error();
  }
  load::LoadPlan plan;
  if (!load->stages.empty()) {
    const bool of_file = arguments.stages.empty();
    if (of_file && (!arguments.run_time.empty() || !arguments.spawn_rate.empty())) {
      return Error{
          "the file's load has stages, which say how long and how fast: add -u or --rate to "
          "replace them"};
    }
    plan = staged(*load);
  } else {
    plan = load->rate ? load::rate(load::per_second(*load->rate))
                      : load::users(static_cast<std::uint32_t>(load->users.value_or(1)));
    if (load->spawn_rate) {
      if (load->rate) return Error{"--spawn-rate is for users; it has no meaning with a rate"};
      plan = plan.spawn_rate(load::per_second(*load->spawn_rate));
    }
    if (load->warm_up) plan = plan.warm_up(*load->warm_up);
    const bool by_time = !load->iterations || !arguments.run_time.empty();
    if (by_time && load->run_time) {
      const Duration before = load::length(plan);
      if (before >= *load->run_time) return nothing_left(*load, *load->run_time, before);
      plan = plan.hold(*load->run_time - before);
    } else if (by_time) {
      plan = plan.hold(default_run_time);
    }
  }
  if (load->uniform_arrivals) plan = plan.uniform();
  if (load->iterations) plan = plan.operations(*load->iterations);
  if (const auto checked = load::check(plan); !checked) return checked.error();
  return plan;
}

}  // namespace dyno::cli
