#include "dyno/harness/service_under_test.h"

#include <exception>
#include <pthread.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "dyno/monitor/affinity.h"

namespace dyno::harness {

namespace {

// Threads inherit the name and the cores of the thread that creates them, so that everything a
// service starts from a thread so named is known as its own.
constexpr const char* service_thread = "svc:";
constexpr const char* monitor_thread = "mon:";

// Of what a service tells under these names a record keeps the course: pools, caches (their counts
// too, for the share of hits), queues, workers.
const std::vector<std::string> kept_metrics{
    "*pool*",       "cache_*", "*queue*", "http_connections_open", "http_requests_in_flight",
    "http_workers*"};

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

httplib::Client client_for(const std::string& origin, Duration timeout) {
  httplib::Client client(origin);
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
  return client;
}

Result<std::string> body_of(const std::string& url, const httplib::Result& result) {
  if (!result) {
    return Error{fmt::format("{} does not answer ({}); is the service running there?", url,
                             httplib::to_string(result.error()))};
  }
  if (result->status < 200 || result->status > 299) {
    return Error{fmt::format("{} answers with status {}", url, result->status)};
  }
  return result->body;
}

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

Result<std::string> fetch(const std::string& url, Duration timeout) {
  const auto [origin, path] = locate(url);
  auto client = client_for(origin, timeout);
  return body_of(url, client.Get(path.c_str()));
}

Result<std::string> post_json(const std::string& url, const std::string& body, Duration timeout) {
  const auto [origin, path] = locate(url);
  auto client = client_for(origin, timeout);
  return body_of(url, client.Post(path.c_str(), body, "application/json"));
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

std::unique_ptr<ServiceUnderTest> ServiceUnderTest::at(const std::string& url) {
  std::unique_ptr<ServiceUnderTest> service(new ServiceUnderTest);
  service->url_ = url;
  return service;
}

Result<std::unique_ptr<ServiceUnderTest>> ServiceUnderTest::start(
    const ServiceSpec& spec, TargetMode mode, const std::string& host,
    const std::filesystem::path& log) {
  auto service = at(host);
  service->system_ = spec.system;
  if (mode == TargetMode::remote) {
    if (const auto health = fetch(host + "/health"); !health) return health.error();
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
  info.url = url_;
  info.pid = child_ ? child_->pid() : 0;
  info.cores = cores_;
  if (const auto health = fetch(url_ + "/health", std::chrono::seconds{2})) {
    auto details = nlohmann::json::parse(*health, nullptr, false);
    if (details.is_object()) info.details = std::move(details);
  }
  return info;
}

monitor::Source ServiceUnderTest::resources() const {
  if (child_) return monitor::process_source(child_->pid());
  if (mode_ == record::ServiceMode::in_process) {
    return monitor::thread_group_source(getpid(), monitor::named(service_thread));
  }
  return monitor::metrics_source([url = url_] { return fetch(url + "/metrics"); }, kept_metrics);
}

std::optional<double> ServiceUnderTest::cores() const {
  if (mode_ == record::ServiceMode::remote) return {};
  if (!cores_.empty()) return static_cast<double>(cores_.size());
  return monitor::allotted_cores();
}

monitor::Source ServiceUnderTest::gauges() const {
  return monitor::metrics_source([url = url_] { return fetch(url + "/metrics"); }, kept_metrics);
}

}  // namespace dyno::harness
