// A Google Benchmark reporter in front of another one: it lets pass only what is valid JSON (a
// counter that is NaN or infinite is left out) and notes which benchmarks ran and which failed.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace dyno::harness {

class CheckingReporter final : public benchmark::BenchmarkReporter {
 public:
  explicit CheckingReporter(std::unique_ptr<benchmark::BenchmarkReporter> next);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  // Families with at least one run that did not fail.
  const std::set<std::string>& ran() const { return ran_; }

  // "name: reason" of each run that failed or was skipped.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  std::unique_ptr<benchmark::BenchmarkReporter> next_;
  std::set<std::string> ran_;
  std::vector<std::string> failures_;
};

// "CacheGet/64/real_time" -> "CacheGet".
std::string family_of(const std::string& benchmark_name);

}  // namespace dyno::harness
