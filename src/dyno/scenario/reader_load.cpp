// Waits, and the load that a file asks for.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dyno/core/rate.h"
#include "dyno/core/text.h"
#include "dyno/scenario/in_quotes.h"
#include "dyno/scenario/reader_parts.h"

namespace dyno::scenario {

namespace {

constexpr double most_users = 1'000'000;

// "1s" or "1s-3s".
Wait read_span(const Node& node, std::string_view what, Problems& problems) {
  Wait wait;
  const auto dash = node.text.find('-');
  const auto low = parse_duration(std::string_view(node.text).substr(0, dash));
  const auto high = dash == std::string::npos
                        ? low
                        : parse_duration(std::string_view(node.text).substr(dash + 1));
  if (!low || !high || *high < *low) {
    problems.add(node, fmt::format("{}: {} is not a time: write e.g. \"2s\" or \"1s-3s\"", what,
                                   in_quotes(node.text)));
    return wait;
  }
  wait.low = *low;
  wait.high = *high;
  return wait;
}

// A number above 0; a text is read as a rate: "120/min".
std::optional<double> read_rate(const Fields& fields, std::string_view key, Problems& problems) {
  const Node* const node = fields.find(key);
  if (!node) return {};
  if (node->kind != Node::Kind::string && node->kind != Node::Kind::number) {
    problems.add(*node, fmt::format("{} must be a rate such as \"200/s\", and is {}",
                                    in_quotes(key), kind_name(*node)));
    return {};
  }
  const auto rate = parse_rate(node->text);
  if (!rate) {
    problems.add(*node, fmt::format("{}: {} is not a rate above 0: write e.g. \"200/s\" or "
                                    "\"90/min\"",
                                    in_quotes(key), in_quotes(node->text)));
    return {};
  }
  return rate->per_second();
}

std::optional<double> read_users(const Fields& fields, bool zero, Problems& problems) {
  const auto users = fields.number("users");
  if (!users) return {};
  if (*users != std::floor(*users) || *users < (zero ? 0 : 1) || *users > most_users) {
    problems.add(*fields.find("users"),
                 fmt::format("\"users\" must be a whole number from {} to 1000000", zero ? 0 : 1));
  }
  return users;
}

void read_stages(const Node& node, Load& load, Problems& problems) {
  if (node.kind != Node::Kind::array || node.items.empty()) {
    problems.add(node, "\"stages\" must be a list of at least one");
    return;
  }
  for (const Node& item : node.items) {
    const Fields fields(item, "a stage", {"users", "rate", "ramp", "hold", "name"}, problems);
    if (problems.any()) return;
    const auto users = read_users(fields, true, problems);
    const auto rate = read_rate(fields, "rate", problems);
    if (users.has_value() == rate.has_value()) {
      problems.add(item, "a stage has either \"users\" or a \"rate\"");
    }
    if (!load.stages.empty() && load.stages_are_rates != rate.has_value()) {
      problems.add(item, "all stages have \"users\", or all have a \"rate\"");
    }
    load.stages_are_rates = rate.has_value();
    LoadStage stage;
    stage.level = rate ? *rate : users.value_or(0);
    stage.ramp = fields.duration("ramp").value_or(Duration{});
    stage.hold = fields.duration("hold").value_or(Duration{});
    stage.name = fields.text("name");
    if (stage.ramp + stage.hold <= Duration::zero()) {
      problems.add(item, "a stage takes time: give it \"ramp\", \"hold\" or both");
    }
    load.stages.push_back(std::move(stage));
  }
}

}  // namespace

Wait read_wait(const Node& node, std::string_view what, bool may_pace, Problems& problems) {
  Wait wait;
  if (node.kind == Node::Kind::string) return read_span(node, what, problems);
  if (node.kind == Node::Kind::number) {
    wait.low = wait.high = read_duration(node, what, problems);
    return wait;
  }
  const Fields fields = may_pace ? Fields(node, what, {"exponential", "pacing"}, problems)
                                 : Fields(node, what, {"exponential"}, problems);
  if (problems.any()) return wait;
  if (node.members.size() != 1) {
    problems.add(node, fmt::format("{} is a time, a span such as \"1s-3s\"{}", what,
                                   may_pace ? ", {\"exponential\": \"2s\"} or {\"pacing\": \"1s\"}"
                                            : ", or {\"exponential\": \"2s\"}"));
    return wait;
  }
  wait.mean = fields.duration("exponential").value_or(Duration{});
  wait.every = may_pace ? fields.duration("pacing").value_or(Duration{}) : Duration{};
  return wait;
}

Load read_load(const Node& node, Problems& problems) {
  Load load;
  const Fields fields(
      node, "\"load\"",
      {"users", "spawn_rate", "rate", "arrivals", "run_time", "warm_up", "iterations", "stages"},
      problems);
  if (problems.any()) return load;
  load.users = read_users(fields, false, problems);
  load.rate = read_rate(fields, "rate", problems);
  load.spawn_rate = read_rate(fields, "spawn_rate", problems);
  load.run_time = fields.duration("run_time");
  load.warm_up = fields.duration("warm_up");
  if (load.run_time && *load.run_time <= Duration::zero()) {
    problems.add(*fields.find("run_time"), "\"run_time\" must be above 0");
  }
  if (const auto count = fields.number("iterations")) {
    if (*count != std::floor(*count) || *count < 1 || *count > 1e15) {
      problems.add(*fields.find("iterations"), "\"iterations\" must be a whole number above 0");
    }
    load.iterations = static_cast<std::uint64_t>(std::clamp(*count, 1.0, 1e15));
  }
  if (const Node* const arrivals = fields.find("arrivals")) {
    const std::string how = read_text(*arrivals, "\"arrivals\"", problems);
    if (how != "poisson" && how != "uniform") {
      problems.add(*arrivals, "\"arrivals\" must be \"poisson\" or \"uniform\"");
    }
    load.uniform_arrivals = how == "uniform";
  }
  if (load.users && load.rate) {
    problems.add(*fields.find("rate"), "a load has either \"users\" or a \"rate\"");
  }
  if (load.rate && load.spawn_rate) {
    problems.add(*fields.find("spawn_rate"), "\"spawn_rate\" is for users, not for a \"rate\"");
  }
  if (load.rate && load.iterations) {
    problems.add(*fields.find("iterations"), "\"iterations\" is for users, not for a \"rate\"");
  }
  if (const Node* const stages = fields.find("stages")) {
    for (const std::string_view other : {"users", "rate", "spawn_rate", "run_time"}) {
      if (!fields.find(other)) continue;
      problems.add(*fields.find(other),
                   fmt::format("with \"stages\" there is no {}", in_quotes(other)));
    }
    read_stages(*stages, load, problems);
  }
  return load;
}

}  // namespace dyno::scenario
