// A child process of its own group that cannot outlive this process, with its output in a file. It
// knows nothing of services: when one is ready is the launcher's business.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <utility>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno::harness {

struct ChildCommand {
  std::vector<std::string> argv{};  // argv[0] is a path, or a name looked up in PATH
  // On top of this process's environment; the later of two values of one name wins.
  std::vector<std::pair<std::string, std::string>> environment{};
  std::filesystem::path directory{};  // where it runs; empty: here
  std::filesystem::path log_file{};   // stdout and stderr are appended; empty: thrown away
  std::vector<int> cores{};           // that it may run on; empty: those of this process
};

struct ProcessEnd {
  int code = 0;    // when it ended by itself
  int signal = 0;  // when a signal ended it; 0 otherwise
  bool operator==(const ProcessEnd&) const = default;
};

// "exited with 2", "was ended by signal 9 (Killed)".
std::string to_string(const ProcessEnd& status);

class ChildProcess {
 public:
  // Starts it, and returns when the program runs. Fails, with the reason, when it cannot be
  // executed, its folder or log cannot be opened, or the cores are not to be had.
  static Result<std::unique_ptr<ChildProcess>> start(const ChildCommand& command);
  // Kills what is left of its group and waits for the end.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // All of these: any thread.
  pid_t pid() const { return pid_; }
  bool alive() const { return !exit_status(); }
  std::optional<ProcessEnd> exit_status() const;  // empty while it runs
  // To the whole group; no effect once it has ended.
  void signal(int number);
  // Its status if it ends within the time, which is real time: a process knows no other clock.
  std::optional<ProcessEnd> wait(Duration timeout) const;

 private:
  struct Prepared;
  ChildProcess() = default;
  void own(Prepared& prepared);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  pid_t pid_ = 0;
  bool started_ = false;  // the attempt to start is over
  std::string failure_;   // why it could not be started
  std::optional<ProcessEnd> status_;
  // Forks the child and waits for its end. The kernel's signal at the parent's death comes when the
  // forking *thread* ends, so that thread lives as long as the child, whichever thread asked for
  // the start.
  std::thread owner_;
};

}  // namespace dyno::harness
