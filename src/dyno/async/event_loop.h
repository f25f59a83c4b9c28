// The event loop of one engine thread: coroutines wait here for time and for descriptors. Edge
// triggered epoll, each descriptor registered once; timers to the nanosecond as far as the kernel
// goes (epoll_pwait2). Everything is of the loop's own thread but post().
// With a ManualClock the loop does not wait for time: when nothing else is ready it moves the clock
// to the next timer (Idle::jump), which makes hours of timers a matter of milliseconds in a test.
#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <mutex>
#include <sys/epoll.h>
#include <vector>

#include "dyno/async/stop.h"
#include "dyno/async/task.h"
#include "dyno/async/timer_queue.h"
#include "dyno/core/clock.h"

namespace dyno::async {

class Descriptor;
class EventLoop;

// Why a wait ended.
enum class Wake : std::uint8_t { ready, timed_out, stopped };

enum class Idle : std::uint8_t { wait, jump };

// co_await loop.sleep_until(when): Wake::ready, or Wake::stopped.
class [[nodiscard]] Sleep : Timer, StopCallback {
 public:
  Sleep(EventLoop& loop, TimePoint when, StopSource* stop);
  ~Sleep();
  bool await_ready();
  void await_suspend(std::coroutine_handle<> awaiting);
  Wake await_resume() const { return wake_; }

 private:
  void end(Wake wake);

  EventLoop& loop_;
  TimePoint when_;
  StopSource* stop_;
  std::coroutine_handle<> awaiting_;
  Wake wake_ = Wake::ready;
};

// co_await loop.yield(): lets everything else that is ready go first, descriptors included.
class [[nodiscard]] Yield {
 public:
  explicit Yield(EventLoop& loop) : loop_(loop) {}
  Yield(const Yield&) = delete;
  Yield& operator=(const Yield&) = delete;
  ~Yield();
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiting);
  void await_resume() const noexcept {}

 private:
  friend class EventLoop;
  EventLoop& loop_;
  std::coroutine_handle<> awaiting_;
  std::uint64_t round_ = 0;
  Yield* next_ = nullptr;
  Yield* previous_ = nullptr;
};

// A coroutine that is to go on soon (EventLoop::resume_soon). Part of whatever it waits for: once
// that is destroyed, it does not go on.
class Resumption {
 public:
  Resumption() = default;
  Resumption(const Resumption&) = delete;
  Resumption& operator=(const Resumption&) = delete;
  ~Resumption() {
    if (place_) *place_ = nullptr;
  }

 private:
  friend class EventLoop;
  std::coroutine_handle<> awaiting_;
  Resumption** place_ = nullptr;  // in the loop; null: it does not wait
};

class EventLoop {
 public:
  // `clock` must outlive the loop. Throws std::system_error when the kernel gives no epoll.
  explicit EventLoop(Clock& clock, Idle idle = Idle::wait);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until `main` has ended; throws what it throws. Not from within itself.
  void run(Task<void> main);

  TimePoint now();
  Clock& clock() { return clock_; }

  // Returns at once when `when` has passed.
  Sleep sleep_until(TimePoint when, StopSource* stop = nullptr) { return {*this, when, stop}; }
  Sleep sleep(Duration time, StopSource* stop = nullptr) { return {*this, now() + time, stop}; }
  Yield yield() { return Yield{*this}; }

  // From a call for a descriptor: `awaiting` goes on once some more descriptors that are ready have
  // been seen to, and before anything else happens. What is read in a row and then written in a row
  // costs less than each read with its write: the other side, if it sleeps, is woken once.
  void resume_soon(Resumption& resumption, std::coroutine_handle<> awaiting);

  // Any thread: `call` is run on the loop's thread, in order, as long as run() goes on.
  void post(std::function<void()> call);

  // Rounds of waiting so far: unchanged between two points of a coroutine that did not wait.
  std::uint64_t rounds() const { return rounds_; }

  TimerQueue& timers() { return timers_; }

 private:
  friend class Descriptor;
  friend class Yield;

  void turn();
  void wait();
  int poll(const Duration* timeout);
  void dispatch(int count);
  void prefetch() const;
  void resume_all();
  void fire_timers(TimePoint now);
  void run_yielded();
  void run_posted();
  void forget(Descriptor& descriptor);
  bool handles(const Descriptor& descriptor) const;

  Clock& clock_;
  const Idle idle_;
  int epoll_ = -1;
  int wake_ = -1;  // eventfd
  bool precise_ = true;
  bool running_ = false;
  TimePoint last_now_{};
  std::uint64_t rounds_ = 0;
  TimerQueue timers_;
  Yield* yielded_ = nullptr;
  Yield* last_yielded_ = nullptr;
  std::array<epoll_event, 256> events_;
  int event_ = 0;  // the one being handled
  int events_end_ = 0;
  std::array<Resumption*, 16> resumed_;  // as many as are put off for each other
  std::size_t resumed_end_ = 0;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace dyno::async
