// What Locust tells second by second and endpoint by endpoint, gathered while a run goes on: the
// rows of --csv-full-history, and the seconds of --json. Of one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dyno/metrics/cell.h"
#include "dyno/record/run_record.h"

namespace dyno::report {

class LocustHistory {
 public:
  // `rows`: whether the rows of the history are wanted, not only the seconds.
  LocustHistory(UtcTime started, bool rows) : started_(started), rows_(rows) {}

  // An interval that has ended, as a Progress has it. A row for each endpoint known, as Locust
  // writes them, and one of all.
  void add(const record::SeriesPoint& point, const std::vector<const record::Cell*>& cells,
           const std::vector<record::Endpoint>& endpoints);

  // PREFIX_stats_history.csv.
  std::string csv() const;

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
    std::map<std::int64_t, std::uint64_t> per_second;  // requests that ended, by epoch second
    std::map<std::int64_t, std::uint64_t> failed_per_second;
  };
  struct Second;

  void add_row(const record::SeriesPoint& point, const std::string& method, const std::string& name,
               const Second& second, const Total& total);

  UtcTime started_;
  bool rows_;
  std::string csv_;
  std::map<std::uint32_t, Total> totals_;  // by endpoint
  Total all_;
};

}  // namespace dyno::report
