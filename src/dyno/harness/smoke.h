// One pass over everything that users ask of a service, before load is put on it. It measures and
// judges no time: a service that answers wrongly, or not at all, is told from a slow one.
#pragma once

#include <string>
#include <vector>

#include "dyno/load/plan.h"
#include "dyno/load/scenario.h"
#include "dyno/record/run_record.h"

namespace dyno::harness {

// All tasks of all classes in one iteration, one after the other, without waiting; before and after
// it what the first class does at its start and end. For tasks that are journeys; steps of a
// scenario file are for `dyno run --once`.
load::Scenario once_each(const load::Scenario& scenario);

// One user, one iteration, at most 30 s.
load::LoadPlan one_pass();

// What was wrong with that pass, a line each: requests that failed, a pass that did not end, fewer
// than `least` requests. Empty when all was well.
std::vector<std::string> what_went_wrong(const record::RunRecord& run, std::size_t least);

}  // namespace dyno::harness
