// The shapes of load that --stage knows by name, and k6's stages.
#pragma once

#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/scenario/model.h"

namespace dyno::cli {

// What --stage means, given as often as it likes:
//   TIME:LEVEL  goes to that level in that time, as k6's; each follows the one before
//   spike       two fifths of the time at the level, a fifth at five times it, two fifths at it
//   step        five steps of a fifth of the time: 20 %, 40 % … of the level
//   endurance   the level all the time; soak is another word for it
// `load` gives the level (users or rate; 1 user where it says neither), how long (run_time; a
// minute for spike and step, an hour for endurance) and how fast users start; it comes back with
// stages in place of them. What is held is judged: the spike in a window "spike", steps in windows
// "step 1" …, what comes after the spike in "recovery".
Result<scenario::Load> shaped(const std::vector<std::string>& stages, scenario::Load load);

}  // namespace dyno::cli
