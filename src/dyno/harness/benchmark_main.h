// The main function of dyno's Google Benchmark programs: Google Benchmark's own flags and JSON,
// plus what it leaves out - where and how the binary was built, allocations per iteration, JSON
// that is always valid, and an exit status that notices a benchmark which failed or vanished.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace dyno::harness {

// Says on what data a program measures, "size medium, seed 1"; not asked where nothing is measured.
using DescribeData = std::function<std::string()>;

// Runs the registered benchmarks that the flags select. `families` are the names (the part before
// the first '/') that this program must provide; those that the filter selects must each have run
// without an error. Returns an ExitStatus: 0; 2 for an unknown flag; 4 when a benchmark failed,
// vanished or nothing ran, having said which on stderr. To be called once, from main. Counts every
// allocation of the program: link dyno::benchmark_main only into benchmark programs. What `data`
// says goes into the context of the JSON as dyno_data: files that say different things are not
// compared with each other. Without it, or when it says nothing, they are.
int benchmark_main(int argc, char** argv, const std::vector<std::string>& families,
                   const DescribeData& data = {});

}  // namespace dyno::harness
