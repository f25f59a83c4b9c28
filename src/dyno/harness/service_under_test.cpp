#include "dyno/harness/service_under_test.h"

#include <algorithm>
#include <exception>
#include <pthread.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/http/client.h"
#include "dyno/http/redact.h"
#include "dyno/http/url.h"
#include "dyno/monitor/affinity.h"
#include "dyno/monitor/find_process.h"
#include "dyno/monitor/procfs.h"

namespace dyno::harness {

namespace {

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Containers' ports are listened on by a program that is not the service.
bool only_forwards(pid_t pid) {
  const auto name = monitor::Procfs().thread_name(pid, pid);
  return !name || name->find("proxy") != std::string::npos;
}

// Whether this process, or one that it has started, and so is counted with it.
bool is_ours(pid_t pid) {
  std::vector<pid_t> started;
  monitor::Procfs().descendants(getpid(), started);
  return pid == getpid() || std::find(started.begin(), started.end(), pid) != started.end();
}

// Threads inherit the name and the cores of the thread that creates them, so that everything a
// service starts from a thread so named is known as its own.
constexpr const char* service_thread = "svc:";
constexpr const char* monitor_thread = "mon:";

// Of what a service tells under these names a record keeps the course: pools, caches (their counts
// too, for the share of hits), queues, workers.
const std::vector<std::string> kept_metrics{
    "*pool*",        "*cache_*",    "*queue*", "http_connections_open", "http_requests_in_flight",
    "http_workers*", "llm_budget_*"};

monitor::CoreSplit split() { return monitor::split_cores(monitor::allowed_cores()); }

struct Location {
  std::string origin;  // "http://127.0.0.1:8000"
  std::string path;
};

Location locate(const std::string& url) {
  const auto scheme = url.find("://");
  const auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  if (slash == std::string::npos) return {url, "/"};
  return {url.substr(0, slash), url.substr(slash)};
}

// Asks one service now and then, each time on a connection of its own. What it takes to get there
// is made once: reading the certificates that a system trusts costs more than the request.
class Caller {
 public:
  Caller(std::string origin, http::Settings http)
      : origin_(std::move(origin)), http_(std::move(http)) {}

  // The body of a 2xx answer.
  Result<std::string> ask(const http::Request& request, Duration timeout) {
    if (const auto ready = prepare(); !ready) return ready.error();
    SteadyClock clock;
    async::EventLoop loop(clock);
    http::ClientContext context{.loop = loop, .destination = *destination_};
    http::Client client(context);
    http::Exchange exchange;
    loop.run(client.exchange(request, {.timeout = timeout, .want_body = true}, exchange));
    if (!exchange.outcome.ok()) {
      destination_.reset();  // its addresses may have changed
      return Error{fmt::format("{}{} does not answer ({}); is the service running there?", origin_,
                               request.path, exchange.reason)};
    }
    if (exchange.status < 200 || exchange.status > 299) {
      return Error{
          fmt::format("{}{} answers with status {}", origin_, request.path, exchange.status)};
    }
    return std::move(exchange.body);
  }

 private:
  Result<void> prepare() {
    if (destination_) return {};
    const auto url = http::parse_url(origin_);
    if (!url) return url.error();
    auto made = http::make_destination(*url, http_);
    if (!made) return made.error();
    destination_.emplace(std::move(*made));
    return {};
  }

