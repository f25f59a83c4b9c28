// Timers in order of their time: a 4-ary heap (half the depth of a binary one, and a node's
// children share cache lines), O(log n) to set and to cancel. A timer that is moved to a later
// time, or disarmed, stays where it is until it comes up: a deadline that is renewed with every
// request costs a store. It does not wait and knows no clock. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "dyno/core/clock.h"

namespace dyno::async {

// Part of whatever waits. Must be cancelled before it is destroyed.
class Timer {
 public:
  using Fire = void (*)(Timer&);

  // `on_fire` is called, out of the queue, when the time has come.
  explicit Timer(Fire on_fire) : fire_(on_fire) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  TimePoint due() const { return due_; }
  void fire() { fire_(*this); }

 private:
  friend class TimerQueue;
  static constexpr std::uint32_t outside = UINT32_MAX;

  TimePoint due_ = TimePoint::max();
  Fire fire_;
  std::uint32_t place_ = outside;
};

class TimerQueue {
 public:
  // To fire at `due`, whatever it was set to before. O(1) when that is later than before.
  void set(Timer& timer, TimePoint due);

  // Not to fire. O(1); the queue still refers to it.
  void disarm(Timer& timer) { timer.due_ = TimePoint::max(); }

  // Not to fire, and forgotten. Nothing when it is not in the queue.
  void cancel(Timer& timer);

  // When the first armed timer is due.
  std::optional<TimePoint> next();

  // A time that is not after next(); max() when there is none. O(1).
  TimePoint earliest() const { return heap_.empty() ? TimePoint::max() : heap_.front().key; }

  // Takes out the first timer when it is due at `now`.
  Timer* pop(TimePoint now);

  // Timers that the queue refers to.
  std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    TimePoint key;  // at most timer->due_
    Timer* timer;
  };

  void place(std::size_t at, Entry entry);
  void sift_up(std::size_t at, Entry entry);
  void sift_down(std::size_t at, Entry entry);
  void remove(std::size_t at);

  std::vector<Entry> heap_;
};

}  // namespace dyno::async
