#include "dyno/monitor/sources.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <memory>
#include <unistd.h>
#include <unordered_map>
#include <utility>

#include "dyno/core/text.h"
#include "dyno/monitor/procfs.h"
#include "dyno/monitor/prometheus.h"

namespace dyno::monitor {
namespace {

bool dead(const ProcessStat& stat) { return stat.state == 'Z' || stat.state == 'X'; }

template <typename Number>
void add(std::optional<Number>& sum, const std::optional<Number>& term) {
  if (term) sum = sum.value_or(Number{}) + *term;
}

class ProcessReader {
 public:
  ProcessReader(const std::filesystem::path& proc, pid_t pid, Children children)
      : procfs_(proc), pid_(pid), children_(children) {
    if (const auto stat = procfs_.stat(pid_)) started_ = stat->started;
  }

  Reading read() {
    const auto stat = procfs_.stat(pid_);
    if (!stat || dead(*stat) || stat->started != started_) return {.presence = Presence::exited};
    Reading reading;
    add_process(pid_, *stat, reading);
    if (const auto network = procfs_.network(pid_)) {
      reading.namespace_sent_bytes = network->sent;
      reading.namespace_received_bytes = network->received;
    }
    if (children_ == Children::include) add_children(*stat, reading);
    return reading;
  }

 private:
  void add_process(pid_t pid, const ProcessStat& stat, Reading& reading) {
    add<Duration>(reading.cpu_time, stat.cpu);
    add<std::uint64_t>(reading.rss_bytes, stat.rss_bytes);
    add<std::uint64_t>(reading.threads, stat.threads);
    add(reading.fds, procfs_.open_descriptors(pid));
    if (const auto io = procfs_.io(pid)) {
      add<std::uint64_t>(reading.disk_read_bytes, io->read);
      add<std::uint64_t>(reading.disk_write_bytes, io->written);
    }
  }

  struct Child {
    std::uint64_t started = 0;
    Duration left_out{};  // of its CPU time: what it had before it was found
    unsigned seen_in_reading = 0;
  };

  // Finding children means reading every process of the machine, so the list is renewed now and
  // then only. What one that is found late has used until then was not used since the last reading
  // and is left out, unless it has begun since. A child that ended moves its time into the parent's
  // reaped time: the sum does not jump.
  void add_children(const ProcessStat& stat, Reading& reading) {
    constexpr unsigned renewed_every = 8;
    if (reads_++ % renewed_every == 0) procfs_.descendants(pid_, descendants_);
    const std::uint64_t read_before = std::exchange(last_read_, ticks_since_boot());
    Duration sum = reading.cpu_time.value_or(Duration{}) + stat.reaped_cpu;
    for (const pid_t pid : descendants_) {
      const auto facts = procfs_.stat(pid);
      if (!facts) continue;
      const Duration cpu = facts->cpu + facts->reaped_cpu;
      sum += cpu;
      Child& child = children_known_[pid];
      if (child.seen_in_reading == 0 || child.started != facts->started) {
        const bool found_late = reads_ > 1 && facts->started < read_before;
        child = {.started = facts->started, .left_out = found_late ? cpu : Duration{}};
        left_out_ += child.left_out;
      }
      child.seen_in_reading = reads_;
      if (!dead(*facts)) add_process(pid, *facts, reading);
    }
    forget_ended(sum);
    reading.cpu_time = std::max(Duration{}, sum - left_out_);
  }

  // The time of an ended child that nobody waited for is gone, and with it what was left out of it.
  void forget_ended(Duration sum) {
    const bool lost = sum < last_sum_;
    last_sum_ = sum;
    std::erase_if(children_known_, [&](const auto& entry) {
      if (entry.second.seen_in_reading == reads_) return false;
      if (lost) left_out_ -= entry.second.left_out;
      return true;
    });
  }

  // In which processes say when they began.
  static std::uint64_t ticks_since_boot() {
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    const auto per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    return static_cast<std::uint64_t>(time.tv_sec) * per_second +
           static_cast<std::uint64_t>(time.tv_nsec) * per_second / 1'000'000'000;
  }

  Procfs procfs_;
  pid_t pid_;
  Children children_;
  std::uint64_t started_ = 0;
  unsigned reads_ = 0;
  std::uint64_t last_read_ = 0;  // when, in ticks since boot
  std::vector<pid_t> descendants_;
  std::unordered_map<pid_t, Child> children_known_;
  Duration left_out_{};  // by all children, the ended ones too
  Duration last_sum_{};
};

class ThreadGroupReader {
 public:
  ThreadGroupReader(const std::filesystem::path& proc, pid_t pid, ThreadPredicate belongs)
      : procfs_(proc), pid_(pid), belongs_(std::move(belongs)) {}

  Reading read() {
    procfs_.threads(pid_, tids_);
    if (tids_.empty()) return {.presence = Presence::exited};
    ++generation_;
    Reading reading;
    reading.threads = 0;
    for (const pid_t tid : tids_) read_thread(tid, reading);
    std::erase_if(threads_,
                  [this](const auto& entry) { return entry.second.generation != generation_; });
    reading.cpu_time = cpu_;
    if (has_io_) {
      reading.disk_read_bytes = io_.read;
      reading.disk_write_bytes = io_.written;
    }
    return reading;
  }

 private:
  struct Thread {
    std::uint64_t generation = 0;  // of the reading that saw it last
    unsigned times_named = 0;
    bool member = false;
    Duration cpu{};
    IoBytes io;
  };

