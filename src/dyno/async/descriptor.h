// A non-blocking file descriptor in an event loop, and waiting for it until a deadline.
// It reads and writes nothing itself.
#pragma once

#include <coroutine>
#include <cstdint>

#include "dyno/async/event_loop.h"

namespace dyno::async {

class Descriptor;
class IoWaiter;

// A time by which a row of waits must be over. Setting it anew is a store; see TimerQueue.
class Deadline : Timer {
 public:
  explicit Deadline(EventLoop& loop);
  ~Deadline();

  void set(TimePoint when);
  void clear();
  bool expired() const { return expired_; }
  using Timer::due;  // max() when it is not set

 private:
  friend class IoWaiter;
  EventLoop& loop_;
  IoWaiter* wait_ = nullptr;
  bool expired_ = false;
};

// Waits for a descriptor until a deadline and calls back: for who waits without being a coroutine
// of its own. Leaves when it is destroyed.
class IoWaiter {
 public:
  using Call = void (*)(IoWaiter&, Wake);  // Wake::ready or Wake::timed_out
  explicit IoWaiter(Call call) : call_(call) {}
  IoWaiter(const IoWaiter&) = delete;
  IoWaiter& operator=(const IoWaiter&) = delete;
  ~IoWaiter() { leave(); }

  // For the event loop, which knows in advance whom it will call: asks for the memory that the call
  // will use, this and what lies around it, and the deadline's, which is its owner's.
  void prefetch() const {
    prefetch_around(this, -1, 3);
    prefetch_around(deadline_, -2, 4);
  }

  // Until `descriptor`, which is not ready, can be read (or written); `deadline` may be null. Both
  // must live until the call, or until this is destroyed. May be used again from within the call.
  void wait(Descriptor& descriptor, bool write, Deadline* deadline);

 private:
  friend class Deadline;
  friend class Descriptor;
  static void prefetch_around(const void* place, int first_line, int last_line) {
    // As a number: there may be no place, and what is around one is no object of ours.
    const auto address = reinterpret_cast<std::intptr_t>(place);
    for (int line = first_line; line <= last_line; ++line) {
      __builtin_prefetch(reinterpret_cast<const void*>(address + 64 * line), 1);
    }
  }
  void leave();
  void end(Wake wake) {
    leave();
    call_(*this, wake);
  }

  Call call_;
  Descriptor* descriptor_ = nullptr;  // null: it does not wait
  Deadline* deadline_ = nullptr;
  bool write_ = false;
};

// co_await descriptor.readable(&deadline): Wake::ready or Wake::timed_out.
class [[nodiscard]] IoWait : IoWaiter {
 public:
  IoWait(Descriptor& descriptor, bool write, Deadline* deadline);
  bool await_ready();
  void await_suspend(std::coroutine_handle<> awaiting);
  Wake await_resume() const { return wake_; }

 private:
  Descriptor& descriptor_;
  Deadline* deadline_;
  std::coroutine_handle<> awaiting_;
  bool write_;
  Wake wake_ = Wake::ready;
};

class Descriptor {
 public:
  // Takes over `fd`, which must be non-blocking. It counts as not ready until the kernel says so.
  // Throws std::system_error when it cannot be watched.
  Descriptor(EventLoop& loop, int fd);
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();  // closes it

  int fd() const { return fd_; }

  // Until it is ready (at once when it is). One reader and one writer at a time. A null deadline
  // waits for ever.
  IoWait readable(Deadline* deadline = nullptr) { return {*this, false, deadline}; }
  IoWait writable(Deadline* deadline = nullptr) { return {*this, true, deadline}; }

  // To be called when the kernel had no more to give (EAGAIN or less than asked), or took no more:
  // readiness is edge triggered. Without effect on reading once the peer has hung up.
  void drained() { readable_ = hung_up_; }
  void filled() { writable_ = false; }

  // Something has come that nobody has read, or the peer has closed. Of an idle connection: it is
  // of no more use.
  bool has_input() const { return readable_; }

 private:
  friend class EventLoop;
  friend class IoWait;
  friend class IoWaiter;
  void on_events(std::uint32_t events);

  EventLoop& loop_;
  int fd_;
  bool readable_ = false;
  bool writable_ = false;
  bool hung_up_ = false;
  IoWaiter* reader_ = nullptr;
  IoWaiter* writer_ = nullptr;
};

}  // namespace dyno::async
