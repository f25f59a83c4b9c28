// For tests: what a coroutine waits at until the test lets it go on.
#pragma once

#include <coroutine>
#include <utility>

namespace dyno::async {

struct Gate {
  std::coroutine_handle<> waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiting, nullptr).resume(); }
};

}  // namespace dyno::async
