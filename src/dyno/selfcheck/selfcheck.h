// By how much the engine is off on this machine: it puts known loads on the oracle server, compares
// the percentiles with the truth, and compares its lateness with that of a bare timer loop. Real
// requests over loopback sockets, engine and oracle on cores of their own where there are two.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dyno/core/rate.h"
#include "dyno/core/result.h"
#include "dyno/load/plan.h"
#include "dyno/selfcheck/discipline.h"
#include "dyno/selfcheck/findings.h"

namespace dyno::selfcheck {

// A load whose response times are known.
struct Case {
  std::string name;
  std::string what;
  load::LoadPlan plan;  // open; steady all along, so that every arrival is compared
  Discipline discipline;
};

// "fixed", "bimodal" and "freeze"; `thorough`: with ten thousand requests and more each, and a
// freeze of 1 s every 10 s.
std::vector<Case> cases(bool thorough);

struct LatenessPlan {
  Rate rate = Rate::per_second(10'000);
  Duration warm_up = std::chrono::milliseconds{50};  // of each turn: connections are opened
  Duration length = std::chrono::milliseconds{250};  // of one turn after it, which is compared
  int rounds = 8;  // each a turn of the bare timer and one of the engine
};

struct Options {
  std::vector<Case> cases;
  std::vector<LatenessPlan> lateness;  // one or none
  std::uint64_t seed = 1;
  std::function<void(const std::string&)> progress;  // one line as each part begins
};

// Runs all of it in turn. Fails when the oracle cannot listen or the engine cannot run.
Result<Findings> check_engine(const Options& options);

}  // namespace dyno::selfcheck
