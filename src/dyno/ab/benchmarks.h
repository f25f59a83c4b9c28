// The programs of one side of an A/B: Google Benchmark binaries, each run once as a fresh process.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "dyno/ab/campaign.h"
#include "dyno/core/result.h"

namespace dyno::ab {

// The binaries that `path` stands for: itself, or, of a build directory, every executable *_bench
// in it or in its bin/. Fails with what is missing.
Result<std::vector<std::filesystem::path>> programs_at(const std::filesystem::path& path);

struct BenchmarkSides {
  std::vector<std::filesystem::path> base;
  std::vector<std::filesystem::path> head;
  std::vector<std::string> arguments;  // of every program, such as --benchmark_min_time=0.05
  std::filesystem::path folder;        // for their output; must exist
  std::vector<int> cores{};            // that they may run on; empty: those of this process
  std::function<bool()> stopped{};     // ends the process that runs
};

// What stands before a benchmark's name where a side has several programs: "program: ".
std::string program_prefix(const std::filesystem::path& program, bool several);

// Measures by running every program of a side in turn. With several programs a benchmark is named
// "program: benchmark".
Measure measure_benchmarks(BenchmarkSides sides);

// The regular expression (of Google Benchmark's --benchmark_filter) that matches just these names.
std::string filter_of(const std::vector<std::string>& names);

}  // namespace dyno::ab
