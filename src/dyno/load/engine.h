// Runs a scenario under a plan and returns all that was measured. Blocks its caller; the load comes
// from threads of its own. It judges nothing (targets) and writes no files (record).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/http/settings.h"
#include "dyno/load/plan.h"
#include "dyno/load/scenario.h"
#include "dyno/metrics/cell.h"
#include "dyno/record/run_record.h"

namespace dyno::load {

// Asks a run to stop: the first request gracefully (users finish their iteration), a second one at
// once. request() is async-signal-safe and thread-safe; `reason` must be a literal or live as long.
class StopRequest {
 public:
  StopRequest() = default;
  // What `also`, which must outlive this, is asked for is asked of this too.
  explicit StopRequest(const StopRequest* also) : also_(also) {}

  void request(const char* reason) noexcept;
  void request_now(const char* reason) noexcept;
  int level() const noexcept {  // 0, 1, 2
    const int own = level_.load(std::memory_order_relaxed);
    return also_ ? std::max(own, also_->level()) : own;
  }
  const char* reason() const noexcept {
    const char* const own = reason_.load(std::memory_order_relaxed);
    return own == nullptr && also_ ? also_->reason() : own;
  }

 private:
  const StopRequest* const also_ = nullptr;
  std::atomic<const char*> reason_{nullptr};
  std::atomic<int> level_{0};
};

// What a run in progress shows about once a second (RunOptions::interval).
struct Progress {
  Duration elapsed{};                  // since the start of the run
  Duration planned{};                  // length of the plan; 0 when it is bound by count alone
  record::SeriesPoint point;           // the interval that has just ended
  const metrics::CellTable& interval;  // its cells; valid during the call only
  const std::vector<record::Endpoint>& endpoints;  // known so far
  std::uint64_t requests = 0;                      // since the start, likewise below
  std::uint64_t failures = 0;
  bool draining = false;  // the plan is over, or the run is being stopped
};

// Called by the thread that called run(), before the first request: the record as far as it is
// known (id, plan, windows, environment), as a journal's first entry.
using StartObserver = std::function<void(const record::RunRecord&)>;
using Observer = std::function<void(const Progress&)>;

struct RunOptions {
  std::string name;  // of the record
  std::string
      host;  // "http://localhost:8000", may have a path; empty: the scenario makes no request
  http::Settings http;
  Duration timeout = std::chrono::seconds{30};  // of a request that names none
  Duration stop_timeout =
      std::chrono::seconds{10};  // for iterations to end; then they are cancelled
  std::uint64_t seed = 1;
  std::uint32_t threads = 1;  // engine threads; never more than users
  std::vector<int> cores;     // engine thread i is bound to cores[i % size]; empty: not bound
  Duration interval = std::chrono::seconds{1};
  StartObserver on_start;
  Observer observer;
  StopRequest* stop = nullptr;  // the observer may use it too: abort on breach
};

// Errors: a plan or scenario that check() refuses, a host that is no URL or has no address, not
// enough descriptors for the users. A service that refuses, dies or freezes is no error: the record
// says so. Exceptions of a journey end that iteration and make the record invalid.
// The record's fields service, engine_resources, gauges, verdicts and reproduce are left to the
// caller, but for service.url.
Result<record::RunRecord> run(const Scenario& scenario, const LoadPlan& plan,
                              const RunOptions& options);

}  // namespace dyno::load
