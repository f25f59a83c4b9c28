// What one engine thread keeps so that the steps of a scenario cost it little: each step's request
// made ready for the destination, the number of its endpoint, and buffers that an idle user does
// not hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dyno/http/destination.h"
#include "dyno/load/endpoints.h"
#include "dyno/metrics/sample.h"
#include "dyno/scenario/model.h"
#include "dyno/scenario/wire.h"

namespace dyno::load {

class StepCache {
 public:
  struct Entry {
    bool ready = false;
    metrics::EndpointId endpoint{};
    scenario::WireRequest wire;
  };

  // Before the first step; the scenario must outlive it.
  void prepare(const scenario::Scenario& scenario);

  // How many variables a user of the scenario has.
  std::size_t variables() const { return scenario_ ? scenario_->variables.size() : 0; }
  const std::string& name(std::uint32_t variable) const { return scenario_->variables[variable]; }

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
};

}  // namespace dyno::load
