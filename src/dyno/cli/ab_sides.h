// The two sides of `dyno ab`: what the command line names (programs, build directories, commits,
// services under load), made ready to be measured in turns.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "dyno/ab/benchmarks.h"
#include "dyno/ab/campaign.h"
#include "dyno/ab/commits.h"
#include "dyno/cli/load_arguments.h"
#include "dyno/core/result.h"

namespace CLI {
class App;
}

namespace dyno::cli {

struct AbSideArguments {
  std::string base;  // these three: the words of the command line in their order,
  std::string head;  // which with commits are all arguments
  std::vector<std::string> arguments;
  std::string base_revision;
  std::string head_revision;  // empty, and a base revision given: HEAD
  ab::BuildPlan build;
  LoadArguments load;  // its file: the scenario; empty: benchmarks are measured
  std::string service;
  std::string health = "/health";
  double most_errors_percent = 1;
  std::vector<int> cores;
};

struct AbSides {
  std::string base;  // as people call it
  std::string head;
  std::string base_commit;
  std::string head_commit;
  std::vector<int> cores;  // where what is measured runs, and the canary
  std::string what;        // one line: what is about to be measured
  ab::Measure measure;
  ab::BenchmarkSides benchmarks{};  // where it is these that are measured
};

// Declares BASE, HEAD and the options that say what they are.
void add_side_options(CLI::App& command, AbSideArguments& arguments);

// Ready to be measured: commits are built by then. `folder` is for what the processes leave. Says
// what it builds on stderr.
Result<AbSides> sides_of(const AbSideArguments& arguments, const std::filesystem::path& folder,
                         const std::function<bool()>& stopped);

// For a signal handler: ends the load that is under way.
void stop_load() noexcept;

}  // namespace dyno::cli