  std::string origin_;
  http::Settings http_;
  std::optional<http::Destination> destination_;
};

// Runs `start` on a thread that is named and bound as the service's are to be.
Result<std::unique_ptr<LocalService>> start_in_thread(const ServiceSpec& spec,
                                                      const std::vector<int>& cores) {
  Result<std::unique_ptr<LocalService>> started = Error{"the service was not started"};
  std::thread starter([&] {
    pthread_setname_np(pthread_self(), (service_thread + spec.system).substr(0, 15).c_str());
    if (!cores.empty()) {
      if (const auto pinned = monitor::pin_thread(0, cores); !pinned) {
        started = pinned.error();
        return;
      }
    }
    started = spec.start_here();
  });
  starter.join();
  return started;
}

}  // namespace

Result<std::string> fetch(const std::string& url, Duration timeout, const http::Settings& http) {
  const auto [origin, path] = locate(url);
  return Caller(origin, http).ask({.method = "GET", .path = path}, timeout);
}

Result<std::string> post_json(const std::string& url, const std::string& body, Duration timeout,
                              const http::Settings& http) {
  const auto [origin, path] = locate(url);
  return Caller(origin, http)
      .ask({.method = "POST", .path = path, .body = body, .content_type = "application/json"},
           timeout);
}

monitor::Source engine_source() {
  return monitor::thread_group_source(getpid(), [](pid_t, std::string_view name) {
    return !name.starts_with(service_thread) && !name.starts_with(monitor_thread);
  });
}

std::vector<int> engine_cores(std::uint32_t threads) {
  const std::vector<int> cores = monitor::allowed_cores();
  if (threads >= cores.size()) return {};
  return {cores.end() - static_cast<std::ptrdiff_t>(threads), cores.end()};
}

std::string describe_threads(std::uint32_t threads) {
  const std::vector<int> own = engine_cores(threads);
  const std::string all = fmt::format("{} engine thread{}", threads, threads == 1 ? "" : "s");
  if (own.empty()) return all + ", not bound to a core: none would be left to a service here";
  std::vector<int> left = monitor::allowed_cores();
  left.resize(left.size() - own.size());
  return fmt::format("{}, on core{} {}; {} {} left to a service on this machine", all,
                     own.size() == 1 ? "" : "s", fmt::join(own, ", "), fmt::join(left, ", "),
                     left.size() == 1 ? "is" : "are");
}

std::unique_ptr<ServiceUnderTest> ServiceUnderTest::at(const std::string& url,
                                                       http::Settings http) {
  std::unique_ptr<ServiceUnderTest> service(new ServiceUnderTest);
  service->url_ = url;
  service->http_ = std::move(http);
  return service;
}

Result<std::unique_ptr<ServiceUnderTest>> ServiceUnderTest::start(const ServiceSpec& spec,
                                                                  TargetMode mode,
                                                                  const std::string& host,
                                                                  const std::filesystem::path& log,
                                                                  const http::Settings& http) {
  auto service = at(host, http);
  service->system_ = spec.system;
  if (mode == TargetMode::remote) {
    const auto health = fetch(host + "/health", std::chrono::seconds{5}, http);
    if (!health) return health.error();
    return service;
  }
  const auto cores = split();
  if (!cores.shared) service->cores_ = cores.service;
  if (mode == TargetMode::in_process) {
    auto local = start_in_thread(spec, service->cores_);
    if (!local) return local.error();
    service->mode_ = record::ServiceMode::in_process;
    service->local_ = std::move(*local);
    service->url_ = service->local_->url();
    return service;
  }
  LaunchOptions launch;
  launch.command.argv = {spec.program.string()};
  launch.command.argv.insert(launch.command.argv.end(), spec.arguments.begin(),
                             spec.arguments.end());
  launch.command.log_file = log;
  launch.command.cores = service->cores_;
  launch.health_url = spec.health_url;
  launch.timeout = spec.start_timeout;
  SteadyClock clock;
  auto child = Service::launch(launch, clock);
  if (!child) return child.error();
  service->mode_ = record::ServiceMode::spawned;
  service->child_.emplace(std::move(*child));
  service->url_ = service->child_->url();
  return service;
}

ServiceUnderTest::~ServiceUnderTest() = default;

bool ServiceUnderTest::alive() const { return !child_ || child_->alive(); }

void ServiceUnderTest::kill() {
  if (child_) child_->kill();
}

record::ServiceInfo ServiceUnderTest::info() const {
  record::ServiceInfo info;
  info.system = system_;
  info.mode = mode_;
  info.url = http::redacted_url(url_);
  info.pid = child_ ? child_->pid() : 0;
  info.cores = cores_;
  if (const auto health = fetch(url_ + "/health", std::chrono::seconds{2}, http_)) {
    // What a service says of itself goes into the record; what looks like a secret does not.
    auto details = nlohmann::json::parse(http::redacted_body(*health), nullptr, false);
    if (details.is_object()) info.details = std::move(details);
  }
  return info;
}

std::function<Result<std::string>()> ServiceUnderTest::metrics() const {
  const auto [origin, path] = locate(url_ + "/metrics");
  return [caller = std::make_shared<Caller>(origin, http_), path = path] {
    return caller->ask({.method = "GET", .path = path}, std::chrono::seconds{5});
  };
}

monitor::Source ServiceUnderTest::resources() const {
  if (child_) return monitor::process_source(child_->pid());
  if (mode_ == record::ServiceMode::in_process) {
    return monitor::thread_group_source(getpid(), monitor::named(service_thread));
  }
  return monitor::metrics_source(metrics(), kept_metrics);
}

std::optional<double> ServiceUnderTest::cores() const {
  if (mode_ == record::ServiceMode::remote) return {};
  if (!cores_.empty()) return static_cast<double>(cores_.size());
  return monitor::allotted_cores();
}

std::optional<monitor::Source> ServiceUnderTest::others() const {
  std::vector<monitor::Source> own{monitor::process_source(getpid())};
  if (mode_ == record::ServiceMode::remote) {
    const auto url = http::parse_url(url_);
    if (!url || !http_.unix_socket.empty() || !is_loopback(url->host)) return {};
    const auto pid = monitor::process_listening(url->port);
    if (!pid || only_forwards(*pid)) return {};
    if (!is_ours(*pid)) own.push_back(monitor::process_source(*pid));
  }
  return monitor::others_source(std::move(own));
}

monitor::Source ServiceUnderTest::gauges() const {
  return monitor::metrics_source(metrics(), kept_metrics);
}

}  // namespace dyno::harness
