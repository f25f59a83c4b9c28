#include "dyno/record/series.h"

#include "dyno/metrics/hdr_encoding.h"

namespace dyno::record {
namespace {

// A point a second stays in memory until the end of the run: two digits have an eighth of the cells
// of three.
constexpr int digits = 2;

}  // namespace

SeriesPoint series_point(const metrics::IntervalSummary& interval, Duration start, Duration length,
                         std::uint32_t users) {
  const auto& times = interval.response_time;
  SeriesPoint point;
  point.start = start;
  point.length = length;
  point.users = users;
  point.ok = interval.ok;
  point.failed = interval.failed;
  point.dropped = interval.dropped;
  point.bytes_received = interval.bytes_received;
  point.mean = times.mean();
  point.p50 = times.percentile(50);
  point.p95 = times.percentile(95);
  point.p99 = times.percentile(99);
  point.max = times.max();
  if (!times.empty()) point.hdr = metrics::encode_v2_compressed(times, digits);
  return point;
}

metrics::Histogram response_times(const SeriesPoint& point) {
  if (point.hdr.empty()) return {};
  auto decoded = metrics::decode_v2_compressed(point.hdr);
  return decoded ? std::move(*decoded) : metrics::Histogram{};
}

}  // namespace dyno::record
