// What the numbers of a run say before it: the most requests that its plan can make, and which
// targets on a rate it can therefore not reach, whatever the service does.
#pragma once

#include <string>
#include <vector>

#include "dyno/load/plan.h"
#include "dyno/load/scenario.h"
#include "dyno/targets/targets.h"

namespace dyno::cli {

// Requests per second to the endpoints that a target is of, were every answer there at once: of a
// closed plan users / cycle × requests per cycle, where the cycle is wait and think time (pacing:
// the time of a round); of an open one arrivals × requests per session. Infinite where nobody
// waits.
double most_requests_per_second(const load::Scenario& scenario, const load::LoadPlan& plan,
                                const targets::Target& target);

// One line for each target that asks for a higher rate than that, with the number to change.
std::vector<std::string> unreachable(const load::Scenario& scenario, const load::LoadPlan& plan,
                                     const targets::TargetSet& set);

}  // namespace dyno::cli
