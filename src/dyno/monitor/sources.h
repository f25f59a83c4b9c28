// Where figures about a service or the engine come from: a process of its own, a group of threads
// in this process, or a remote service's /metrics. A source reads once when asked; the Monitor asks
// at intervals.
//
// What cannot be told apart is left empty, never guessed:
//
//   figure                 process            thread group              remote
//   cpu time, threads      yes                yes                       process_* metrics
//   resident memory, fds   yes                no: shared by all groups  process_* metrics
//   disk                   yes                yes                       no
//   network                of its namespace   no                        no
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"

namespace dyno::monitor {

enum class Presence {
  running,
  exited,       // for good
  unreachable,  // it did not tell this time; it may the next
};

// Counters count from the start of what is watched, the namespace's from its boot; differences have
// a meaning.
struct Reading {
  Presence presence = Presence::running;
  std::optional<Duration> cpu_time{};
  std::optional<std::uint64_t> rss_bytes{};
  std::optional<std::uint64_t> fds{};
  std::optional<std::uint64_t> threads{};
  std::optional<std::uint64_t> disk_read_bytes{};
  std::optional<std::uint64_t> disk_write_bytes{};
  std::optional<std::uint64_t> namespace_sent_bytes{};
  std::optional<std::uint64_t> namespace_received_bytes{};
  std::vector<std::pair<std::string, double>> gauges{};  // remote only
};

// Called by one thread at a time.
using Source = std::function<Reading()>;

// A process, with its children when asked for: memory is then the sum of their resident sets, which
// counts shared pages once per process, and a child's disk figures end with it. A pid that has
// become another process's reads as exited, and so does a zombie. `proc` is where the files of
// proc(5) are, here and below.
enum class Children { include, leave_out };
Source process_source(pid_t pid, Children children = Children::include,
                      const std::filesystem::path& proc = "/proc");

// Says whether a thread belongs to the group. Threads inherit their creator's name until they are
// given one, so a service whose first thread is named "svc:…" has all its threads so named.
using ThreadPredicate = std::function<bool(pid_t tid, std::string_view name)>;
ThreadPredicate named(std::string prefix);
ThreadPredicate not_named(std::string prefix);
ThreadPredicate among(std::vector<pid_t> tids);

// Threads of process `pid` (this one, as a rule). The CPU time of threads that ended is kept up to
// their last reading; a thread that begins and ends between two readings is not seen.
Source thread_group_source(pid_t pid, ThreadPredicate belongs,
                           const std::filesystem::path& proc = "/proc");

// The CPU time that all other programs of the machine have had since the first reading: what its
// cores did, but for interrupts, less what the sources in `own` tell of themselves. Time stolen by
// other guests of the host is in it, since it was taken as by a program. To a tick or two; never
// falling, also where one of `own` ends.
Source others_source(std::vector<Source> own, const std::filesystem::path& proc = "/proc");

// Prometheus text, got by `fetch`, whose failure reads as unreachable. Gauges whose name matches
// one of the globs are kept, with their labels; without globs, all that are typed gauge but for
// process_*.
using Fetch = std::function<Result<std::string>()>;
Source metrics_source(Fetch fetch, std::vector<std::string> gauge_globs = {});

// The reading that one such text makes.
Reading reading_of_metrics(std::string_view text, const std::vector<std::string>& gauge_globs = {});

}  // namespace dyno::monitor
