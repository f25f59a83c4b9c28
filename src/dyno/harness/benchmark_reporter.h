// A Google Benchmark reporter in front of another one: it lets pass only what is valid JSON (a
// counter that is NaN or infinite is left out), with what was counted of memory, and notes which
// benchmarks ran and which failed.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace dyno::harness {

// What a memory manager counted. The library (1.7.1) hands its reporters pointers to results that
// it keeps in a vector, which moves as it grows: with several repetitions all but the last point to
// freed memory, and a reporter that reads them writes nonsense or crashes. So each is kept here.
class MemoryResults {
 public:
  using Result = benchmark::MemoryManager::Result;

  // `result` as the library hands it to MemoryManager::Stop(), filled.
  void keep(const Result& result) { kept_.push_back({&result, result}); }

  // The one that `run` has a pointer to, valid as long as this is; null where there is none.
  const Result* of(const benchmark::BenchmarkReporter::Run& run) const;

 private:
  struct Kept {
    const Result* where;  // in the library; for comparison only
    Result value;
  };
  std::deque<Kept> kept_;
};

class CheckingReporter final : public benchmark::BenchmarkReporter {
 public:
  CheckingReporter(std::unique_ptr<benchmark::BenchmarkReporter> next,
                   const MemoryResults& memory_results);

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

  // Families with at least one run that did not fail.
  const std::set<std::string>& ran() const { return ran_; }

  // "name: reason" of each run that failed or was skipped.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  std::unique_ptr<benchmark::BenchmarkReporter> next_;
  const MemoryResults& memory_results_;
  std::set<std::string> ran_;
  std::vector<std::string> failures_;
};

// "CacheGet/64/real_time" -> "CacheGet".
std::string family_of(const std::string& benchmark_name);

}  // namespace dyno::harness
