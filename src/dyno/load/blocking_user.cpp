#include "dyno/load/blocking_user.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <string>

namespace dyno::load {

using metrics::Outcome;
using metrics::OutcomeKind;

void ThreadUser::begin(std::uint64_t seed, TimePoint due, TimePoint leaves) {
  random_ = Random(seed);
  iteration_ = 0;
  due_ = paced_ = due;
  leaves_ = leaves;
}

void ThreadUser::live() {
  while (!over() && shared_.take_iteration()) iterate();
}

void ThreadUser::iterate() {
  try {
    shared_.journey(*this);
  } catch (const std::exception& exception) {
    shared_.note_exception(exception.what());
  } catch (...) {
    shared_.note_exception("an exception that is none of the standard library's");
  }
  ++iteration_;
}

bool ThreadUser::wait_until(TimePoint when, bool joining) {
  std::unique_lock lock(shared_.mutex);
  while (shared_.stop == going_on && !(joining && shared_.exhausted())) {
    const TimePoint now = shared_.clock.now();
    if (now >= when) return true;
    if (now >= leaves_) return false;
    shared_.stopping.wait_for(lock, std::min(when, leaves_) - now);
  }
  return false;
}

Outcome ThreadUser::operation(std::string_view name, const std::function<Outcome()>& function) {
  if (shared_.stop >= at_once) return {OutcomeKind::cancelled};
  metrics::Sample sample;
  sample.endpoint = endpoints_.id({}, name);
  std::string example;
  sample.sent = shared_.clock.now();
  try {
    sample.outcome = function();
  } catch (const std::exception& exception) {
    sample.outcome = {OutcomeKind::check_failed};
    example = exception.what();
  }
  sample.first_byte = sample.last_byte = shared_.clock.now();
  sample.intended = due_ == due_at_once ? sample.sent : due_;
  due_ = due_at_once;
  shared_.recorders.record(index_, sample, example);
  return sample.outcome;
}

bool ThreadUser::think(Duration low, Duration high) {
  const double time =
      random_.uniform(static_cast<double>(low.count()), static_cast<double>(high.count()));
  return wait_and_be_due(shared_.clock.now() + Duration{static_cast<Duration::rep>(time)});
}

bool ThreadUser::pace(Duration every) {
  const TimePoint now = shared_.clock.now();
  if (paced_ + every < now) {
    paced_ = now;
    return !over();
  }
  paced_ += every;
  return wait_and_be_due(paced_);
}

bool ThreadUser::wait_and_be_due(TimePoint when) {
  if (!wait_until(when)) return false;
  due_ = when;
  return true;
}

}  // namespace dyno::load
