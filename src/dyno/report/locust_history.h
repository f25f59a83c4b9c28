// What Locust tells second by second and endpoint by endpoint, gathered while a run goes on: the
// rows of --csv-full-history, and the seconds of --json. Of one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dyno/core/spill_file.h"
#include "dyno/metrics/cell.h"
#include "dyno/record/run_record.h"

namespace dyno::report {

class LocustHistory {
 public:
  // `full`: a row for each endpoint, not only one of all.
  LocustHistory(UtcTime started, bool full) : started_(started), full_(full) {}

  // An interval that has ended, as a Progress has it. Gives its rows of PREFIX_stats_history.csv,
  // which begins with header().
  std::string add(const record::SeriesPoint& point, const std::vector<const record::Cell*>& cells,
                  const std::vector<record::Endpoint>& endpoints);

  static std::string header();

  // What Locust's --json prints: a list with an object for each endpoint, of the whole run. Times
  // are milliseconds, response_times by Locust's rounding, to two digits. What failed has no
  // response time here, and is in num_none_requests.
  std::string json(const record::RunRecord& record) const;

 private:
  struct Total {
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    std::uint64_t bytes = 0;
    metrics::Histogram response_time;
  };
  struct Second;
  // What an endpoint did in an epoch second, or a part of it: for json() alone, and kept out of
  // memory.
  struct Count {
    std::int64_t second;
    std::uint64_t endpoint;
    std::uint64_t requests;
    std::uint64_t failures;
  };

  std::string row(const record::SeriesPoint& point, const std::string& method,
                  const std::string& name, const Second& second, const Total& total) const;

  UtcTime started_;
  bool full_;
  std::map<std::uint32_t, Total> totals_;  // by endpoint
  Spilled<Count> counts_;
  Total all_;
};

}  // namespace dyno::report
