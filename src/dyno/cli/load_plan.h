// The load that is meant when a scenario file says one thing and the command line another.
#pragma once

#include "dyno/cli/load_arguments.h"
#include "dyno/core/result.h"
#include "dyno/load/plan.h"
#include "dyno/scenario/model.h"

namespace dyno::cli {

// What the command line says wins, piece by piece; users or a rate given there replace users, rate
// and stages of the file. Neither says anything: one user for ten seconds.
Result<load::LoadPlan> plan_of(const LoadArguments& arguments, const scenario::Load& file);

}  // namespace dyno::cli
