// A Scope holds coroutines that run side by side and waits for them: nothing is detached. One
// thread. It must be empty when it is destroyed (the process is ended otherwise): join() it, or
// cancel() it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

#include "dyno/async/task.h"

namespace dyno::async {

class Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope();

  // Starts `task` at once and returns when it first waits, or ends.
  void spawn(Task<void> task);

  // Tasks that have not ended.
  std::size_t running() const noexcept { return running_; }

  // co_await scope.join(): until every task has ended or been cancelled. One waits at a time.
  // Throws the first exception that a task ended with.
  auto join() noexcept {
    struct Awaiter {
      explicit Awaiter(Scope& joined) noexcept : scope(joined) {}
      Awaiter(const Awaiter&) = delete;
      Awaiter& operator=(const Awaiter&) = delete;
      ~Awaiter() { scope.joiner_ = nullptr; }  // one that is destroyed as it waits does not wait
      Scope& scope;
      bool await_ready() const noexcept { return scope.running_ == 0; }
      void await_suspend(std::coroutine_handle<> awaiting) const noexcept {
        scope.joiner_ = awaiting;
      }
      void await_resume() const { scope.rethrow(); }
    };
    return Awaiter(*this);
  }

  // Destroys every task where it stands, destructors run, then resumes who joins. Not from within
  // one of the tasks, which must all be waiting.
  void cancel();

 private:
  struct Root;
  struct Promise;
  static Root drive(Scope& scope, Task<void> task);
  std::coroutine_handle<> ended(Promise& promise) noexcept;
  void rethrow();

  Promise* first_ = nullptr;
  std::size_t running_ = 0;
  std::coroutine_handle<> joiner_;
  std::exception_ptr exception_;
};

}  // namespace dyno::async
