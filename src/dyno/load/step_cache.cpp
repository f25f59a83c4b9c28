#include "dyno/load/step_cache.h"

#include <algorithm>
#include <utility>

namespace dyno::load {

namespace {

constexpr std::size_t largest_kept = 64 * 1024;

}  // namespace

void StepCache::prepare(const scenario::Scenario& scenario, FeederPlaces* places) {
  entries_.resize(scenario.steps);
  scenario_ = &scenario;
  places_ = places;
}

void StepCache::feed(const scenario::Task& task, Random& random, scenario::Variables& variables) {
  using Order = scenario::Feeder::Order;
  for (const std::uint32_t number : task.feeders) {
    const scenario::Feeder& feeder = scenario_->feeders[number];
    if (feeder.per_user && variables.known[feeder.variables.front()]) continue;
    std::uint64_t row = 0;
    if (feeder.order == Order::random || !places_) {
      row = random.below(feeder.rows);
    } else {
      row = (*places_)[number].fetch_add(1, std::memory_order_relaxed);
      if (feeder.order == Order::sequential) row %= feeder.rows;
    }
    const bool there = row < feeder.rows;
    const std::size_t columns = feeder.variables.size();
    for (std::size_t i = 0; i < columns; ++i) {
      variables.known[feeder.variables[i]] = there;
      if (there) variables.values[feeder.variables[i]] = feeder.cells[row * columns + i];
    }
  }
}

bool StepCache::is_fed(std::uint32_t variable) const {
  const auto gives = [&](const scenario::Feeder& feeder) {
    return std::count(feeder.variables.begin(), feeder.variables.end(), variable) > 0;
  };
  return std::any_of(scenario_->feeders.begin(), scenario_->feeders.end(), gives);
}

const StepCache::Entry& StepCache::entry(const scenario::Step& step,
                                         const http::Destination& destination,
                                         EndpointMemory& endpoints) {
  Entry& entry = entries_[step.number];
  if (!entry.ready) {
    entry.wire = scenario::WireRequest(step, destination);
    entry.endpoint = endpoints.id(step.method, step.group);
    entry.ready = true;
  }
  return entry;
}

std::string StepCache::take() {
  if (buffers_.empty()) return {};
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void StepCache::give_back(std::string&& buffer) {
  if (buffer.capacity() > largest_kept) return;
  buffers_.push_back(std::move(buffer));
  buffers_.back().clear();
}

}  // namespace dyno::load
