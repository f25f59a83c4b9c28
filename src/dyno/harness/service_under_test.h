// The service that a performance case measures, however it is had: inside this process, as a child
// process, or somewhere else already. It starts and stops the service and says how to watch it; it
// sends no load.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/harness/launcher.h"
#include "dyno/harness/settings.h"
#include "dyno/http/settings.h"
#include "dyno/monitor/monitor.h"
#include "dyno/monitor/sources.h"
#include "dyno/record/run_record.h"

namespace dyno::harness {

// A service that runs in this process; the destructor stops it.
class LocalService {
 public:
  virtual ~LocalService() = default;
  virtual std::string url() const = 0;
};

// How one system is started, in both ways.
struct ServiceSpec {
  std::string system;             // "cost_agent"
  std::filesystem::path program;  // to spawn; prints "listening on URL"
  std::vector<std::string> arguments;
  std::function<Result<std::unique_ptr<LocalService>>()> start_here;
  std::string health_url{};                          // of one that prints no such line (launcher.h)
  Duration start_timeout = std::chrono::minutes{5};  // the first start may generate its data
};

class ServiceUnderTest {
 public:
  // Starts it (or, remote, asks its /health) and waits until it answers. The engine's core is kept
  // free for the engine where there are two or more. `log` is where a spawned service's output
  // goes.
  static Result<std::unique_ptr<ServiceUnderTest>> start(const ServiceSpec& spec, TargetMode mode,
                                                         const std::string& host,
                                                         const std::filesystem::path& log,
                                                         const http::Settings& http = {});

  // A service that already runs and of which nothing is known but its URL, and how to reach it.
  static std::unique_ptr<ServiceUnderTest> at(const std::string& url, http::Settings http = {});

  ~ServiceUnderTest();  // stops what start() started, and waits for it
  ServiceUnderTest(const ServiceUnderTest&) = delete;
  ServiceUnderTest& operator=(const ServiceUnderTest&) = delete;

  const std::string& url() const { return url_; }
  record::ServiceMode mode() const { return mode_; }

  // Whether a spawned service's process still runs; true for the others.
  bool alive() const;

  // Spawned only: kills it as a crash would.
  void kill();

  // For the record: mode, URL, pid, cores and what its /health tells now.
  record::ServiceInfo info() const;

  // Where the service's figures come from, and what its CPU percentages are of. Valid as long as
  // this object.
  monitor::Source resources() const;
  std::optional<double> cores() const;

  // The CPU time of all programs of this machine but this one, what it has started, and the
  // service. Nothing where the service cannot be told from them: it is elsewhere, or another's and
  // does not let its process be found.
  std::optional<monitor::Source> others() const;

  // Its /metrics: the gauges of the record. Unreachable readings where it has none.
  monitor::Source gauges() const;

 private:
  ServiceUnderTest() = default;
  std::function<Result<std::string>()> metrics() const;

  record::ServiceMode mode_ = record::ServiceMode::remote;
  std::string system_;
  std::string url_;
  http::Settings http_;
  std::vector<int> cores_;
  std::unique_ptr<LocalService> local_;
  std::optional<Service> child_;
};

// GET of an absolute URL; the body of a 2xx answer. For set-up and monitoring, not for load.
Result<std::string> fetch(const std::string& url, Duration timeout = std::chrono::seconds{5},
                          const http::Settings& http = {});

// Likewise POST of a JSON body.
Result<std::string> post_json(const std::string& url, const std::string& body,
                              Duration timeout = std::chrono::seconds{5},
                              const http::Settings& http = {});

// The engine's threads of this process (all but the service's and the monitor's).
monitor::Source engine_source();

// The cores that so many engine threads are to be bound to: the last ones, one each. Empty, and the
// threads are not bound, where that would leave no core for the service.
std::vector<int> engine_cores(std::uint32_t threads = 1);

// Where engine threads run and what is left to the service, in a few words: "1 engine thread, on
// core 3; 0, 1, 2 are left to a service on this machine".
std::string describe_threads(std::uint32_t threads);

}  // namespace dyno::harness
