// One side of an A/B as load runs: each time the service is started afresh on a free port, put
// under the same load as the other side of the pair, and stopped. It starts services and takes
// figures from records; which load, it is told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "dyno/ab/campaign.h"
#include "dyno/core/result.h"
#include "dyno/harness/service_under_test.h"
#include "dyno/record/run_record.h"

namespace dyno::ab {

// What one run is asked for.
struct LoadTask {
  const harness::ServiceUnderTest* service = nullptr;
  std::uint64_t number = 0;      // of the pair, from 1: both sides get the same arrivals
  std::filesystem::path folder;  // for its record
};

// Puts the load on the service and judges the run's validity.
using RunLoad = std::function<Result<record::RunRecord>(const LoadTask& task)>;

struct LoadSides {
  std::string base;  // command lines for the shell; {port} stands for the port to listen on
  std::string head;
  std::string health;  // path or URL, with {port}, that answers 2xx once the service is ready
  RunLoad run{};
  std::filesystem::path folder;  // for logs and records
  double most_errors = 0.01;     // a run of which more fail is errored, never compared
  int attempts = 3;              // at a run that can be believed, before it is errored
  std::function<bool()> stopped{};
};

// p50, p95, p99 of the response times of all requests and the rate of successes, as figures of "all
// requests". Percentiles for which the first run has too few samples are left out of every run.
Measure measure_load(LoadSides sides);

// The figures of one run; `percentiles` are those to be taken. Too many errors, or a run that
// cannot be believed, make every figure an error that says so.
compare::Process figures_of_load(const record::RunRecord& run,
                                 const std::vector<double>& percentiles, double most_errors);

// Of 50, 95 and 99 those that so many samples are enough for: 20, 200 and 1 000.
std::vector<double> percentiles_for(std::uint64_t samples);

}  // namespace dyno::ab
