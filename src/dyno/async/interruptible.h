// Interruptible runs one task at a time that a coroutine awaits and that somebody else may break
// off: a Scope of one, without a frame of its own. One thread.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

#include "dyno/async/task.h"

namespace dyno::async {

class Interruptible {
 public:
  Interruptible() = default;
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  // What ended() is to run. The one before must have been awaited.
  void set(Task<void> task) noexcept { task_ = std::move(task); }

  // co_await it.ended(): runs the task until it ends, or is cancelled. Gives the exception that it
  // ended with, if any.
  auto ended() noexcept {
    struct Awaiter {
      explicit Awaiter(Interruptible& awaited) noexcept : it(awaited) {}
      Awaiter(const Awaiter&) = delete;
      Awaiter& operator=(const Awaiter&) = delete;
      ~Awaiter() { it.task_ = {}; }  // who is destroyed as it waits takes the task along
      Interruptible& it;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
        it.awaiting_ = awaiting;
        return it.task_.start(awaiting);
      }
      std::exception_ptr await_resume() const noexcept {
        return std::exchange(it.awaiting_, nullptr) ? it.task_.exception() : nullptr;
      }
    };
    return Awaiter(*this);
  }

  bool running() const noexcept { return static_cast<bool>(awaiting_); }

  // Destroys the task where it stands, destructors run, then resumes who awaits it. Not from within
  // the task, which must be waiting. Nothing when there is none.
  void cancel() {
    const std::coroutine_handle<> awaiting = std::exchange(awaiting_, nullptr);
    if (!awaiting) return;
    task_ = {};
    awaiting.resume();
  }

 private:
  Task<void> task_;
  std::coroutine_handle<> awaiting_;
};

}  // namespace dyno::async
