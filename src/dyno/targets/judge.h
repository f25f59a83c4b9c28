// Judges a record by targets: a pure function, so an old run can be held to new targets.
//
// A run that cannot be believed gives `invalid`, a figure that should be there and is not gives
// `no_data`, and one that cannot be there `not_applicable`; none of these passes. A run that ended
// before its plan did may fail but passes nothing. A percentile on too few samples passes nothing
// either, but fails where so many of them lie beyond the limit that chance cannot explain it.
#pragma once

#include <cstdint>
#include <vector>

#include "dyno/core/exit_status.h"
#include "dyno/record/run_record.h"
#include "dyno/record/suite_record.h"
#include "dyno/targets/targets.h"

namespace dyno::targets {

// How many samples a figure needs to be judged: 200 for a p95, 1 000 for a p99, 10 000 for a p99.9
// (ten beyond the percentile), 1 for anything else; more where the target asks for more.
std::uint64_t samples_needed(const Target& target);

// One verdict a target, in their order, and one more that fails where the service had fallen silent
// by the end of the run (silence.h). `record.validity` must have been assessed.
std::vector<record::Verdict> judge(const record::RunRecord& record, const TargetSet& set);

// Whether the figure of a running test is beyond what ends it (see Target::abort_grace). False
// while there is too little to judge, and for targets that end nothing.
bool is_breached(const record::RunRecord& so_far, const Target& target);

using record::exit_status;  // of a list of verdicts

}  // namespace dyno::targets
