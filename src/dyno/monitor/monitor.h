// Watches one thing, a service or the engine, through the length of a run: asks its source at a
// fixed interval and keeps what it says, dated on the run's clock. It neither judges nor writes;
// the run record takes the trace.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/core/spill_file.h"
#include "dyno/monitor/sources.h"
#include "dyno/record/run_record.h"

namespace dyno::monitor {

struct Trace {
  std::vector<record::ResourceSample> samples{};
  std::vector<record::GaugeSeries>
      gauges;  // of a source that has them, in the order of their names
  std::optional<Duration>
      exited_at;                 // offset at which it was found to be gone: an end, not an error
  std::uint64_t unanswered = 0;  // times that it was asked and could not be reached
};

struct MonitorOptions {
  std::string name = "monitor";  // of the thread, after "mon:"; at most 11 characters show
  // What CPU percentages are of; empty (a remote service that does not tell): no percentages.
  std::optional<double> cores{};
  Duration interval = std::chrono::milliseconds(500);
};

class Monitor {
 public:
  // Offsets count from `epoch`, the run's start on `clock`, which must outlive the monitor.
  Monitor(Clock& clock, TimePoint epoch, Source source, MonitorOptions options);
  ~Monitor();  // stops
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Takes the first sample in the calling thread, so that the run begins with one, then one per
  // interval in a thread of its own; a source that takes longer than the interval loses readings,
  // and no burst follows. The thread ends when what it watches has. Once.
  void start();
  // Takes the last sample and ends the thread, within some 20 ms and one reading. Again: no effect.
  void stop();

  // Takes one sample now, in the calling thread. For those who have no thread of it running.
  void sample();

  // What there is so far. Any thread.
  Trace trace() const;

  // The samples from number `first` on. Any thread.
  std::vector<record::ResourceSample> samples_since(std::size_t first) const;

  // Likewise of the gauges: their points from number `first` of all on, and how many those are. Any
  // thread.
  std::vector<record::GaugeSeries> gauges_since(std::size_t first, std::size_t& fresh) const;

 private:
  void run();
  void keep(const Reading& reading, Duration at);
  std::optional<double> cpu_percent(const Reading& reading, Duration at);

  Clock& clock_;
  const TimePoint epoch_;
  const Source source_;
  const MonitorOptions options_;

  struct GaugePoint {
    std::uint64_t gauge;
    Duration at;
    double value;
  };

  // `points` by name. Under the mutex.
  std::vector<record::GaugeSeries> series_of(const std::vector<GaugePoint>& points) const;

  // Over all that follows, never held while the source is asked.
  mutable std::mutex mutex_;
  Spilled<record::ResourceSample> samples_;
  Spilled<GaugePoint> points_;
  std::map<std::string, std::uint64_t> gauges_;  // their numbers, as they were met
  std::optional<Duration> exited_at_;
  std::uint64_t unanswered_ = 0;
  std::optional<std::pair<Duration, Duration>> last_cpu_;  // offset and CPU time

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace dyno::monitor
