// The line that goes with a verdict: what, where, how much, how sure, what next.
#pragma once

#include <string>

#include "dyno/record/figures.h"
#include "dyno/record/run_record.h"
#include "dyno/targets/targets.h"

namespace dyno::targets {

std::string evidence(const record::RunRecord& record, const Target& target,
                     const record::Figure& figure, double limit, record::VerdictKind kind);

std::string too_few(const Target& target, const record::Figure& figure);

}  // namespace dyno::targets
