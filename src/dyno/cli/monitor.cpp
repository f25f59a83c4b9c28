// dyno monitor: what a process or the machine uses, sample by sample, as CSV and as a live line.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "dyno/cli/command.h"
#include "dyno/core/files.h"
#include "dyno/core/text.h"
#include "dyno/monitor/affinity.h"
#include "dyno/monitor/find_process.h"
#include "dyno/monitor/procfs.h"
#include "dyno/monitor/watch.h"

namespace dyno::cli {

namespace {

namespace fs = std::filesystem;

struct MonitorArguments {
  std::optional<pid_t> pid;
  std::string name;
  std::uint16_t port = 0;
  bool system = false;
  bool alone = false;
  std::string interval = "1s";
  std::string duration = "5m";
  fs::path csv;
};

// What is watched: whose figures, of how many cores, and what to call it.
struct Watched {
  monitor::Source source;
  double cores = 1;
  std::string what;
};

Result<Watched> watched_by(const MonitorArguments& arguments) {
  if (!arguments.pid && arguments.name.empty() && arguments.port == 0) {
    const auto cores = static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
    return Watched{monitor::machine_source(), cores, "the machine"};
  }
  const auto pid = arguments.pid             ? monitor::process_with_pid(*arguments.pid)
                   : !arguments.name.empty() ? monitor::process_named(arguments.name)
                                             : monitor::process_listening(arguments.port);
  if (!pid) return pid.error();
  const auto children = arguments.alone ? monitor::Children::leave_out : monitor::Children::include;
  return Watched{monitor::process_source(*pid, children), monitor::allotted_cores(*pid),
                 fmt::format("process {}{}", *pid, arguments.alone ? "" : " with its children")};
}

// A file that is complete up to its last line whenever the program is killed.
class CsvFile {
 public:
  // "-" is stdout.
  Result<void> open(const fs::path& path) {
    path_ = path;
    if (path == "-") {
      file_ = stdout;
      return write(monitor::watch_header());
    }
    std::error_code error;
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
    owned_.reset(std::fopen(path.c_str(), "we"));
    file_ = owned_.get();
    if (file_ == nullptr)
      return Error{fmt::format("cannot write {}; give another place with --csv", path.string())};
    return write(monitor::watch_header());
  }

  Result<void> write(const std::string& line) {
    if (std::fputs((line + "\n").c_str(), file_) < 0 || std::fflush(file_) != 0)
      return Error{fmt::format("cannot write {}; free some space", path_.string())};
    return {};
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  fs::path path_;
  std::unique_ptr<std::FILE, Close> owned_;
  std::FILE* file_ = nullptr;
};

// One line that is written over on a terminal, or a line a sample elsewhere.
class LiveLine {
 public:
  void show(const std::string& line) const {
    if (live_) {
      fmt::print(stderr, "\r\x1b[K{}", line);
    } else {
      fmt::print(stderr, "{}\n", line);
    }
    std::fflush(stderr);
  }
  void end() const {
    if (live_) fmt::print(stderr, "\n");
  }

