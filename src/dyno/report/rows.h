// The rows of a table of endpoints, as every renderer shows them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dyno/metrics/histogram.h"
#include "dyno/record/run_record.h"

namespace dyno::report {

struct Row {
  std::string method;
  std::string name;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t completed = 0;         // that ended in the window
  std::uint64_t completed_failed = 0;  // of these
  std::uint64_t body_bytes = 0;        // of the answers, without their heads
  metrics::Histogram response_time;    // of the successes, likewise those of streams
  double seconds = 0;                  // length of the window

  // Of streams; other requests have no events.
  std::uint64_t events = 0;
  std::uint64_t tokens = 0;
  metrics::Histogram first_event;
  metrics::Histogram gap;
  metrics::Histogram token_time;

  double events_per_second() const {
    return seconds > 0 ? static_cast<double>(events) / seconds : 0;
  }
  double tokens_per_second() const {
    return seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
  }

  double per_second() const { return seconds > 0 ? static_cast<double>(completed) / seconds : 0; }
  double failures_per_second() const {
    return seconds > 0 ? static_cast<double>(completed_failed) / seconds : 0;
  }
  double content_size() const {
    return requests > 0 ? static_cast<double>(body_bytes) / static_cast<double>(requests) : 0;
  }
  double failed_percent() const {
    return requests > 0 ? 100.0 * static_cast<double>(failures) / static_cast<double>(requests) : 0;
  }
};

// Whether a cell is of requests: dropped and cancelled ones are none.
bool is_request(const record::Cell& cell);

// "steady", or "*" where the steady windows hold no sample.
std::string shown_window(const record::RunRecord& record);

// One row an endpoint that has samples, by name, then method. Dropped and cancelled ones are no
// requests. A row without requests is of what began before the window and came or ended in it: it
// counts in the sum of all, and stands in no table of requests.
std::vector<Row> endpoint_rows(const record::RunRecord& record);

// All rows as one named "Aggregated"; of one run after another the seconds add up.
Row aggregated(const std::vector<Row>& rows, double seconds);
double shown_seconds(const record::RunRecord& record);

struct Failure {
  std::string method;
  std::string name;
  std::string error;  // outcome and, where there is one, the example
  std::uint64_t count = 0;
  Duration first_seen{};
  Duration last_seen{};
};

// Of the whole run, the commonest first; with what was dropped.
std::vector<Failure> failures(const record::RunRecord& record);

// Likewise of the requests of the shown window: they add up to the failures of its rows.
std::vector<Failure> shown_failures(const record::RunRecord& record);

}  // namespace dyno::report
