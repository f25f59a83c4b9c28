// Starts a service under test as a process of its own and tells when it takes requests, so that its
// CPU, memory and descriptors are its own. It does not watch it (monitor/) and does not send it
// load.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/harness/child_process.h"

namespace dyno::harness {

struct LaunchOptions {
  // Its log_file is needed: what a service says there is how its readiness and its failures are
  // learnt.
  ChildCommand command{};
  // Empty: ready when the service has printed a line with "listening on http://HOST:PORT".
  // Otherwise that line still counts, and so does an answer 2xx to a GET of this URL
  // ("http://127.0.0.1:8003/health"), numeric address.
  std::string health_url{};
  Duration timeout = std::chrono::seconds(30);  // until it is ready
};

// "http://127.0.0.1:8000" of the first whole line that announces it, as above; nothing when none
// does.
std::optional<std::string> announced_url(std::string_view log);

class Service {
 public:
  // Fails when the service cannot be executed, ends before it is ready, or is not ready in time:
  // the message says which, names the log and gives its last lines. Creates the log's folder.
  static Result<Service> launch(const LaunchOptions& options, Clock& clock);

  // As stop() with five seconds.
  ~Service();
  Service(Service&&) = default;
  Service& operator=(Service&&) = default;  // kills the one replaced

  const std::string& url() const { return url_; }  // "http://127.0.0.1:PORT", no slash at the end
  const std::filesystem::path& log_file() const { return log_file_; }
  pid_t pid() const { return child_->pid(); }
  bool alive() const { return child_->alive(); }
  std::optional<ProcessEnd> exit_status() const { return child_->exit_status(); }

  // At once, with all its children; returns when it has ended.
  void kill();
  // Asks with SIGTERM, and kills it when it has not ended in that time; gives how it ended. Again:
  // no effect.
  ProcessEnd stop(Duration timeout = std::chrono::seconds(5));
  // Stops it in its tracks, connections open, and lets it go on.
  void freeze();
  void thaw();

 private:
  Service(std::unique_ptr<ChildProcess> child, std::string url, std::filesystem::path log_file);

  std::unique_ptr<ChildProcess> child_;
  std::string url_;
  std::filesystem::path log_file_;
};

}  // namespace dyno::harness
