// Decides, request by request, when the oracle server is to answer, as the discipline says. It
// follows real time in the order of the requests and needs no schedule; truth.h, which it shares no
// code with, computes the same from the schedule alone. No clock of its own, one thread.
#pragma once

#include <optional>

#include "dyno/core/clock.h"
#include "dyno/selfcheck/discipline.h"

namespace dyno::selfcheck {

class Attendant {
 public:
  // When a request that came at `now` is to be answered. Requests come in order of time.
  TimePoint answer_at(TimePoint now, const Discipline& asked);

  // Whether it is frozen at `now`: until when.
  std::optional<TimePoint> frozen(TimePoint now) const;

  // When the next freeze begins after `now`; max() when there is none.
  TimePoint next_freeze(TimePoint now) const;

 private:
  TimePoint thawed(TimePoint when) const { return frozen(when).value_or(when); }

  Freezes freezes_;
  TimePoint begin_ = TimePoint::max();  // of the first freeze
  TimePoint free_{};                    // when the work on all requests so far is done
  std::uint64_t answers_ = 0;
};

}  // namespace dyno::selfcheck
