#include "dyno/load/blocking_state.h"

#include <algorithm>

namespace dyno::load {

SharedRecorders::SharedRecorders(const LoadPlan& plan, TimePoint start) {
  for (auto& recorder : recorders_) recorder = std::make_unique<Locked>(plan, start);
}

void SharedRecorders::record(std::uint32_t user, const metrics::Sample& sample,
                             std::string_view example) {
  Locked& mine = *recorders_[user % recorders_.size()];
  const std::lock_guard lock(mine.mutex);
  mine.recorder.record(sample, example);
}

void SharedRecorders::add_to(Collector& collector) {
  for (auto& recorder : recorders_) collector.add(recorder->recorder);
}

// Callbacks of the token may do anything: they are called without the mutex.
void BlockingState::request_stop(int level) {
  {
    const std::lock_guard lock(mutex);
    stop = std::max(stop.load(), level);
    stopping.notify_all();
  }
  if (level >= at_once) broken_off.request_stop();
}

void BlockingState::end_arrivals() {
  const std::lock_guard lock(mutex);
  no_more_arrivals = true;
  arrived.notify_all();
}

bool BlockingState::take_iteration() {
  const std::lock_guard lock(mutex);
  if (exhausted()) return false;
  ++begun;
  if (exhausted()) stopping.notify_all();  // who has not joined yet need not
  return true;
}

void BlockingState::count(int by) {
  const std::lock_guard lock(mutex);
  running += static_cast<std::uint32_t>(by);
}

void BlockingState::note_exception(const char* what) {
  const std::lock_guard lock(mutex);
  if (exceptions++ == 0) first_exception = what;
}

}  // namespace dyno::load
