// For tests: plans and users on a manual clock, without anything that answers.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "dyno/http/destination.h"
#include "dyno/load/worker.h"
#include "dyno/record/run_record.h"

namespace dyno::load {

// What the operations of a run did.
struct Counts {
  std::uint64_t ok = 0;
  std::uint64_t dropped = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t failed = 0;
  Duration lateness_max{};
  Duration response_max{};
  Duration length{};
  record::RunRecord record;
};

// What runs on the loop beside a worker, and may stop it.
using Beside = std::function<Task<void>(async::EventLoop&, Worker&)>;

// Runs a plan on one worker, from 1 s on the clock. A destination for scenarios with requests.
Counts simulate(const Scenario& scenario, const LoadPlan& plan, const Beside& beside = {},
                const http::Destination* destination = nullptr);

// An operation that takes `time` on the loop's clock.
Task<void> step(User& user, std::string_view name, Duration time);

}  // namespace dyno::load
