// What the numbers of a load say of it: the most requests that its plan can make, and which targets
// on a rate it can therefore not reach, whatever the service does. For `dyno run`, before it, and
// for performance cases, before the load as far as their plans tell and after it by the record.
//
// It errs on one side only: a target that could be reached, be it by chance or by how the window
// lies, is never called unreachable.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dyno/load/plan.h"
#include "dyno/load/scenario.h"
#include "dyno/record/run_record.h"
#include "dyno/targets/targets.h"

namespace dyno::harness {

// Where the number of users or the rate is changed.
enum class Knob {
  option,    // -u and --rate of `dyno run`
  code,      // users() and rate() of a case
  variable,  // MAX_CONCURRENT_USERS, which has cut the users
};

struct PlannedLoad {
  const load::Scenario& scenario;
  const load::LoadPlan& plan;
  Knob knob = Knob::option;
  // Requests to the endpoints of a target that an iteration of a journey written in C++ sends;
  // nothing: it is not known, and no rate of requests is called unreachable.
  std::function<std::optional<double>(const targets::Target&)> of_journey;
};

// Requests (of "iteration_rate": iterations) per second in the windows that a target is of, were
// every answer there at once: of a closed plan users / cycle × requests per cycle, where the cycle
// is wait and think time (pacing: the time of a round); of an open one arrivals × requests per
// session. Infinite where nobody waits, nothing where it cannot be told.
std::optional<double> most_per_second(const PlannedLoad& load, const targets::Target& target);

// Why a target on a rate (rate, throughput.all, iteration_rate) asks for more than that, and which
// number would do: "10 users who wait 1.00 s a round make at most 10 such requests/s, …". Nothing
// where it does not, or where chance (three standard deviations of a Poisson count) or one more
// round of each user at the edge of the window might bring it about.
std::optional<std::string> why_unreachable(const PlannedLoad& load, const targets::Target& target);

// "unreachable: TARGET: WHY", a line for each of the set.
std::vector<std::string> unreachable(const PlannedLoad& load, const targets::TargetSet& set);

// Requests to the endpoints of a target by iteration, over the whole of a run. Nothing where an
// iteration may have ended before its last request (something failed), or none has ended.
std::optional<double> requests_per_iteration(const record::RunRecord& run,
                                             const targets::Target& target);

}  // namespace dyno::harness
