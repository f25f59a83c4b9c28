// What the machine can give before a run begins, and what of it is too little: facts and warnings,
// no verdict. A run on a machine that falls short is still a run, but its reader has to know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/monitor/procfs.h"

namespace dyno::monitor {

struct PreflightWish {
  std::size_t cores = 2;  // one for the engine, one for the service
  std::uint64_t memory_bytes = 1'000'000'000;
  std::uint64_t disk_bytes = 1'000'000'000;
  std::uint64_t descriptors = 10'000;
  double other_load = 0.1;          // share of the machine's CPU
  std::filesystem::path results{};  // where the disk is looked at; it need not exist yet
  Duration window = std::chrono::milliseconds(500);  // over which the other load is measured
};

// Absent: could not be found out.
struct Preflight {
  std::size_t cores = 0;      // that this process may use
  double allotted_cores = 0;  // less than `cores` under a control group's quota
  std::optional<std::uint64_t> memory_available_bytes{};
  std::optional<std::uint64_t> disk_free_bytes{};
  std::uint64_t descriptors = 0;        // the limit now, raised where it could be
  std::uint64_t descriptors_hard = 0;   // how far it can be raised
  std::optional<double> other_load{};   // share of the machine's CPU that others used, 0 to 1
  std::vector<std::string> warnings{};  // one line each: what is short, by how much, what to do
};

// Raises this process's limit on open descriptors and measures for `wish.window`.
Preflight preflight(const PreflightWish& wish, Clock& clock);

// What is too little of what was found, as `warnings` has it.
std::vector<std::string> shortcomings(const Preflight& found, const PreflightWish& wish);

// Raises the soft limit on open descriptors to `wanted` or to the hard limit if that is lower;
// never lowers it. Gives the limit now in force.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted);

// The free bytes, for this user, of the disk that holds the path or its nearest existing folder.
std::optional<std::uint64_t> free_disk_bytes(const std::filesystem::path& path);

// The share of the machine's CPU that processes other than this one used over the window.
std::optional<double> other_load(const Procfs& procfs, Clock& clock, Duration window);

}  // namespace dyno::monitor
