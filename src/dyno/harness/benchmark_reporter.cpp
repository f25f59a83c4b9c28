#include "dyno/harness/benchmark_reporter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace dyno::harness {

namespace {

// A run over no iterations leaves NaN times; JSON has no such number.
void make_finite(double& value) {
  if (!std::isfinite(value)) value = 0;
}

benchmark::BenchmarkReporter::Run without_nonfinite(benchmark::BenchmarkReporter::Run run) {
  std::erase_if(run.counters, [](const auto& named) {
    return !std::isfinite(static_cast<double>(named.second));
  });
  make_finite(run.real_accumulated_time);
  make_finite(run.cpu_accumulated_time);
  return run;
}

}  // namespace

const MemoryResults::Result* MemoryResults::of(const benchmark::BenchmarkReporter::Run& run) const {
  if (run.memory_result == nullptr) return nullptr;
  // An address may have been another result's before; with --benchmark_enable_random_interleaving
  // it may have become another's since, which counts for other loops.
  constexpr benchmark::IterationCount most_loops = 16;  // of the library's run for memory
  const auto loops = std::min(most_loops, run.iterations / std::max<std::int64_t>(run.threads, 1));
  const auto counted = run.allocs_per_iter * static_cast<double>(loops);
  const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const Kept& kept) {
    return kept.where == run.memory_result &&
           std::abs(static_cast<double>(kept.value.num_allocs) - counted) < 0.5;
  });
  return found == kept_.rend() ? nullptr : &found->value;
}

CheckingReporter::CheckingReporter(std::unique_ptr<benchmark::BenchmarkReporter> next,
                                   const MemoryResults& memory_results)
    : next_(std::move(next)), memory_results_(memory_results) {}

bool CheckingReporter::ReportContext(const Context& context) {
  next_->SetOutputStream(&GetOutputStream());
  next_->SetErrorStream(&GetErrorStream());
  return next_->ReportContext(context);
}

void CheckingReporter::ReportRuns(const std::vector<Run>& runs) {
  std::vector<Run> valid;
  valid.reserve(runs.size());
  for (const auto& run : runs) {
    if (run.error_occurred) {
      failures_.push_back(run.benchmark_name() + ": " + run.error_message);
    } else {
      ran_.insert(family_of(run.run_name.function_name));
    }
    valid.push_back(without_nonfinite(run));
    valid.back().memory_result = memory_results_.of(run);
  }
  next_->ReportRuns(valid);
}

void CheckingReporter::Finalize() { next_->Finalize(); }

std::string family_of(const std::string& benchmark_name) {
  return benchmark_name.substr(0, benchmark_name.find('/'));
}

}  // namespace dyno::harness
