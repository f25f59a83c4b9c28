#include "dyno/record/test_records.h"

#include "dyno/record/series.h"

namespace dyno::record {

using namespace std::chrono_literals;

void add_samples(RunRecord& record, std::uint32_t endpoint, std::uint64_t count, Duration low,
                 Duration high, metrics::Outcome outcome, std::uint32_t window) {
  Cell cell;
  cell.endpoint = endpoint;
  cell.outcome = outcome;
  cell.window = window;
  cell.count = cell.completed_in_window = count;
  cell.bytes_sent = 100 * count;
  cell.bytes_received = 1000 * count;
  const auto span = (high - low) / std::max<std::int64_t>(1, static_cast<std::int64_t>(count) - 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto took = low + span * static_cast<std::int64_t>(i);
    cell.service_time.record(took);
    cell.response_time.record(took + 100us);
    cell.lateness.record(100us);
    if (answered(outcome)) cell.first_byte.record(took / 2);
  }
  cell.connect.record(300us);
  cell.first_seen = record.windows.at(window).start + low;
  cell.last_seen = record.windows.at(window).end;
  if (!outcome.ok()) cell.example = "the service said \"no\", as <html>";
  record.cells.push_back(std::move(cell));
}

RunRecord test_record() {
  RunRecord record;
  record.id = "20261121T074300Z-normal-1a2b3c4d5e6f";
  record.name = "CostAgentPerf.NormalLoad";
  record.started = from_iso8601("2026-11-21T07:43:00Z");
  record.length = 36s;
  record.environment = {
      "bench-1",    "A CPU, 3 GHz", 4,         8'000'000'000, "6.1.0", "performance",
      "glibc 2.36", "gcc 12.2.0",   "Release", "-O2",         "",      "1a2b3c4d5e6f"};
  record.service = {"cost_agent", ServiceMode::spawned,   "http://127.0.0.1:8000", 4242,
                    {1, 2, 3},    {{"storage", "sqlite"}}};
  record.load = {LoadModel::closed,
                 "event_loop",
                 "quick",
                 "50 users, ramp 5 s, hold 30 s",
                 50,
                 0,
                 "",
                 0,
                 42,
                 1,
                 {0}};
  record.windows = {{WindowKind::ramp, 0s, 5s, ""},
                    {WindowKind::steady, 5s, 35s, ""},
                    {WindowKind::drain, 35s, 36s, ""}};
  record.endpoints = {{"GET", "/api/v1/costs"}, {"POST", "/api/v1/analyze"}};
  add_samples(record, 0, 300, 1ms, 50ms, {}, 0);
  add_samples(record, 0, 2000, 1ms, 100ms);
  add_samples(record, 1, 2000, 10ms, 500ms);
  add_samples(record, 1, 20, 1ms, 2ms, {metrics::OutcomeKind::http_error, 503});
  for (int second = 0; second <= 35; ++second) {
    ResourceSample sample;
    sample.at = std::chrono::seconds{second};
    sample.cpu_percent = 40.0 + second % 2;
    sample.cpu_seconds = 0.4 * second;
    sample.rss_bytes = 100'000'000;
    sample.fds = 64;
    sample.threads = 20;
    record.service_resources.push_back(sample);
    sample.cpu_percent = 10;
    record.engine_resources.push_back(sample);
  }
  for (int second = 0; second < 35; ++second) {
    metrics::IntervalSummary interval;
    interval.ok = 130;
    interval.failed = second > 5 ? 1 : 0;
    interval.bytes_received = 130'000;
    for (int i = 1; i <= 130; ++i) interval.response_time.record(i * 1ms);
    record.series.push_back(series_point(interval, std::chrono::seconds{second}, 1s, 50));
  }
  record.gauges = {{"db_pool_in_use", {{1s, 2}, {10s, 7}, {20s, 5}}}};
  record.notes = {"a note"};
  record.reproduce = "dyno run --url http://127.0.0.1:8000 -u 50 -t 30s";
  return record;
}

}  // namespace dyno::record
