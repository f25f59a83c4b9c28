// What `dyno monitor` shows of a process or of the whole machine: one row a sample, as a line of
// CSV and as a line to read. It keeps the sums of what it has seen; it does not wait (the caller
// does) and it writes nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

#include "dyno/core/clock.h"
#include "dyno/monitor/sources.h"

namespace dyno::monitor {

// The whole machine as something to be watched: CPU of all cores, memory in use (total less
// available), bytes of its disks and of all its network interfaces, loopback included.
Source machine_source(const std::filesystem::path& proc = "/proc");

// One sample. What cannot be told is empty, never zero.
struct WatchRow {
  UtcTime timestamp{};
  std::optional<double> cpu_percent;  // since the row before; of `cores`
  std::optional<double> memory_percent;
  std::optional<double> memory_mb;  // MiB, as the following
  std::optional<double> disk_read_mb;
  std::optional<double> disk_write_mb;  // since the first sample, as the following
  std::optional<double> network_sent_mb;
  std::optional<double> network_recv_mb;
};

// "timestamp,cpu_percent,memory_percent,memory_mb,disk_read_mb,disk_write_mb,network_sent_mb,
// network_recv_mb" and lines of these columns, without the end of line.
std::string watch_header();
std::string to_csv(const WatchRow& row);
// "CPU  12.3 % | memory   4.5 %   123.4 MB | disk r/w   0.0/  1.2 MB | net s/r   3.4/  5.6 MB".
std::string to_line(const WatchRow& row);

class Watch {
 public:
  // CPU percentages are of `cores`, memory's of `total_memory` bytes where that is known.
  Watch(double cores, std::optional<std::uint64_t> total_memory);

  // The first reading gives no row: it is what others are compared with. `at` is of a monotonic
  // clock, `now` the time of day for the row.
  std::optional<WatchRow> add(const Reading& reading, TimePoint at, UtcTime now);

  // Over all rows, in a few lines.
  std::string summary() const;

 private:
  const double cores_;
  const std::optional<std::uint64_t> total_memory_;
  std::optional<Reading> first_;
  TimePoint began_{};
  TimePoint last_at_{};
  std::optional<Duration> last_cpu_;
  std::optional<Duration> first_cpu_;
  std::uint64_t rows_ = 0;
  double highest_cpu_ = 0;
  double highest_memory_mb_ = 0;
  WatchRow last_;
};

}  // namespace dyno::monitor
