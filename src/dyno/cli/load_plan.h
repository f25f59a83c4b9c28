// The load that is meant when a scenario file says one thing and the command line another.
#pragma once

#include "dyno/cli/load_arguments.h"
#include "dyno/core/result.h"
#include "dyno/load/plan.h"
#include "dyno/scenario/model.h"

namespace dyno::cli {

// What the command line says wins, piece by piece; users or a rate given there replace users, rate
// and stages of the file. Neither says anything: one user for ten seconds.
//
// A run time, there or in the file, is of the whole run, as Locust's: starting the users and the
// warm-up are part of it, and what is left is judged; an error where nothing is left. Without one,
// ten seconds after these are judged. With --iterations as well the run ends by what comes first.
Result<load::LoadPlan> plan_of(const LoadArguments& arguments, const scenario::Load& file);

}  // namespace dyno::cli
