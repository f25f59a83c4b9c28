#include "dyno/monitor/preflight.h"

#include <algorithm>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "dyno/core/text.h"
#include "dyno/monitor/affinity.h"

namespace dyno::monitor {
namespace {

rlimit descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

}  // namespace

std::uint64_t raise_descriptor_limit(std::uint64_t wanted) {
  rlimit limit = descriptor_limit();
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  return descriptor_limit().rlim_cur;
}

std::optional<std::uint64_t> free_disk_bytes(const std::filesystem::path& path) {
  std::error_code failure;
  std::filesystem::path existing = std::filesystem::absolute(path.empty() ? "." : path, failure);
  while (!std::filesystem::exists(existing, failure) && existing.has_relative_path()) {
    existing = existing.parent_path();
  }
  const auto space = std::filesystem::space(existing, failure);
  if (failure) return std::nullopt;
  return space.available;
}

std::optional<double> other_load(const Procfs& procfs, Clock& clock, Duration window) {
  const auto machine_before = procfs.machine_cpu();
  const auto self_before = procfs.stat(getpid());
  clock.sleep_until(clock.now() + window);
  const auto machine_after = procfs.machine_cpu();
  const auto self_after = procfs.stat(getpid());
  if (!machine_before || !machine_after || !self_before || !self_after) return std::nullopt;
  const Duration total = machine_after->total - machine_before->total;
  if (total <= Duration::zero()) return std::nullopt;
  const Duration others =
      machine_after->busy - machine_before->busy - (self_after->cpu - self_before->cpu);
  return std::clamp(std::chrono::duration<double>(others) / total, 0.0, 1.0);
}

std::vector<std::string> shortcomings(const Preflight& found, const PreflightWish& wish) {
  std::vector<std::string> warnings;
  const auto warn = [&](std::string line) { warnings.push_back(std::move(line)); };
  if (found.allotted_cores < static_cast<double>(wish.cores)) {
    warn(fmt::format(
        "{:.3g} cores, {} wanted: engine and service share them, so CPU and latency figures hold "
        "for both together; give this machine or container more",
        found.allotted_cores, wish.cores));
  }
  if (found.memory_available_bytes && *found.memory_available_bytes < wish.memory_bytes) {
    warn(fmt::format("{} of memory available, {} wanted: end other programs",
                     bytes_to_string(static_cast<double>(*found.memory_available_bytes)),
                     bytes_to_string(static_cast<double>(wish.memory_bytes))));
  }
  if (found.disk_free_bytes && *found.disk_free_bytes < wish.disk_bytes) {
    warn(fmt::format("{} free on the disk of {}, {} wanted: remove old results",
                     bytes_to_string(static_cast<double>(*found.disk_free_bytes)),
                     wish.results.empty() ? "." : wish.results.string(),
                     bytes_to_string(static_cast<double>(wish.disk_bytes))));
  }
  if (found.descriptors < wish.descriptors) {
    warn(fmt::format(
        "at most {} open descriptors (ulimit -n), {} wanted, and the hard limit of {} stands "
        "against "
        "more: raise nofile in /etc/security/limits.conf, or keep below {} connections",
        found.descriptors, wish.descriptors, found.descriptors_hard, found.descriptors / 2));
  }
  if (found.other_load && *found.other_load > wish.other_load) {
    warn(fmt::format(
        "other processes use {:.0f} % of the CPU: end them, or do not trust small differences",
        *found.other_load * 100));
  }
  return warnings;
}

Preflight preflight(const PreflightWish& wish, Clock& clock) {
  const Procfs procfs;
  Preflight found;
  found.cores = allowed_cores().size();
  found.allotted_cores = allotted_cores();
  found.memory_available_bytes = procfs.available_memory_bytes();
  found.disk_free_bytes = free_disk_bytes(wish.results);
  found.descriptors = raise_descriptor_limit(wish.descriptors);
  found.descriptors_hard = descriptor_limit().rlim_max;
  found.other_load = other_load(procfs, clock, wish.window);
  found.warnings = shortcomings(found, wish);
  return found;
}

}  // namespace dyno::monitor
