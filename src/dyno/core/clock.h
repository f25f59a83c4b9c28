// Time as dyno sees it: one monotonic nanosecond clock for a whole run, behind an interface so that
// everything that waits can be tested without waiting.
// It is not the wall clock: calendar time is taken once per run (utc_now) and never used to
// measure.
#pragma once

#include <chrono>
#include <string>

namespace dyno {

using Duration = std::chrono::nanoseconds;

// The epoch is the clock's own; only differences between points of one clock mean anything.
struct MonotonicTag {};
using TimePoint = std::chrono::time_point<MonotonicTag, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;

  // Current time, ns resolution. Thread-safe; never goes back.
  virtual TimePoint now() const = 0;

  // Blocks the calling thread until `when`; returns at once when it has passed.
  virtual void sleep_until(TimePoint when) = 0;
};

// CLOCK_MONOTONIC. Stateless: any number of instances agree with each other.
class SteadyClock final : public Clock {
 public:
  TimePoint now() const override;
  void sleep_until(TimePoint when) override;
};

// A clock that moves only when told to; a sleeper moves it. For one-threaded tests.
class ManualClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  void sleep_until(TimePoint when) override {
    if (when > now_) now_ = when;
  }
  void advance(Duration by) { now_ += by; }

 private:
  TimePoint now_{};
};

// Calendar time in UTC, microseconds, for naming and dating a run.
using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;
UtcTime utc_now();

// "2026-11-21T07:43:00.123456Z"; and "20261121T074300Z" for names of files.
std::string to_iso8601(UtcTime time);
std::string to_file_stamp(UtcTime time);

// Reads what to_iso8601 writes (the fraction may be absent); the epoch when it is not a time.
UtcTime from_iso8601(const std::string& text);

}  // namespace dyno
