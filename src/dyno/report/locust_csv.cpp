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

// What has come up to a line of the history.
struct Total {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t bytes = 0;
  Histogram response_time;
};

std::string history_line(const RunRecord& record, const record::SeriesPoint& point, Total& total) {
  const auto times = record::response_times(point);
  total.requests += point.ok + point.failed;
  total.failures += point.failed;
  total.bytes += point.bytes_received;
  total.response_time.merge(times);
  const auto seconds = std::max(1e-9, static_cast<double>(point.length.count()) / 1e9);
  const auto size = total.requests == 0
                        ? 0.0
                        : static_cast<double>(total.bytes) / static_cast<double>(total.requests);
  return fmt::format("{:.0f},{},,Aggregated,{:.3f},{:.3f}{},{},{},{},{:.1f}\r\n",
                     epoch_seconds(record.started, point.start + point.length), point.users,
                     static_cast<double>(point.ok + point.failed) / seconds,
                     static_cast<double>(point.failed) / seconds, percentile_columns(times),
                     total.requests, total.failures, summary_columns(total.response_time), size);
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
  Total total;
  for (const auto& record : runs) {
    const auto prefix = runs.size() > 1 ? record.name + ": " : "";
    for (auto& row : endpoint_rows(record)) {
      row.name = prefix + row.name;
      if (row.requests > 0) csv.stats += stats_line(row);
      all.push_back(std::move(row));
    }
    seconds += shown_seconds(record);
    for (const auto& point : record.series) csv.history += history_line(record, point, total);
    for (const auto& failure : failures(record)) {
      csv.failures += failure_line(record, failure, prefix + failure.name);
    }
  }
  csv.stats += stats_line(aggregated(all, seconds));
  return csv;
}

}  // namespace dyno::report
