// Whether a run can be believed: the engine kept its plan, had CPU to spare, dropped nothing, and
// its clock made sense. What the service did is no part of it.
#pragma once

#include <optional>

#include "dyno/core/clock.h"
#include "dyno/record/run_record.h"
#include "dyno/targets/targets.h"

namespace dyno::targets {

// Stands for the tightest latency where a set of targets judges none (error shares, rates, memory):
// the engine may then be up to 50 ms late, which moves neither the load nor such a figure.
inline constexpr Duration no_latency_judged = std::chrono::seconds{1};

// `tightest` is the smallest latency that will be judged (tightest_latency()); where none is, the
// run's own median stands for it. Lateness p99 may be 5 % of it, or 1 ms.
record::Validity assess(const record::RunRecord& record, std::optional<Duration> tightest);

// For what these targets judge.
record::Validity assess(const record::RunRecord& record, const TargetSet& set);

}  // namespace dyno::targets
