#include "dyno/monitor/monitor.h"

#include <algorithm>
#include <pthread.h>
#include <utility>

namespace dyno::monitor {
namespace {

// Stopping is looked for this often; a wait on a Clock cannot be cut short.
constexpr Duration slice = std::chrono::milliseconds(20);

record::ResourceSample sample_of(const Reading& reading, Duration at) {
  record::ResourceSample sample;
  sample.at = at;
  if (reading.cpu_time)
    sample.cpu_seconds = std::chrono::duration<double>(*reading.cpu_time).count();
  sample.rss_bytes = reading.rss_bytes;
  sample.fds = reading.fds;
  sample.threads = reading.threads;
  sample.disk_read_bytes = reading.disk_read_bytes;
  sample.disk_write_bytes = reading.disk_write_bytes;
  sample.net_sent_bytes = reading.namespace_sent_bytes;
  sample.net_received_bytes = reading.namespace_received_bytes;
  return sample;
}

}  // namespace

Monitor::Monitor(Clock& clock, TimePoint epoch, Source source, MonitorOptions options)
    : clock_(clock), epoch_(epoch), source_(std::move(source)), options_(std::move(options)) {}

Monitor::~Monitor() { stop(); }

void Monitor::start() {
  sample();
  thread_ = std::thread([this] { run(); });
}

void Monitor::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  thread_.join();
}

void Monitor::run() {
  pthread_setname_np(pthread_self(), ("mon:" + options_.name).substr(0, 15).c_str());
  TimePoint next = clock_.now() + options_.interval;
  while (true) {
    while (!stopping_ && clock_.now() < next)
      clock_.sleep_until(std::min(next, clock_.now() + slice));
    sample();
    if (stopping_ || exited_at_) return;  // only this thread writes it while it runs
    next = std::max(next + options_.interval, clock_.now());
  }
}

void Monitor::sample() {
  // Reading takes time, over a network much: the middle of it is nearest to when the figures were
  // true.
  const TimePoint before = clock_.now();
  const Reading reading = source_();
  const Duration at = before + (clock_.now() - before) / 2 - epoch_;
  const std::lock_guard lock(mutex_);
  keep(reading, at);
}

void Monitor::keep(const Reading& reading, Duration at) {
  if (reading.presence == Presence::unreachable) ++unanswered_;
  if (reading.presence == Presence::exited && !exited_at_) exited_at_ = at;
  if (reading.presence != Presence::running) return;
  record::ResourceSample sample = sample_of(reading, at);
  sample.cpu_percent = cpu_percent(reading, at);
  samples_.push_back(sample);
  for (const auto& [name, value] : reading.gauges) {
    points_.push_back({gauges_.try_emplace(name, gauges_.size()).first->second, at, value});
  }
}

// Over too short a time the 10 ms ticks of a process's CPU time would show as peaks that never
// were; the time then counts towards the next sample.
std::optional<double> Monitor::cpu_percent(const Reading& reading, Duration at) {
  if (!reading.cpu_time) return std::nullopt;
  if (last_cpu_ && at - last_cpu_->first < options_.interval / 2) return std::nullopt;
  const auto last = std::exchange(last_cpu_, std::pair(at, *reading.cpu_time));
  if (!last || !options_.cores || *reading.cpu_time < last->second) return std::nullopt;
  const std::chrono::duration<double> used = *reading.cpu_time - last->second;
  return 100 * (used / (at - last->first)) / *options_.cores;
}

Trace Monitor::trace() const {
  const std::lock_guard lock(mutex_);
  return {.samples = samples_.all(),
          .gauges = series_of(points_.all()),
          .exited_at = exited_at_,
          .unanswered = unanswered_};
}

std::vector<record::GaugeSeries> Monitor::series_of(const std::vector<GaugePoint>& points) const {
  std::vector<record::GaugeSeries> series;
  std::vector<std::size_t> places(gauges_.size());
  for (const auto& [name, number] : gauges_) {
    places[number] = series.size();
    series.push_back({name, {}});
  }
  for (const GaugePoint& point : points) {
    series[places[point.gauge]].points.emplace_back(point.at, point.value);
  }
  std::erase_if(series, [](const record::GaugeSeries& gauge) { return gauge.points.empty(); });
  return series;
}

std::vector<record::GaugeSeries> Monitor::gauges_since(std::size_t first,
                                                       std::size_t& fresh) const {
  const std::lock_guard lock(mutex_);
  const auto points = points_.since(first);
  fresh = points.size();
  return series_of(points);
}

std::vector<record::ResourceSample> Monitor::samples_since(std::size_t first) const {
  const std::lock_guard lock(mutex_);
  return samples_.since(first);
}

}  // namespace dyno::monitor
