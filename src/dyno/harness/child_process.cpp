#include "dyno/harness/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

extern char** environ;

namespace dyno::harness {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> merged_environment(const ChildCommand& command) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.environment) variables[name] = value;
  std::vector<std::string> result;
  for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
  return result;
}

enum class Step : int { enter, pin, execute };

// What the child tells through a pipe that closes by itself when the program runs.
struct Failure {
  Step step;
  int reason;
};

std::string describe(const ChildCommand& command, const Failure& failure) {
  const char* reason = std::strerror(failure.reason);
  switch (failure.step) {
    case Step::enter:
      return fmt::format("cannot start {}: cannot enter {}: {}", command.argv[0],
                         command.directory.string(), reason);
    case Step::pin:
      return fmt::format("cannot start {}: cannot run on cores {}: {}", command.argv[0],
                         fmt::join(command.cores, ","), reason);
    case Step::execute:
      break;
  }
  return fmt::format("cannot start {}: {}", command.argv[0], reason);
}

}  // namespace

// Made before the fork: between fork and exec only async-signal-safe calls are allowed, and memory
// allocation is not one of them.
struct ChildProcess::Prepared {
  ChildCommand command;
  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> environment;
  cpu_set_t cores;
  int output = -1;
  int report[2] = {-1, -1};  // read end, write end

  ~Prepared() {
    for (const int descriptor : {output, report[0], report[1]}) {
      if (descriptor >= 0) close(descriptor);
    }
  }

  // Empty when all is well.
  std::string prepare() {
    if (command.argv.empty()) return "cannot start a process: no program is named";
    variables = merged_environment(command);
    argv = pointers(command.argv);
    environment = pointers(variables);
    CPU_ZERO(&cores);
    for (const int core : command.cores) {
      if (core < 0 || core >= CPU_SETSIZE) return describe(command, {Step::pin, EINVAL});
      CPU_SET(core, &cores);
    }
    const std::string log = command.log_file.empty() ? "/dev/null" : command.log_file.string();
    output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (output < 0) {
      return fmt::format("cannot start {}: cannot write its log {}: {}", command.argv[0], log,
                         std::strerror(errno));
    }
    if (pipe2(report, O_CLOEXEC) == 0) return "";
    return fmt::format("cannot start {}: {}", command.argv[0], std::strerror(errno));
  }

  [[noreturn]] void give_up(Step step) const {
    const Failure failure{step, errno};
    if (write(report[1], &failure, sizeof failure) < 0) _exit(126);
    _exit(127);
  }

  [[noreturn]] void become(pid_t parent) const {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // the parent died before the line above
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // the engine's connections are not the service's
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (!command.directory.empty() && chdir(command.directory.c_str()) != 0) give_up(Step::enter);
    if (!command.cores.empty() && sched_setaffinity(0, sizeof cores, &cores) != 0)
      give_up(Step::pin);
    execvpe(argv[0], argv.data(), environment.data());
    give_up(Step::execute);
  }
};

std::string to_string(const ProcessEnd& status) {
  if (status.signal == 0) return fmt::format("exited with {}", status.code);
  return fmt::format("was ended by signal {} ({})", status.signal, strsignal(status.signal));
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const ChildCommand& command) {
  Prepared prepared;
  prepared.command = command;
  if (std::string failure = prepared.prepare(); !failure.empty()) return Error{std::move(failure)};
  std::unique_ptr<ChildProcess> child(new ChildProcess);
  child->owner_ = std::thread([&prepared, self = child.get()] { self->own(prepared); });
  std::unique_lock lock(child->mutex_);
  child->changed_.wait(lock, [&] { return child->started_; });
  if (!child->failure_.empty()) return Error{child->failure_};
  return child;
}

ChildProcess::~ChildProcess() {
  signal(SIGKILL);
  if (owner_.joinable()) owner_.join();
}

void ChildProcess::own(Prepared& prepared) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) prepared.become(parent);
  std::string failure;
  if (pid < 0) failure = describe(prepared.command, {Step::execute, errno});
  close(std::exchange(prepared.report[1], -1));
  Failure told{};
  if (pid > 0 && read(prepared.report[0], &told, sizeof told) == sizeof told) {
    failure = describe(prepared.command, told);
  }
  {
    // `prepared` belongs to start(), which goes on from here.
    const std::lock_guard lock(mutex_);
    pid_ = pid;
    failure_ = std::move(failure);
    started_ = true;
    if (pid < 0) status_ = ProcessEnd{.code = 127};
    changed_.notify_all();
  }
  if (pid < 0) return;
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  // Reaped under the lock, so that signal() never meets a number that is free for reuse; until then
  // the dead leader keeps its group's number, and children that it left behind can be ended by it.
  const std::lock_guard lock(mutex_);
  ::kill(-pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  status_ = WIFEXITED(status) ? ProcessEnd{.code = WEXITSTATUS(status)}
                              : ProcessEnd{.signal = WTERMSIG(status)};
  changed_.notify_all();
}

std::optional<ProcessEnd> ChildProcess::exit_status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void ChildProcess::signal(int number) {
  const std::lock_guard lock(mutex_);
  if (started_ && !status_) ::kill(-pid_, number);
}

std::optional<ProcessEnd> ChildProcess::wait(Duration timeout) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return status_.has_value(); });
  return status_;
}

}  // namespace dyno::harness
