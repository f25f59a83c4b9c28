#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dyno/core/files.h"
#include "dyno/record/series.h"
#include "dyno/report/locust_columns.h"
#include "dyno/report/report.h"
#include "dyno/report/rows.h"

namespace dyno::report {

using metrics::Histogram;
using record::RunRecord;

const char* const history_header =
    "Timestamp,User Count,Type,Name,Requests/s,Failures/s,"
    "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,"
    "Total Request Count,Total Failure Count,Total Median Response Time,"
    "Total Average Response Time,Total Min Response Time,Total Max Response Time,"
    "Total Average Content Size\r\n";

namespace {

constexpr double percentiles[] = {50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100};

// Milliseconds to the microsecond: what is below one must not become zero.
std::string in_ms(Duration duration) {
  return fmt::format("{:.3f}", static_cast<double>(duration.count()) / 1e6);
}

std::string or_not_available(const Histogram& histogram, Duration value) {
  return histogram.empty() ? "N/A" : in_ms(value);
}

}  // namespace

std::string csv_quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string percentile_columns(const Histogram& histogram) {
  std::string columns;
  for (const auto percentile : percentiles) {
    columns += ',' + or_not_available(histogram, histogram.percentile(percentile));
  }
  return columns;
}

std::string summary_columns(const Histogram& histogram) {
  return fmt::format("{},{},{},{}", or_not_available(histogram, histogram.percentile(50)),
                     or_not_available(histogram, histogram.mean()),
                     or_not_available(histogram, histogram.min()),
                     or_not_available(histogram, histogram.max()));
}

double epoch_seconds(UtcTime started, Duration offset) {
  return static_cast<double>(started.time_since_epoch().count()) / 1e6 +
         static_cast<double>(offset.count()) / 1e9;
}

namespace {

constexpr const char* stats_header =
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,"
    "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\r\n";
constexpr const char* failures_header = "Method,Name,Error,Occurrences,First Seen,Last Seen\r\n";
constexpr const char* exceptions_header = "Count,Message,Traceback,Nodes\r\n";

std::string stats_line(const Row& row) {
  return fmt::format("{},{},{},{},{},{:.1f},{:.3f},{:.3f}{}\r\n", csv_quoted(row.method),
                     csv_quoted(row.name), row.requests, row.failures,
                     summary_columns(row.response_time), row.content_size(), row.per_second(),
                     row.failures_per_second(), percentile_columns(row.response_time));
}

void add(Row& total, const Row& other) {
  total.requests += other.requests;
  total.failures += other.failures;
  total.body_bytes += other.body_bytes;
  total.response_time.merge(other.response_time);
}

// What ended in a point of the series, whenever it began.
Row row_of(const record::SeriesPoint& point) {
  Row row;
  row.requests = point.ok + point.failed;
  row.failures = point.failed;
  row.body_bytes = point.bytes_received - point.head_bytes;
  row.response_time = record::response_times(point);
  return row;
}

std::string history_line(const RunRecord& record, const record::SeriesPoint& point,
                         const Row& total) {
  const auto seconds = std::max(1e-9, static_cast<double>(point.length.count()) / 1e9);
  return fmt::format("{:.0f},{},,Aggregated,{:.3f},{:.3f}{},{},{},{},{:.1f}\r\n",
                     epoch_seconds(record.started, point.start + point.length), point.users,
                     static_cast<double>(point.ok + point.failed) / seconds,
                     static_cast<double>(point.failed) / seconds,
                     percentile_columns(record::response_times(point)), total.requests,
                     total.failures, summary_columns(total.response_time), total.content_size());
}

bool is_in_steady(const RunRecord& record, Duration offset) {
  return std::any_of(record.windows.begin(), record.windows.end(), [&](const auto& window) {
    return window.kind == record::WindowKind::steady && window.start <= offset &&
           offset < window.end;
  });
}

// Of one run after others, which had `before` in all; `shown` is what the rows of this run add up
// to, and what its last line tells. A record does not know of which window the requests in a
// second were: the lines before the last take a second for that in which its middle lies, and tell
// no more than there was. The history of a run that goes on knows it: LocustHistory.
std::string history_lines(const RunRecord& record, const Row& before, const Row& shown) {
  const bool all = shown_window(record) == "*";
  bool steady = false;
  Row so_far;
  std::string lines;
  for (const auto& point : record.series) {
    const bool inside = all || is_in_steady(record, point.start + point.length / 2);
    if (inside && !std::exchange(steady, true)) so_far = {};
    if (inside || !steady) add(so_far, row_of(point));
    Row total = before;
    if (&point == &record.series.back()) so_far = shown;
    add(total, so_far);
    if (steady) {
      total.requests = std::min(total.requests, before.requests + shown.requests);
      total.failures = std::min(total.failures, before.failures + shown.failures);
    }
    lines += history_line(record, point, total);
  }
  return lines;
}

std::string failure_line(const RunRecord& record, const Failure& failure, const std::string& name) {
  return fmt::format("{},{},{},{},{:.3f},{:.3f}\r\n", csv_quoted(failure.method), csv_quoted(name),
                     csv_quoted(failure.error), failure.count,
                     epoch_seconds(record.started, failure.first_seen),
                     epoch_seconds(record.started, failure.last_seen));
}

}  // namespace

LocustCsv locust_csv(const std::vector<RunRecord>& runs) {
  LocustCsv csv{stats_header, history_header, failures_header, exceptions_header};
  std::vector<Row> all;
  double seconds = 0;
  Row total;
  for (const auto& record : runs) {
    const auto prefix = runs.size() > 1 ? record.name + ": " : "";
    auto rows = endpoint_rows(record);
    const Row shown = aggregated(rows, shown_seconds(record));
    csv.history += history_lines(record, total, shown);
    add(total, shown);
    seconds += shown.seconds;
    for (auto& row : rows) {
      row.name = prefix + row.name;
      if (row.requests > 0) csv.stats += stats_line(row);
      all.push_back(std::move(row));
    }
    for (const auto& failure : shown_failures(record)) {
      csv.failures += failure_line(record, failure, prefix + failure.name);
    }
  }
  csv.stats += stats_line(aggregated(all, seconds));
  return csv;
}

}  // namespace dyno::report
