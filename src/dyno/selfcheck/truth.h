// What response times must be, computed from when requests were to arrive and from how the oracle
// server says it answers (discipline.h): no clock, no socket, no sampling. The recursion is
// Lindley's for one attendant (D. V. Lindley, The theory of queues with a single server, 1952), in
// a time that has the freezes cut out of it. It is not what was measured: it knows neither the
// network nor the engine, and that is its use.
#pragma once

#include <cstdint>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/load/plan.h"
#include "dyno/selfcheck/discipline.h"

namespace dyno::selfcheck {

// The intended arrivals of an open plan with that seed, as offsets from its start, in order.
std::vector<Duration> arrivals_of(const load::LoadPlan& plan, std::uint64_t seed);

// The response time of each of `arrivals` (offsets in ascending order), which are all that the
// server gets. Freezes count from the first of them.
std::vector<Duration> response_times(const std::vector<Duration>& arrivals,
                                     const Discipline& discipline);

// The smallest value that at least `percent` of them do not exceed: the one at rank
// ceil(percent / 100 · n), as in metrics::Histogram. Zero for no values.
Duration percentile(std::vector<Duration> values, double percent);

}  // namespace dyno::selfcheck
