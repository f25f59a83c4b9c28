// The control of the engine's lateness: a loop that does nothing but sleep until each arrival of a
// schedule (clock_nanosleep to an absolute time) and look at the clock. What it is late by, this
// kernel and this machine are late by; what the engine is late by beyond it is the engine's own.
#pragma once

#include <vector>

#include "dyno/core/clock.h"
#include "dyno/metrics/histogram.h"

namespace dyno::selfcheck {

// The lateness of each of `arrivals` (offsets, ascending) on a thread of its own, bound to `cores`
// (empty: not bound), with the timer slack of the engine's threads. Blocks until the last.
metrics::Histogram bare_timer_lateness(const std::vector<Duration>& arrivals,
                                       const std::vector<int>& cores);

}  // namespace dyno::selfcheck
