#include "dyno/async/scope.h"

#include <cstdio>
#include <cstdlib>

namespace dyno::async {

struct Scope::Promise {
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      return self.promise().scope.ended(self.promise());
    }
    void await_resume() const noexcept {}
  };

  Promise(Scope& owner, Task<void>&) : scope(owner), next(owner.first_) {
    if (next) next->previous = this;
    scope.first_ = this;
    ++scope.running_;
  }

  // Whatever ends the frame, the scope forgets it.
  ~Promise() {
    (previous ? previous->next : scope.first_) = next;
    if (next) next->previous = previous;
    --scope.running_;
  }

  Root get_return_object() noexcept;
  std::suspend_never initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  void unhandled_exception() noexcept {
    if (!scope.exception_) scope.exception_ = std::current_exception();
  }
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

  Scope& scope;
  Promise* next = nullptr;
  Promise* previous = nullptr;
};

struct Scope::Root {
  using promise_type = Promise;
};

Scope::Root Scope::Promise::get_return_object() noexcept { return {}; }

Scope::Root Scope::drive(Scope&, Task<void> task) { co_await std::move(task); }

void Scope::spawn(Task<void> task) { drive(*this, std::move(task)); }

std::coroutine_handle<> Scope::ended(Promise& promise) noexcept {
  Scope& scope = promise.scope;  // outlives the frame
  std::coroutine_handle<Promise>::from_promise(promise).destroy();
  if (scope.running_ > 0 || !scope.joiner_) return std::noop_coroutine();
  return std::exchange(scope.joiner_, nullptr);
}

void Scope::cancel() {
  while (first_) std::coroutine_handle<Promise>::from_promise(*first_).destroy();
  if (joiner_) std::exchange(joiner_, nullptr).resume();
}

void Scope::rethrow() {
  if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
}

Scope::~Scope() {
  if (running_ == 0) return;
  std::fprintf(stderr, "dyno: a Scope was destroyed with %zu tasks still running\n", running_);
  std::abort();
}

}  // namespace dyno::async
