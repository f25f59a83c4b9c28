// What is one per program of performance cases: the settings it was started with, the stop that
// Ctrl-C asks for, and the worst status so far.
#pragma once

#include "dyno/core/exit_status.h"
#include "dyno/harness/settings.h"
#include "dyno/load/engine.h"

namespace dyno::harness {

struct PerfSession {
  Settings settings;
  load::StopRequest stop;
  ExitStatus status = ExitStatus::pass;
};

// The one of this program. Set up by main before any test runs.
PerfSession& session();

}  // namespace dyno::harness
