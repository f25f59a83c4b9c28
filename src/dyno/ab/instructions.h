// Instructions that a benchmark executes, as valgrind's callgrind counts them: unlike its time they
// do not depend on what else the machine does.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dyno/ab/benchmarks.h"
#include "dyno/core/result.h"
#include "dyno/record/comparison.h"

namespace dyno::ab {

// Where valgrind is; nothing when it is not installed.
std::optional<std::filesystem::path> find_valgrind();

struct InstructionCount {
  std::filesystem::path program;         // a Google Benchmark binary
  std::vector<std::string> names;        // benchmarks
  std::vector<std::string> arguments{};  // of the program
  std::filesystem::path folder;          // for its output; must exist
  std::function<bool()> stopped{};
};

// Of each benchmark the instructions of one iteration and of what its function does before it,
// where the program's main function is dyno's. Those that were not the same in two processes in
// turn are left out. A second or two for each.
Result<std::map<std::string, double>> count_instructions(const InstructionCount& what);

// Adds to a comparison of benchmarks those whose instructions differ by more than `margin`, and a
// note of how many were counted, or why none were.
void compare_instructions(record::Comparison& comparison, const BenchmarkSides& sides,
                          double margin);

}  // namespace dyno::ab
