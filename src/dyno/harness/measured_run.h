// One load run with all that belongs to it: the monitor of service and engine, the journal, the
// record in its folder. What a performance case and `dyno run` have in common.
// It judges nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "dyno/core/result.h"
#include "dyno/harness/readings.h"
#include "dyno/harness/service_under_test.h"
#include "dyno/load/blocking.h"
#include "dyno/load/engine.h"
#include "dyno/load/plan.h"
#include "dyno/load/scenario.h"
#include "dyno/record/run_record.h"

namespace dyno::harness {

struct MeasuredRunOptions {
  load::RunOptions run;  // host is set from the service, cores where none are given
  ReadingsObserver on_readings;
  std::string form = "standard";
  std::string reproduce;
  std::filesystem::path
      folder;  // for record.json and, while it runs, journal.jsonl; empty: neither
};

// Blocks until the load has ended and the record is written. A service that dies, refuses or
// freezes is no error but a record that says so. When only the writing fails (a full disk), the
// record is returned with a note that says where it could not be written.
Result<record::RunRecord> measured_run(const ServiceUnderTest& service,
                                       const load::Scenario& scenario, const load::LoadPlan& plan,
                                       MeasuredRunOptions options);

// The same on the thread-per-user executor, for code that blocks. `service` may be null: the
// operations are functions of this process.
Result<record::RunRecord> measured_blocking_run(const ServiceUnderTest* service,
                                                const load::BlockingJourney& journey,
                                                const load::LoadPlan& plan,
                                                MeasuredRunOptions options);

}  // namespace dyno::harness
