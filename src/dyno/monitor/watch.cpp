#include "dyno/monitor/watch.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "dyno/monitor/procfs.h"

namespace dyno::monitor {
namespace {

constexpr double mebibyte = 1024.0 * 1024.0;

std::optional<double> mebibytes(std::optional<std::uint64_t> bytes) {
  if (!bytes) return std::nullopt;
  return static_cast<double>(*bytes) / mebibyte;
}

// A counter that went back (a child that ended took its figures with it) has not grown.
std::optional<double> grown(std::optional<std::uint64_t> before,
                            std::optional<std::uint64_t> after) {
  if (!before || !after) return std::nullopt;
  return static_cast<double>(*after - std::min(*before, *after)) / mebibyte;
}

std::optional<double> percent(Duration part, Duration whole, double cores) {
  if (whole <= Duration::zero()) return std::nullopt;
  return std::max(0.0, 100.0 * static_cast<double>(part.count()) /
                           (static_cast<double>(whole.count()) * cores));
}

using Columns = std::array<std::optional<double>, 7>;
Columns columns_of(const WatchRow& row) {
  return {row.cpu_percent,   row.memory_percent,  row.memory_mb,      row.disk_read_mb,
          row.disk_write_mb, row.network_sent_mb, row.network_recv_mb};
}

std::string shown(const std::optional<double>& value, int width) {
  return value ? fmt::format("{:{}.1f}", *value, width) : fmt::format("{:>{}}", "-", width);
}

}  // namespace

Source machine_source(const std::filesystem::path& proc) {
  return [procfs = std::make_shared<Procfs>(proc)] {
    Reading reading;
    if (const auto cpu = procfs->machine_cpu()) reading.cpu_time = cpu->busy;
    const auto total = procfs->total_memory_bytes();
    const auto available = procfs->available_memory_bytes();
    if (total && available) reading.rss_bytes = *total - std::min(*total, *available);
    if (const auto io = procfs->machine_io()) {
      reading.disk_read_bytes = io->read;
      reading.disk_write_bytes = io->written;
    }
    if (const auto network = procfs->machine_network()) {
      reading.namespace_sent_bytes = network->sent;
      reading.namespace_received_bytes = network->received;
    }
    return reading;
  };
}

std::string watch_header() {
  return "timestamp,cpu_percent,memory_percent,memory_mb,disk_read_mb,disk_write_mb,"
         "network_sent_mb,network_recv_mb";
}

std::string to_csv(const WatchRow& row) {
  std::string line = to_iso8601(row.timestamp);
  for (const auto& value : columns_of(row)) line += value ? fmt::format(",{:.3f}", *value) : ",";
  return line;
}

std::string to_line(const WatchRow& row) {
  return fmt::format("CPU {} % | memory {} % {} MB | disk r/w {}/{} MB | net s/r {}/{} MB",
                     shown(row.cpu_percent, 5), shown(row.memory_percent, 5),
                     shown(row.memory_mb, 8), shown(row.disk_read_mb, 7),
                     shown(row.disk_write_mb, 7), shown(row.network_sent_mb, 7),
                     shown(row.network_recv_mb, 7));
}

Watch::Watch(double cores, std::optional<std::uint64_t> total_memory)
    : cores_(cores), total_memory_(total_memory) {}

std::optional<WatchRow> Watch::add(const Reading& reading, TimePoint at, UtcTime now) {
  if (reading.presence != Presence::running) return std::nullopt;
  if (!first_) {
    first_ = reading;
    began_ = last_at_ = at;
    first_cpu_ = last_cpu_ = reading.cpu_time;
    return std::nullopt;
  }
  WatchRow row;
  row.timestamp = now;
  if (last_cpu_ && reading.cpu_time)
    row.cpu_percent = percent(*reading.cpu_time - *last_cpu_, at - last_at_, cores_);
  row.memory_mb = mebibytes(reading.rss_bytes);
  if (row.memory_mb && total_memory_ && *total_memory_ > 0)
    row.memory_percent = 100 * *row.memory_mb * mebibyte / static_cast<double>(*total_memory_);
  row.disk_read_mb = grown(first_->disk_read_bytes, reading.disk_read_bytes);
  row.disk_write_mb = grown(first_->disk_write_bytes, reading.disk_write_bytes);
  row.network_sent_mb = grown(first_->namespace_sent_bytes, reading.namespace_sent_bytes);
  row.network_recv_mb = grown(first_->namespace_received_bytes, reading.namespace_received_bytes);
  last_cpu_ = reading.cpu_time;
  last_at_ = at;
  ++rows_;
  highest_cpu_ = std::max(highest_cpu_, row.cpu_percent.value_or(0));
  highest_memory_mb_ = std::max(highest_memory_mb_, row.memory_mb.value_or(0));
  last_ = row;
  return row;
}

std::string Watch::summary() const {
  const double seconds = std::chrono::duration<double>(last_at_ - began_).count();
  if (rows_ == 0) return "no sample was taken\n";
  std::string mean = "-";
  if (first_cpu_ && last_cpu_) {
    if (const auto share = percent(*last_cpu_ - *first_cpu_, last_at_ - began_, cores_))
      mean = fmt::format("{:.1f}", *share);
  }
  return fmt::format(
      "watched for {:.1f} s, {} samples\n"
      "CPU      mean {} %, highest {:.1f} %, of {:g} cores\n"
      "memory   highest {:.1f} MB, at the end {} MB\n"
      "disk     {} MB read, {} MB written\n"
      "network  {} MB sent, {} MB received\n",
      seconds, rows_, mean, highest_cpu_, cores_, highest_memory_mb_, shown(last_.memory_mb, 1),
      shown(last_.disk_read_mb, 1), shown(last_.disk_write_mb, 1), shown(last_.network_sent_mb, 1),
      shown(last_.network_recv_mb, 1));
}

}  // namespace dyno::monitor
