#include "dyno/report/locust_history.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/report/locust_columns.h"
#include "dyno/report/rows.h"

namespace dyno::report {

using metrics::Histogram;
using record::Cell;
using record::RunRecord;

// What one interval has of an endpoint, or of all.
struct LocustHistory::Second {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t bytes = 0;
  Histogram response_time;

  void add(const Cell& cell) {
    if (!is_request(cell)) return;
    requests += cell.count;
    bytes += cell.bytes_received - cell.head_bytes;
    if (cell.outcome.ok()) {
      response_time.merge(cell.response_time);
    } else {
      failures += cell.count;
    }
  }
};

namespace {

double milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

// Locust keeps 147 as 150, 3432 as 3400 and 58760 as 59000 (its documentation of response_times).
std::int64_t rounded_ms(double ms) {
  const auto digits = [&](double unit) { return std::llround(ms / unit) * std::llround(unit); };
  if (ms < 100) return digits(1);
  if (ms < 1000) return digits(10);
  return ms < 10000 ? digits(100) : digits(1000);
}

template <typename T>
nlohmann::json by_number(const std::map<std::int64_t, T>& counts) {
  auto result = nlohmann::json::object();
  for (const auto& [number, count] : counts) result[std::to_string(number)] = count;
  return result;
}

}  // namespace

std::string LocustHistory::row(const record::SeriesPoint& point, const std::string& method,
                               const std::string& name, const Second& second,
                               const Total& total) const {
  const double seconds = std::max(1e-9, milliseconds(point.length) / 1e3);
  const double size = total.requests == 0
                          ? 0.0
                          : static_cast<double>(total.bytes) / static_cast<double>(total.requests);
  return fmt::format(
      "{:.0f},{},{},{},{:.3f},{:.3f}{},{},{},{},{:.1f}\r\n",
      epoch_seconds(started_, point.start + point.length), point.users, csv_quoted(method),
      csv_quoted(name), static_cast<double>(second.requests) / seconds,
      static_cast<double>(second.failures) / seconds, percentile_columns(second.response_time),
      total.requests, total.failures, summary_columns(total.response_time), size);
}

bool LocustHistory::is_steady(const Cell& cell) const {
  return cell.window < windows_.size() && windows_[cell.window].kind == record::WindowKind::steady;
}

void LocustHistory::begin_anew() {
  steady_ = true;
  totals_.clear();
  all_ = {};
  counted_from_ = counts_.size();
}

// Adds what counts of a second to the totals.
void LocustHistory::count(std::int64_t epoch, const Seconds& seconds) {
  const auto take = [](const Second& second, Total& total) {
    total.requests += second.requests;
    total.failures += second.failures;
    total.bytes += second.bytes;
    total.response_time.merge(second.response_time);
  };
  for (const auto& [endpoint, second] : seconds) {
    take(second, totals_[endpoint]);
    take(second, all_);
    counts_.push_back({epoch, endpoint, second.requests, second.failures});
  }
}

std::string LocustHistory::add(const record::SeriesPoint& point,
                               const std::vector<const Cell*>& cells,
                               const std::vector<record::Endpoint>& endpoints) {
  Seconds seconds;
  Seconds of_steady;
  Second all;
  for (const Cell* const cell : cells) {
    seconds[cell->endpoint].add(*cell);
    all.add(*cell);
    if (!is_steady(*cell)) continue;
    of_steady[cell->endpoint].add(*cell);
    if (!steady_ && is_request(*cell) && cell->count > 0) begin_anew();
  }
  count(static_cast<std::int64_t>(epoch_seconds(started_, point.start)),
        steady_ ? of_steady : seconds);
  std::string rows;
  for (std::uint32_t endpoint = 0; full_ && endpoint < endpoints.size(); ++endpoint) {
    const Second& now = seconds[endpoint];
    const Total& so_far = totals_[endpoint];
    if (now.requests == 0 && so_far.requests == 0) continue;
    rows += row(point, endpoints[endpoint].method, endpoints[endpoint].name, now, so_far);
  }
  return rows + row(point, "", "Aggregated", all, all_);
}

std::string LocustHistory::header() { return history_header; }

std::string LocustHistory::json(const RunRecord& record) const {
  auto list = nlohmann::json::array();
  using BySecond = std::map<std::int64_t, std::uint64_t>;
  std::map<std::uint64_t, BySecond> requests;  // by endpoint
  std::map<std::uint64_t, BySecond> failures;
  for (const Count& count : counts_.since(counted_from_)) {
    if (count.requests > 0) requests[count.endpoint][count.second] += count.requests;
    if (count.failures > 0) failures[count.endpoint][count.second] += count.failures;
  }
  Duration start{};
  for (const record::Window& window : windows_) {
    if (!steady_ || window.kind != record::WindowKind::steady) continue;
    start = window.start;
    break;
  }
  for (const auto& [endpoint, total] : totals_) {
    if (total.requests == 0 || endpoint >= record.endpoints.size()) continue;
    std::map<std::int64_t, std::uint64_t> times;
    for (const auto& bucket : total.response_time.buckets()) {
      times[rounded_ms(milliseconds(bucket.high))] += bucket.count;
    }
    Duration last{};
    for (const Cell& cell : record.cells) {
      if (cell.endpoint != endpoint || (steady_ && !is_steady(cell))) continue;
      last = std::max(last, cell.last_seen);
    }
    const auto answered = static_cast<double>(total.response_time.count());
    list.push_back({{"name", record.endpoints[endpoint].name},
                    {"method", record.endpoints[endpoint].method},
                    {"last_request_timestamp", epoch_seconds(started_, last)},
                    {"start_time", epoch_seconds(started_, start)},
                    {"num_requests", total.requests},
                    {"num_none_requests", total.requests - total.response_time.count()},
                    {"num_failures", total.failures},
                    {"total_response_time", milliseconds(total.response_time.mean()) * answered},
                    {"max_response_time", milliseconds(total.response_time.max())},
                    {"min_response_time", milliseconds(total.response_time.min())},
                    {"total_content_length", total.bytes},
                    {"response_times", by_number(times)},
                    {"num_reqs_per_sec", by_number(requests[endpoint])},
                    {"num_fail_per_sec", by_number(failures[endpoint])}});
  }
  return list.dump(4) + "\n";
}

}  // namespace dyno::report
