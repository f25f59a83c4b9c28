// Runs the steps of a scenario file for one user: what a journey does in C++, from data.
#pragma once

#include "dyno/async/task.h"
#include "dyno/load/user_state.h"
#include "dyno/scenario/model.h"

namespace dyno::load {

// The steps of `task` in their order, each recorded as a request of its group. A step fails as a
// request does, with an unaccepted status as http_error, with a check that does not hold or a
// value that is not there to be extracted as check_failed. The first step that fails ends the task
// unless it says otherwise. A step that needs a variable without a value is not sent; it is
// recorded as check_failed.
//
// `task` and `state` must live until it has ended. Throws std::logic_error when the run has no
// host. Allocates nothing per request once the buffers of the thread have grown.
async::Task<void> run_steps(User::State& state, const scenario::Task& task);

}  // namespace dyno::load
