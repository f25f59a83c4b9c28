#include "dyno/harness/benchmark_main.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <regex>
#include <string_view>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif

#include "dyno/core/allocations.h"
#include "dyno/core/environment.h"
#include "dyno/core/exit_status.h"
#include "dyno/harness/benchmark_families.h"
#include "dyno/harness/benchmark_reporter.h"

namespace dyno::harness {

namespace {

// Under callgrind with --collect-atstart=no just these iterations are counted; elsewhere no more
// than a few instructions that do nothing.
void toggle_callgrind() {
#ifdef CALLGRIND_TOGGLE_COLLECT
  CALLGRIND_TOGGLE_COLLECT;
#endif
}

// Google Benchmark runs each benchmark once more with this on, and reports allocs_per_iter.
class AllocationCounter final : public benchmark::MemoryManager {
 public:
  void Start() override {
    start_counting_allocations();
    toggle_callgrind();
  }

  void Stop(Result& result) override {
    toggle_callgrind();
    const auto counted = stop_counting_allocations();
    result.num_allocs = counted.count;
    result.total_allocated_bytes = counted.bytes;
    result.max_bytes_used = counted.peak_bytes;
    results_.keep(result);
  }
  void Stop(Result* result) override { Stop(*result); }

  const MemoryResults& results() const { return results_; }

 private:
  MemoryResults results_;
};

void add_context() {
  const auto environment = current_environment();
  benchmark::AddCustomContext("dyno_cpu_model", environment.cpu_model);
  benchmark::AddCustomContext("dyno_cores", std::to_string(environment.cores));
  benchmark::AddCustomContext("dyno_governor", environment.governor);
  benchmark::AddCustomContext("dyno_kernel", environment.kernel);
  benchmark::AddCustomContext("dyno_libc", environment.libc);
  benchmark::AddCustomContext("dyno_compiler", environment.compiler);
  benchmark::AddCustomContext("dyno_build_type", environment.build_type);
  benchmark::AddCustomContext("dyno_flags", environment.flags);
  benchmark::AddCustomContext("dyno_sanitizers", environment.sanitizers);
  benchmark::AddCustomContext("dyno_commit", environment.commit);
  benchmark::AddCustomContext("dyno_fingerprint", fingerprint(environment));
}

// The last value of --name=value; nothing when the flag is not there.
std::string flag_value(int argc, char** argv, std::string_view name) {
  std::string value;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(name) && argument.substr(name.size()).starts_with('=')) {
      value = argument.substr(name.size() + 1);
    }
  }
  return value;
}

bool has_flag(int argc, char** argv, std::string_view name) {
  return std::any_of(argv + 1, argv + argc,
                     [&](std::string_view argument) { return argument.starts_with(name); });
}

std::unique_ptr<benchmark::BenchmarkReporter> file_reporter(const std::string& format) {
  if (format == "console") return std::make_unique<benchmark::ConsoleReporter>();
  return std::make_unique<benchmark::JSONReporter>();
}

// Google Benchmark's rule: a filter is a regular expression searched for in the whole name, and a
// leading '-' inverts it. A family counts as selected when its bare name matches; a filter that
// names arguments selects fewer, which is the user's own wish.
bool selects(const std::string& filter, const std::string& family) {
  if (filter.empty() || filter == "all" || filter == ".") return true;
  try {
    const bool inverted = filter.starts_with('-');
    const std::regex pattern(inverted ? filter.substr(1) : filter);
    return std::regex_search(family, pattern) != inverted;
  } catch (const std::regex_error&) {
    return false;  // Google Benchmark itself has said that the expression is wrong
  }
}

std::string selected_families(const std::vector<std::string>& families) {
  std::vector<std::string> selected;
  const auto filter = benchmark::GetBenchmarkFilter();
  std::copy_if(families.begin(), families.end(), std::back_inserter(selected),
               [&](const std::string& family) { return selects(filter, family); });
  return fmt::format("{}", fmt::join(selected, ","));
}

ExitStatus check(const CheckingReporter& reporter, const std::vector<std::string>& families,
                 std::size_t runs) {
  auto status = ExitStatus::pass;
  const auto complain = [&](const std::string& what) {
    fmt::print(stderr, "error: {}\n", what);
    status = ExitStatus::invalid;
  };
  for (const auto& failure : reporter.failures()) complain("benchmark failed: " + failure);
  const auto filter = benchmark::GetBenchmarkFilter();
  for (const auto& family : families) {
    if (selects(filter, family) && !reporter.ran().contains(family)) {
      complain(fmt::format("benchmark '{}' should have run and did not", family));
    }
  }
  if (runs == 0) {
    complain(
        fmt::format("the filter '{}' selects no benchmark; list them with "
                    "--benchmark_list_tests",
                    filter));
  }
  return status;
}

}  // namespace

int benchmark_main(int argc, char** argv, const std::vector<std::string>& families,
                   const DescribeData& data) {
  const bool to_file =
      has_flag(argc, argv, "--benchmark_out=") || std::getenv("BENCHMARK_OUT") != nullptr;
  const auto file_format = flag_value(argc, argv, "--benchmark_out_format");
  const bool listing = has_flag(argc, argv, "--benchmark_list_tests") &&
                       flag_value(argc, argv, "--benchmark_list_tests") != "false";
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return static_cast<int>(ExitStatus::usage);
  }
  add_context();
  benchmark::AddCustomContext(families_member, selected_families(families));
  const auto measured_on = data && !listing ? data() : "";
  if (!measured_on.empty()) benchmark::AddCustomContext("dyno_data", measured_on);
  AllocationCounter counter;
  benchmark::RegisterMemoryManager(&counter);
  CheckingReporter display{
      std::unique_ptr<benchmark::BenchmarkReporter>(benchmark::CreateDefaultDisplayReporter()),
      counter.results()};
  CheckingReporter file{file_reporter(file_format), counter.results()};
  const auto runs = benchmark::RunSpecifiedBenchmarks(&display, to_file ? &file : nullptr);
  benchmark::RegisterMemoryManager(nullptr);
  const auto status = listing ? ExitStatus::pass : check(display, families, runs);
  benchmark::Shutdown();
  return static_cast<int>(status);
}

}  // namespace dyno::harness
