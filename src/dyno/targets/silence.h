// Whether a service stopped answering before its run was over. Shares of errors do not tell: a
// service that hangs leaves each user waiting with one request, and one that is dead is asked less
// often than one that answers, so that few failures stand against all that went well before.
#pragma once

#include <optional>

#include "dyno/record/run_record.h"

namespace dyno::targets {

// A failed verdict when, up to the end of the run, nothing was answered for at least a second and
// for longer than twice the longest answer took, while every user (or ten requests) got no answer:
// refused, reset, timed out, or still waiting when the run gave up on them. An answer of any status
// is an answer. Nothing when the run is invalid, or the service answered to the end.
std::optional<record::Verdict> judge_silence(const record::RunRecord& record);

}  // namespace dyno::targets
