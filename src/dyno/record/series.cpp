#include "dyno/record/series.h"

#include <cstring>
#include <string_view>
#include <type_traits>

#include "dyno/metrics/hdr_encoding.h"

namespace dyno::record {
namespace {

// A record holds a point a second: two digits have an eighth of the cells of three.
constexpr int digits = 2;

// A point as it is appended: this, and `hdr_size` bytes of its histogram.
struct Fixed {
  Duration start, length;
  std::uint64_t users, ok, failed, dropped, iterations, bytes_received, head_bytes;
  Duration mean, p50, p95, p99, max;
  std::uint64_t hdr_size;
};
static_assert(std::is_trivially_copyable_v<Fixed>);

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
  point.head_bytes = interval.head_bytes;
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

void SeriesLog::push_back(const SeriesPoint& point) {
  const Fixed fixed{point.start,      point.length,  point.users,      point.ok,
                    point.failed,     point.dropped, point.iterations, point.bytes_received,
                    point.head_bytes, point.mean,    point.p50,        point.p95,
                    point.p99,        point.max,     point.hdr.size()};
  std::string bytes(reinterpret_cast<const char*>(&fixed), sizeof fixed);
  bytes_.append(bytes += point.hdr);
}

std::vector<SeriesPoint> SeriesLog::all() const {
  const std::string bytes = bytes_.read();
  std::string_view rest = bytes;
  std::vector<SeriesPoint> points;
  Fixed fixed{};
  while (rest.size() >= sizeof fixed) {
    std::memcpy(&fixed, rest.data(), sizeof fixed);
    rest.remove_prefix(sizeof fixed);
    if (rest.size() < fixed.hdr_size) break;
    points.push_back({.start = fixed.start,
                      .length = fixed.length,
                      .users = static_cast<std::uint32_t>(fixed.users),
                      .ok = fixed.ok,
                      .failed = fixed.failed,
                      .dropped = fixed.dropped,
                      .iterations = fixed.iterations,
                      .bytes_received = fixed.bytes_received,
                      .head_bytes = fixed.head_bytes,
                      .mean = fixed.mean,
                      .p50 = fixed.p50,
                      .p95 = fixed.p95,
                      .p99 = fixed.p99,
                      .max = fixed.max,
                      .hdr = std::string(rest.substr(0, fixed.hdr_size))});
    rest.remove_prefix(fixed.hdr_size);
  }
  return points;
}

}  // namespace dyno::record
