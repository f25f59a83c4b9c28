// Which cores run what: the engine keeps one to itself and the service gets the rest, so that
// neither is measured through the other. It says which cores may be used; it does not see siblings
// of one physical core.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <sys/types.h>
#include <vector>

#include "dyno/core/result.h"
#include "dyno/monitor/sources.h"

namespace dyno::monitor {

// The cores that a process or thread may run on, ascending; 0 is the calling thread. Empty when it
// is gone.
std::vector<int> allowed_cores(pid_t pid = 0);

// What percentages of CPU are of: the number of those cores, or less when a control group limits
// the CPU time of this container. At least a small positive number.
double allotted_cores(pid_t pid = 0);

// The cores' worth of CPU time per period that the control groups above a process leave it, version
// 1 or 2; nothing when none limits it. `cgroup_file` is its /proc/<pid>/cgroup, `mount` where the
// control groups are mounted.
std::optional<double> quota_cores(const std::filesystem::path& cgroup_file,
                                  const std::filesystem::path& mount);

struct CoreSplit {
  std::vector<int> service;
  std::vector<int> engine;
  bool shared =
      false;  // only one core: both run on it, and neither can be measured without the other
};

// The last core for the engine, the others for the service.
CoreSplit split_cores(const std::vector<int>& cores);

// Threads started afterwards by the pinned ones inherit their cores. Fails with the system's
// reason, on an empty list, or when the process or thread is gone.
Result<void> pin_thread(pid_t tid, const std::vector<int>& cores);
Result<void> pin_process(pid_t pid, const std::vector<int>& cores);  // all its threads
// The threads of this process that belong to the group; gives their number.
Result<std::size_t> pin_threads(const ThreadPredicate& belongs, const std::vector<int>& cores);

}  // namespace dyno::monitor