 private:
  const bool live_ = is_terminal(STDERR_FILENO);
};

sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Whether a signal came before that time.
bool stopped_before(TimePoint when, const sigset_t& signals, const Clock& clock) {
  while (true) {
    const auto left = when - clock.now();
    if (left <= Duration::zero()) return false;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time{static_cast<std::time_t>(seconds.count()),
                        static_cast<long>((left - seconds).count())};
    if (sigtimedwait(&signals, nullptr, &time) > 0) return true;
  }
}

// Until the time is over, a signal comes, or what is watched has ended; true for the last.
Result<bool> watch(const Watched& watched, Duration interval, Duration duration, CsvFile& csv,
                   monitor::Watch& rows) {
  const SteadyClock clock;
  const LiveLine live;
  const sigset_t signals = block_stop_signals();
  TimePoint next = clock.now();
  const TimePoint end = duration > Duration::zero() ? next + duration : TimePoint::max();
  bool ended = false;
  while (!ended) {
    const auto reading = watched.source();
    ended = reading.presence == monitor::Presence::exited;
    if (const auto row = rows.add(reading, clock.now(), utc_now())) {
      live.show(to_line(*row));
      if (const auto written = csv.write(to_csv(*row)); !written) return written.error();
    }
    if (next >= end) break;
    next = std::max(next + interval, clock.now());  // late samples are left out, not made up for
    // The last is of the end, and of no interval so short that the steps of CPU time show.
    if (next > end - interval / 2) next = end;
    if (!ended && stopped_before(next, signals, clock)) break;
  }
  live.end();
  return ended;
}

ExitStatus run_monitor(const MonitorArguments& arguments) {
  const auto interval = parse_duration(arguments.interval);
  if (!interval) return usage_error("--interval: " + interval.error().message);
  const auto duration = parse_duration(arguments.duration);
  if (!duration) return usage_error("--duration: " + duration.error().message);
  if (*interval < std::chrono::milliseconds(10))
    return usage_error("--interval must be at least 10ms: CPU time is counted in steps of 10 ms");
  const auto watched = watched_by(arguments);
  if (!watched) return usage_error(watched.error().message);
  const fs::path path =
      arguments.csv.empty()
          ? fs::path("results") / "monitor" / ("resources_" + to_file_stamp(utc_now()) + ".csv")
          : arguments.csv;
  CsvFile csv;
  if (const auto opened = csv.open(path); !opened) return usage_error(opened.error().message);
  fmt::print(stderr, "watching {}, CPU in percent of {:g} cores; Ctrl-C ends it\n", watched->what,
             watched->cores);
  monitor::Watch rows(watched->cores, monitor::Procfs().total_memory_bytes());
  const auto ended = watch(*watched, *interval, *duration, csv, rows);
  if (!ended) return usage_error(ended.error().message);
  if (*ended) fmt::print(stderr, "{} has ended\n", watched->what);
  fmt::print(stderr, "{}", rows.summary());
  if (path != "-") fmt::print(stderr, "results in {}\n", path.string());
  return ExitStatus::pass;
}

}  // namespace

void add_monitor(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<MonitorArguments>();
  auto* command =
      app.add_subcommand("monitor", "Watch what a process or the machine uses, as CSV and live");
  auto* what = command->add_option_group("what", "What is watched; the machine unless said");
  what->add_option("--pid", arguments->pid, "A process, by its number")->check(CLI::PositiveNumber);
  what->add_option("--name", arguments->name, "A process, by the name of its program");
  what->add_option("--port", arguments->port, "The process that listens on this TCP port")
      ->check(CLI::Range(1, 65535));
  what->add_flag("--system", arguments->system, "The whole machine");
  what->require_option(0, 1);
  command->add_flag("--no-children", arguments->alone, "The process without those it started");
  command->add_option("-i,--interval", arguments->interval, "Between two samples")
      ->capture_default_str();
  command->add_option("-t,--duration", arguments->duration, "How long; 0 until Ctrl-C")
      ->capture_default_str();
  command->add_option("--csv", arguments->csv,
                      "Where the samples go, - for stdout; default"
                      " results/monitor/resources_<UTC time>.csv");
  command->footer(
      "Columns: timestamp (UTC), cpu_percent (of the cores it may run on, since the line before),\n"
      "memory_percent, memory_mb (resident; of the machine: total less available), disk_read_mb,\n"
      "disk_write_mb, network_sent_mb, network_recv_mb (since the start; a process's network is "
      "that\n"
      "of its whole network namespace). MB are 1048576 bytes. What cannot be told is empty.\n"
      "examples:\n"
      "  dyno monitor --system -t 5m\n"
      "  dyno monitor --port 8000 --csv service.csv -t 0\n"
      "  dyno monitor --name postgres -i 500ms -t 1m --csv -\n"
      "exit status: 0 watched (also where the process ended), 2 usage, no such process, or I/O");
  command->callback(
      [arguments, &action] { action = [arguments] { return run_monitor(*arguments); }; });
}

}  // namespace dyno::cli
