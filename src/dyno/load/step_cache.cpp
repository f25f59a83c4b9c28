#include "dyno/load/step_cache.h"

#include <utility>

namespace dyno::load {

namespace {

constexpr std::size_t largest_kept = 64 * 1024;

}  // namespace

void StepCache::prepare(const scenario::Scenario& scenario) {
  entries_.resize(scenario.steps);
  scenario_ = &scenario;
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
