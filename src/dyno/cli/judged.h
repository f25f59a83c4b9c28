// What a run is held to: the thresholds of its scenario file and of the command line, targets of a
// file, or, where there are none of these, that it answered nearly always.
#pragma once

#include <string>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/scenario/model.h"
#include "dyno/targets/targets.h"

namespace dyno::cli {

struct Judged {
  targets::TargetSet set;
  std::vector<Duration> delays;  // of each target: not before that may it end the run
};

// `targets` is FILE:SET or empty; `options` are thresholds as --threshold gives them, in place of
// those of the file where there are any. `scenario` may be null: a single URL, which has neither
// tags nor names.
Result<Judged> judged_by(const std::string& targets, const std::vector<std::string>& options,
                         const std::vector<scenario::Threshold>& of_file,
                         const scenario::Scenario* scenario);

}  // namespace dyno::cli
