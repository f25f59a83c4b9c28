// What Locust tells second by second and endpoint by endpoint, gathered while a run goes on: the
// rows of --csv-full-history, and the seconds of --json. Totals are as Locust's with --reset-stats:
// of all that has come, until the first request of a steady window is answered; then they begin
// anew, and count requests of steady windows only. So they end as what is shown of the run
// (rows.h), also where that is all of it. Rates and users are of the second. Of one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dyno/core/spill_file.h"
#include "dyno/metrics/cell.h"
#include "dyno/record/run_record.h"

namespace dyno::report {

class LocustHistory {
 public:
  // `windows`: as planned, by the index that cells have. `full`: a row for each endpoint, not only
  // one of all.
  LocustHistory(UtcTime started, std::vector<record::Window> windows, bool full)
      : started_(started), windows_(std::move(windows)), full_(full) {}

  // An interval that has ended, as a Progress has it. Gives its rows of PREFIX_stats_history.csv,
  // which begins with header().
  std::string add(const record::SeriesPoint& point, const std::vector<const record::Cell*>& cells,
                  const std::vector<record::Endpoint>& endpoints);

  static std::string header();

  // What Locust's --json prints: a list with an object for each endpoint, of the totals. Times
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
  using Seconds = std::map<std::uint32_t, Second>;  // by endpoint
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
  bool is_steady(const record::Cell& cell) const;
  void begin_anew();
  void count(std::int64_t epoch, const Seconds& seconds);

  UtcTime started_;
  std::vector<record::Window> windows_;
  bool full_;
  std::map<std::uint32_t, Total> totals_;  // by endpoint
  Spilled<Count> counts_;
  std::size_t counted_from_ = 0;  // the first of them that counts
  Total all_;
  bool steady_ = false;  // a request of a steady window has been answered
};

}  // namespace dyno::report
