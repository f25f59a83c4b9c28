#include "dyno/harness/benchmark_reporter.h"

#include <cmath>
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

CheckingReporter::CheckingReporter(std::unique_ptr<benchmark::BenchmarkReporter> next)
    : next_(std::move(next)) {}

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
  }
  next_->ReportRuns(valid);
}

void CheckingReporter::Finalize() { next_->Finalize(); }

std::string family_of(const std::string& benchmark_name) {
  return benchmark_name.substr(0, benchmark_name.find('/'));
}

}  // namespace dyno::harness
