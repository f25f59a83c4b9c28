#include "dyno/monitor/affinity.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <sched.h>
#include <set>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/monitor/procfs.h"

namespace dyno::monitor {
namespace {

// "<quota> <period>", or "max <period>" for no limit.
std::optional<double> version2_quota(const std::filesystem::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0;
  double period = 0;
  if (!(file >> quota >> period) || period <= 0) return std::nullopt;
  return quota / period;
}

// Two files, the first with -1 for no limit.
std::optional<double> version1_quota(const std::filesystem::path& group) {
  std::ifstream quota_file(group / "cpu.cfs_quota_us");
  std::ifstream period_file(group / "cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) {
    return std::nullopt;
  }
  return quota / period;
}

struct ControlGroup {
  bool version2 = false;
  std::string path;  // begins with a slash
};

// Lines "0::<path>" (version 2) and "<n>:cpu,cpuacct:<path>".
std::vector<ControlGroup> cpu_groups(const std::filesystem::path& cgroup_file) {
  std::vector<ControlGroup> groups;
  std::ifstream file(cgroup_file);
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool version2 = controllers == ",,";
    if (version2 || controllers.find(",cpu,") != std::string::npos) {
      groups.push_back({version2, line.substr(second + 1)});
    }
  }
  return groups;
}

// Repeated until no new thread shows up: one that is not yet pinned may start another meanwhile.
Result<std::size_t> pin_all(pid_t pid, const ThreadPredicate* belongs,
                            const std::vector<int>& cores) {
  const Procfs procfs;
  std::set<pid_t> pinned;
  std::vector<pid_t> tids;
  for (bool grown = true; grown;) {
    grown = false;
    procfs.threads(pid, tids);
    for (const pid_t tid : tids) {
      if (pinned.contains(tid)) continue;
      if (belongs != nullptr && !(*belongs)(tid, procfs.thread_name(pid, tid).value_or("")))
        continue;
      if (const auto done = pin_thread(tid, cores); !done.ok()) {
        if (!procfs.thread_name(pid, tid)) continue;  // it ended meanwhile
        return done.error();
      }
      pinned.insert(tid);
      grown = true;
    }
  }
  return pinned.size();
}

}  // namespace

std::optional<double> quota_cores(const std::filesystem::path& cgroup_file,
                                  const std::filesystem::path& mount) {
  std::optional<double> least;
  for (const ControlGroup& group : cpu_groups(cgroup_file)) {
    const std::filesystem::path root = group.version2 ? mount : mount / "cpu";
    // A limit on any group above holds as well. In a container the path may be the host's, of which
    // only the root can be seen.
    for (std::filesystem::path at = group.path;; at = at.parent_path()) {
      const std::filesystem::path directory = root / at.relative_path();
      const auto quota = group.version2 ? version2_quota(directory) : version1_quota(directory);
      if (quota) least = std::min(*quota, least.value_or(*quota));
      if (!at.has_relative_path()) break;
    }
  }
  return least;
}

std::vector<int> allowed_cores(pid_t pid) {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (sched_getaffinity(pid, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

double allotted_cores(pid_t pid) {
  const auto cores = static_cast<double>(std::max<std::size_t>(1, allowed_cores(pid).size()));
  const std::string process = pid == 0 ? "self" : std::to_string(pid);
  return std::min(cores,
                  quota_cores("/proc/" + process + "/cgroup", "/sys/fs/cgroup").value_or(cores));
}

CoreSplit split_cores(const std::vector<int>& cores) {
  if (cores.size() < 2) return {.service = cores, .engine = cores, .shared = true};
  return {.service = {cores.begin(), cores.end() - 1}, .engine = {cores.back()}};
}

Result<void> pin_thread(pid_t tid, const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) {
    if (core < 0 || core >= CPU_SETSIZE) {
      return Error{fmt::format("cannot pin thread {}: {} is not a core", tid, core)};
    }
    CPU_SET(core, &set);
  }
  if (sched_setaffinity(tid, sizeof set, &set) == 0) return {};
  return Error{fmt::format("cannot pin thread {} to cores {}: {} (cores {} are allowed)", tid,
                           fmt::join(cores, ","), std::strerror(errno),
                           fmt::join(allowed_cores(), ","))};
}

Result<void> pin_process(pid_t pid, const std::vector<int>& cores) {
  const auto pinned = pin_all(pid, nullptr, cores);
  if (!pinned.ok()) return pinned.error();
  if (pinned.value() == 0) return Error{fmt::format("cannot pin process {}: it is gone", pid)};
  return {};
}

Result<std::size_t> pin_threads(const ThreadPredicate& belongs, const std::vector<int>& cores) {
  return pin_all(getpid(), &belongs, cores);
}

}  // namespace dyno::monitor
