#include "dyno/selfcheck/attendant.h"

#include <algorithm>

namespace dyno::selfcheck {

TimePoint Attendant::answer_at(TimePoint now, const Discipline& asked) {
  const bool freezes_asked = asked.freezes.length > Duration::zero();
  if (freezes_asked && !(asked.freezes == freezes_)) {
    freezes_ = asked.freezes;
    begin_ = now + freezes_.first;
  }
  ++answers_;
  TimePoint at = thawed(std::max(now, free_));
  Duration left = asked.work;
  while (at + left > next_freeze(at)) {
    const TimePoint stop = next_freeze(at);
    left -= stop - at;
    at = thawed(stop);
  }
  free_ = thawed(at + left);
  const Delay& delay = asked.delay;
  const bool rare = delay.every > 0 && answers_ % delay.every == 0;
  return thawed(free_ + (rare ? delay.rare : delay.usual));
}

std::optional<TimePoint> Attendant::frozen(TimePoint now) const {
  if (now < begin_) return std::nullopt;
  const Duration into = (now - begin_) % freezes_.every;
  if (into >= freezes_.length) return std::nullopt;
  return now - into + freezes_.length;
}

TimePoint Attendant::next_freeze(TimePoint now) const {
  if (now < begin_) return begin_;
  if (begin_ == TimePoint::max()) return begin_;
  return now - (now - begin_) % freezes_.every + freezes_.every;
}

}  // namespace dyno::selfcheck
