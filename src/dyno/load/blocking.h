// The thread-per-user executor: for code that blocks (a database driver, a function in this
// process) under the same plans, with the same record. Threads have small stacks (256 KiB each, and
// what is not touched takes no memory); 500 of them are fine. For HTTP use engine.h, which costs
// far less per request.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "dyno/core/clock.h"
#include "dyno/core/random.h"
#include "dyno/core/result.h"
#include "dyno/load/engine.h"
#include "dyno/load/plan.h"
#include "dyno/metrics/outcome.h"

namespace dyno::load {

class BlockingUser {
 public:
  virtual ~BlockingUser() = default;

  // Runs `function` on the user's own thread and records it under `name`. An exception from it is
  // counted as check_failed, with its text as the example. Once the run has to stop at once it is
  // not called any more: the outcome is cancelled.
  virtual metrics::Outcome operation(std::string_view name,
                                     const std::function<metrics::Outcome()>& function) = 0;

  // As User's. They return early, with false, when the run is stopped: the journey should return.
  virtual bool think(Duration low, Duration high) = 0;
  bool think(Duration time) { return think(time, time); }
  virtual bool pace(Duration every) = 0;

  // Requested when the run has to stop at once: what can break off a call that blocks (a driver's
  // cancel function, a shutdown() of its socket) goes into a std::stop_callback on this token. It
  // is called on another thread.
  virtual std::stop_token broken_off() const = 0;

  virtual Random& random() = 0;
  virtual std::uint32_t index() const = 0;
  virtual std::uint64_t iteration() const = 0;
};

// Called once per iteration, from several threads at a time.
using BlockingJourney = std::function<void(BlockingUser&)>;

// As run() of engine.h. Of the options, host, headers, timeout, threads and the like have no
// meaning here. A thread that blocks beyond the stop, and heeds no broken_off(), cannot be ended:
// the run waits for it, and says so in the notes. Open plans use at most max_in_flight threads (at
// most 1000, default 200).
Result<record::RunRecord> run_blocking(const BlockingJourney& journey, const LoadPlan& plan,
                                       const RunOptions& options);

}  // namespace dyno::load
