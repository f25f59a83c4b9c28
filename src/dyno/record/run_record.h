// The waist of dyno: all that one run measured, as plain data. Load, Google Benchmark and the
// monitor write it; targets, comparisons and reports are pure functions of it. docs/record.md
// describes the JSON form, which carries `schema_version`. It is not a place for conclusions:
// verdicts are computed from it and stored beside the figures only so that a reader of the file
// sees them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "dyno/core/clock.h"
#include "dyno/core/environment.h"
#include "dyno/metrics/cell.h"
#include "dyno/metrics/window.h"

namespace dyno::record {

inline constexpr int schema_version = 1;

// How the run came to its end.
enum class Completion {
  complete,
  stopped,  // ended early by a signal or by abort-on-breach, and written out in order
  partial,  // read back from a journal: the writer never got to the end
};

enum class ServiceMode { in_process, spawned, remote, none };

struct ServiceInfo {
  std::string system;  // "cost_agent"; empty for a bare URL
  ServiceMode mode = ServiceMode::none;
  std::string url;         // without user, password or query
  int pid = 0;             // spawned only
  std::vector<int> cores;  // allotted to the service; empty: not restricted, or not known
  nlohmann::json details =
      nlohmann::json::object();  // what its /health told: storage, data, faults
};

enum class LoadModel { closed, open };

struct LoadInfo {
  LoadModel model = LoadModel::closed;
  std::string executor = "event_loop";  // or "blocking"
  std::string form = "standard";        // "quick", "standard" or "full": which length was run
  std::string description;              // "50 users, ramp 5 s, hold 30 s"
  std::uint32_t users = 0;              // most at one time
  double rate = 0;                      // asked arrivals per second, open model
  std::string arrivals;                 // "poisson" or "uniform", open model
  std::uint64_t operations = 0;         // bound by count; 0: bound by time
  std::uint64_t seed = 0;
  std::uint32_t threads = 0;  // of the engine
  std::vector<int> cores;     // of the engine; empty: not restricted
};

// A cell's `window` is an index into RunRecord::windows, its `endpoint` one into
// RunRecord::endpoints.
using metrics::Cell;
using metrics::Window;
using metrics::WindowKind;

struct Endpoint {
  std::string method;  // "GET"; empty for operations that are not HTTP
  std::string name;    // "/api/v1/costs"
};

// One interval (a second by default) over all endpoints, for plots, drift and recovery.
struct SeriesPoint {
  Duration start{};
  Duration length{};
  std::uint32_t users = 0;
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t dropped = 0;
  std::uint64_t iterations = 0;  // that ended; of a scenario file: tasks
  std::uint64_t bytes_received = 0;
  std::uint64_t head_bytes = 0;  // of these, as metrics::Cell has them
  Duration mean{};  // response time of the successes that ended in the interval, likewise below
  Duration p50{};
  Duration p95{};
  Duration p99{};
  Duration max{};
  std::string hdr;  // all of them, as metrics/hdr_encoding.h writes a histogram; see series.h
};

// One reading of the monitor. What cannot be attributed or is not told is absent, never zero.
struct ResourceSample {
  Duration at{};
  std::optional<double> cpu_percent;  // of the cores allotted, since the sample before
  std::optional<double> cpu_seconds;  // since the process began
  std::optional<std::uint64_t> rss_bytes;
  std::optional<std::uint64_t> fds;
  std::optional<std::uint64_t> threads;
  std::optional<std::uint64_t> disk_read_bytes;
  std::optional<std::uint64_t> disk_write_bytes;
  std::optional<std::uint64_t> net_sent_bytes;  // of the process's network namespace
  std::optional<std::uint64_t> net_received_bytes;
};

// A gauge of the service read over time from its /metrics, by the service's own name for it.
struct GaugeSeries {
  std::string name;  // "db_pool_in_use"
  std::vector<std::pair<Duration, double>> points;
};

// Whether the run can be believed, and why not.
struct Validity {
  bool valid = true;
  std::vector<std::string> reasons;   // each makes the run invalid
  std::vector<std::string> warnings;  // each is worth knowing
  // All reasons are the engine's want of CPU: late, saturated, behind its rate. On a machine that
  // others share this passes, so that measuring once more may tell.
  bool short_of_cpu = false;
};

enum class VerdictKind { pass, warn, fail, invalid, no_data, not_applicable };

struct Verdict {
  VerdictKind kind = VerdictKind::no_data;
  std::string target;              // "normal: response_time.p95 < 3 s"
  std::string endpoint;            // "*" for all
  std::string figure;              // "response_time.p95"
  std::optional<double> measured;  // in the unit below
  std::optional<double> limit;
  std::string unit;  // "ns", "1/s", "share", "percent", "bytes", …
  std::uint64_t samples = 0;
  std::string message;  // what, where, how much, what next: one line
};

struct RunRecord {
  int version = schema_version;
  std::string id;    // unique: "20261121T074300Z-normal-1a2b3c4d5e6f"
  std::string name;  // "CostAgentPerf.NormalLoad", or what the user called it
  Completion completion = Completion::complete;
  UtcTime started{};
  Duration length{};
  Environment environment;
  ServiceInfo service;
  LoadInfo load;
  std::vector<Window> windows;
  std::vector<Endpoint> endpoints;
  std::vector<Cell> cells;
  std::vector<SeriesPoint> series;
  std::vector<ResourceSample> service_resources;
  std::vector<ResourceSample> engine_resources;
  // Of all other programs of the machine: cpu_percent (of all its cores) and cpu_seconds. Empty
  // where the service cannot be told from them.
  std::vector<ResourceSample> other_resources;
  std::vector<GaugeSeries> gauges;
  Validity validity;
  std::vector<Verdict> verdicts;
  std::vector<std::string> notes;  // anything a reader should know: "stopped by SIGINT"
  std::string reproduce;           // the command that runs it again, without secrets
};

}  // namespace dyno::record
