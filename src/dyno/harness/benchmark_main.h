// The main function of dyno's Google Benchmark programs: Google Benchmark's own flags and JSON,
// plus what it leaves out - where and how the binary was built, allocations per iteration, JSON
// that is always valid, and an exit status that notices a benchmark which failed or vanished.
#pragma once

#include <string>
#include <vector>

namespace dyno::harness {

// Runs the registered benchmarks that the flags select. `families` are the names (the part before
// the first '/') that this program must provide; those that the filter selects must each have run
// without an error. Returns an ExitStatus: 0; 2 for an unknown flag; 4 when a benchmark failed,
// vanished or nothing ran, having said which on stderr. To be called once, from main. Counts every
// allocation of the program: link dyno::benchmark_main only into benchmark programs.
int benchmark_main(int argc, char** argv, const std::vector<std::string>& families);

}  // namespace dyno::harness