  void read_thread(pid_t tid, Reading& reading) {
    Thread& thread = threads_[tid];
    thread.generation = generation_;
    // A new thread carries its creator's name until it takes its own, hence asked for a second
    // time.
    constexpr unsigned names_asked = 2;
    if (thread.times_named < names_asked) {
      const auto name = procfs_.thread_name(pid_, tid);
      if (!name) return;
      ++thread.times_named;
      thread.member = belongs_(tid, *name);
    }
    if (!thread.member) return;
    reading.threads = *reading.threads + 1;
    // A thread that has not run has read and written nothing either: of a large pool most are
    // spared.
    if (count_cpu(tid, thread)) count_io(tid, thread);
  }

  // Only growth is added: what a thread has done stays in the sum when it ends, and a new thread of
  // an old one's number, whose counters are smaller, starts from nothing. True when it has run.
  bool count_cpu(pid_t tid, Thread& thread) {
    const auto cpu = procfs_.thread_cpu(pid_, tid);
    if (!cpu || *cpu == thread.cpu) return false;
    cpu_ += *cpu >= thread.cpu ? *cpu - thread.cpu : *cpu;
    thread.cpu = *cpu;
    return true;
  }

  void count_io(pid_t tid, Thread& thread) {
    const auto io = procfs_.thread_io(pid_, tid);
    if (!io) return;
    has_io_ = true;
    io_.read += io->read >= thread.io.read ? io->read - thread.io.read : io->read;
    io_.written += io->written >= thread.io.written ? io->written - thread.io.written : io->written;
    thread.io = *io;
  }

  Procfs procfs_;
  pid_t pid_;
  ThreadPredicate belongs_;
  std::uint64_t generation_ = 0;
  std::vector<pid_t> tids_;
  std::unordered_map<pid_t, Thread> threads_;
  Duration cpu_{};
  IoBytes io_;
  bool has_io_ = false;
};

class OthersReader {
 public:
  OthersReader(const std::filesystem::path& proc, std::vector<Source> own)
      : procfs_(proc), own_(std::move(own)), last_of_own_(own_.size()) {}

  Reading read() {
    const auto machine = procfs_.machine_cpu();
    if (!machine) return {.presence = Presence::unreachable};
    Duration others = machine->programs;
    for (std::size_t i = 0; i < own_.size(); ++i) {
      // What one had before it ended was its own all the same.
      if (const auto cpu = own_[i]().cpu_time) last_of_own_[i] = std::max(last_of_own_[i], *cpu);
      others -= last_of_own_[i];
    }
    if (!before_) before_ = others;
    most_ = std::max(most_, others - *before_);
    Reading reading;
    reading.cpu_time = most_;
    return reading;
  }

 private:
  Procfs procfs_;
  std::vector<Source> own_;
  std::vector<Duration> last_of_own_;
  std::optional<Duration> before_;  // from the machine's start to the first reading
  Duration most_{};
};

std::optional<std::uint64_t> whole(const std::optional<double>& value) {
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(*value));
}

bool kept(const Metric& metric, const std::vector<std::string>& globs) {
  if (!std::isfinite(metric.value)) return false;
  if (globs.empty()) return metric.type == "gauge" && !metric.name.starts_with("process_");
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return matches_glob(glob, metric.name); });
}

}  // namespace

Source process_source(pid_t pid, Children children, const std::filesystem::path& proc) {
  return [reader = std::make_shared<ProcessReader>(proc, pid, children)] { return reader->read(); };
}

ThreadPredicate named(std::string prefix) {
  return [prefix = std::move(prefix)](pid_t, std::string_view name) {
    return name.starts_with(prefix);
  };
}

ThreadPredicate not_named(std::string prefix) {
  return [prefix = std::move(prefix)](pid_t, std::string_view name) {
    return !name.starts_with(prefix);
  };
}

ThreadPredicate among(std::vector<pid_t> tids) {
  std::sort(tids.begin(), tids.end());
  return [tids = std::move(tids)](pid_t tid, std::string_view) {
    return std::binary_search(tids.begin(), tids.end(), tid);
  };
}

Source thread_group_source(pid_t pid, ThreadPredicate belongs, const std::filesystem::path& proc) {
  return [reader = std::make_shared<ThreadGroupReader>(proc, pid, std::move(belongs))] {
    return reader->read();
  };
}

Source others_source(std::vector<Source> own, const std::filesystem::path& proc) {
  return [reader = std::make_shared<OthersReader>(proc, std::move(own))] { return reader->read(); };
}

Source metrics_source(Fetch fetch, std::vector<std::string> gauge_globs) {
  return [fetch = std::move(fetch), globs = std::move(gauge_globs)]() -> Reading {
    const Result<std::string> text = fetch();
    if (!text.ok()) return {.presence = Presence::unreachable};
    return reading_of_metrics(text.value(), globs);
  };
}

Reading reading_of_metrics(std::string_view text, const std::vector<std::string>& gauge_globs) {
  const std::vector<Metric> metrics = parse_prometheus(text);
  Reading reading;
  if (const auto seconds = find_value(metrics, "process_cpu_seconds_total")) {
    reading.cpu_time =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*seconds));
  }
  reading.rss_bytes = whole(find_value(metrics, "process_resident_memory_bytes"));
  reading.fds = whole(find_value(metrics, "process_open_fds"));
  reading.threads = whole(find_value(metrics, "process_threads"));
  for (const Metric& metric : metrics) {
    if (kept(metric, gauge_globs))
      reading.gauges.emplace_back(metric.name + metric.labels, metric.value);
  }
  return reading;
}

}  // namespace dyno::monitor
