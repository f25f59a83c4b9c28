// What is one per program of performance cases: the settings it was started with, the stop that
// Ctrl-C asks for, the worst status so far, and whether it only tells how long its cases take.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "dyno/core/clock.h"
#include "dyno/core/exit_status.h"
#include "dyno/harness/service_under_test.h"
#include "dyno/harness/settings.h"
#include "dyno/load/engine.h"
#include "dyno/record/run_record.h"

namespace dyno::harness {

// A service that all cases of a program share, and what its start took.
struct SharedService {
  std::shared_ptr<ServiceUnderTest> service;
  Duration start{};
};

struct PerfSession {
  Settings settings;
  load::StopRequest stop;
  ExitStatus status = ExitStatus::pass;

  // --dyno_list_lengths: the bodies of the cases are gone through with loads that send nothing, and
  // one line a case says how long these would last. What a body asks of its service before it knows
  // its load is asked of one service for all, in this process.
  bool listing = false;
  std::map<std::string, SharedService> services{};
};

// The one of this program. Set up by main before any test runs.
PerfSession& session();

// As cases print it: "pass", "FAIL", "NO DATA".
const char* word(record::VerdictKind kind);

}  // namespace dyno::harness
