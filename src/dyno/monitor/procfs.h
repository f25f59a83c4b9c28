// Reads the few files of /proc that a monitor needs, into buffers on the stack. It only reads and
// parses: what a figure means for a service is the business of sources.h. proc(5) describes the
// files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "dyno/core/clock.h"

namespace dyno::monitor {

// Of /proc/<pid>/stat. CPU times have the resolution of a tick, 10 ms as a rule.
struct ProcessStat {
  char state = '?';  // 'Z' and 'X' are dead
  pid_t parent = 0;
  Duration cpu{};             // user and system, of all its threads, the ended ones too
  Duration reaped_cpu{};      // of its children that have ended and were waited for
  std::uint64_t started = 0;  // ticks since boot: tells two processes of one pid apart
  std::uint64_t threads = 0;
  std::uint64_t rss_bytes = 0;
};

// Bytes that reached the storage layer, not those of the page cache.
struct IoBytes {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
};

// Over all interfaces, loopback included; a byte sent over loopback is received there as well.
struct NetworkBytes {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
};

// Of the whole machine since boot, summed over its cores.
struct MachineCpu {
  Duration busy{};  // all but idle and waiting for I/O; time stolen by other guests is busy
  Duration total{};
  Duration programs{};  // busy without interrupts, which kernels charge to programs or to nobody
};

// Every reader gives nothing when the process or thread is gone, the kernel does not have the file,
// or it may not be read. Thread-safe.
class Procfs {
 public:
  explicit Procfs(const std::filesystem::path& root = "/proc");
  ~Procfs();
  Procfs(const Procfs&) = delete;
  Procfs& operator=(const Procfs&) = delete;

  std::optional<ProcessStat> stat(pid_t pid) const;
  std::optional<IoBytes> io(pid_t pid) const;
  // Of the network namespace that the process lives in, not of the process.
  std::optional<NetworkBytes> network(pid_t pid) const;
  // Without the one that the counting itself opens when `pid` is this process.
  std::optional<std::uint64_t> open_descriptors(pid_t pid) const;
  // Of the whole machine. Its disks without partitions, loop devices and what is stacked on disks
  // (device mapper, RAID), so that nothing counts twice; its network as this process sees it.
  std::optional<std::uint64_t> available_memory_bytes() const;
  std::optional<std::uint64_t> total_memory_bytes() const;
  std::optional<MachineCpu> machine_cpu() const;
  std::optional<IoBytes> machine_io() const;
  std::optional<NetworkBytes> machine_network() const;

  // Replace `result` by the process's threads, and by all its living descendants (one pass over all
  // processes).
  void threads(pid_t pid, std::vector<pid_t>& result) const;
  void descendants(pid_t pid, std::vector<pid_t>& result) const;

  std::optional<std::string> thread_name(pid_t pid, pid_t tid) const;  // at most 15 characters
  // From the thread's clock when it is one of this process; else from schedstat, in ns; or from
  // stat, in ticks, where the kernel has no schedstat.
  std::optional<Duration> thread_cpu(pid_t pid, pid_t tid) const;
  std::optional<IoBytes> thread_io(pid_t pid, pid_t tid) const;

 private:
  int root_ = -1;
  bool live_;  // the kernel's own, not a fixture
  Duration tick_;
  std::uint64_t page_bytes_;
};

}  // namespace dyno::monitor
