// What one engine thread keeps so that the steps of a scenario cost it little: each step's request
// made ready for the destination, the number of its endpoint, and buffers that an idle user does
// not hold.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "dyno/core/random.h"
#include "dyno/http/destination.h"
#include "dyno/load/endpoints.h"
#include "dyno/metrics/sample.h"
#include "dyno/scenario/judge.h"
#include "dyno/scenario/model.h"
#include "dyno/scenario/wire.h"

namespace dyno::load {

// How far each feeder of a scenario has come; of one run, any thread.
using FeederPlaces = std::deque<std::atomic<std::uint64_t>>;

class StepCache {
 public:
  struct Entry {
    bool ready = false;
    metrics::EndpointId endpoint{};
    scenario::WireRequest wire;
  };

  // Before the first step; the scenario must outlive it.
  void prepare(const scenario::Scenario& scenario, FeederPlaces* places = nullptr);

  // Gives a user the row of each feeder that the task uses. Where a feeder has none left, its
  // columns have no value from then on.
  void feed(const scenario::Task& task, Random& random, scenario::Variables& variables);

  // How many variables a user of the scenario has.
  std::size_t variables() const { return scenario_ ? scenario_->variables.size() : 0; }
  const std::string& name(std::uint32_t variable) const { return scenario_->variables[variable]; }

  // Whether a feeder gives it, not a step.
  bool is_fed(std::uint32_t variable) const;

  // Made at the first use.
  const Entry& entry(const scenario::Step& step, const http::Destination& destination,
                     EndpointMemory& endpoints);

  // An empty buffer, and its return. A buffer that has grown large is not kept.
  std::string take();
  void give_back(std::string&& buffer);

 private:
  std::vector<Entry> entries_;  // by the step's number
  std::vector<std::string> buffers_;
  const scenario::Scenario* scenario_ = nullptr;
  FeederPlaces* places_ = nullptr;
};

}  // namespace dyno::load
