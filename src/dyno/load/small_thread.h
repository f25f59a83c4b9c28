// A thread with a small stack, for when there are hundreds of them. Joined when it goes.
#pragma once

#include <cstddef>
#include <functional>
#include <pthread.h>

namespace dyno::load {

class SmallThread {
 public:
  // Of its address space, guard page included; what is not touched takes no memory.
  static constexpr std::size_t stack_size = 256 * 1024;

  // Throws std::system_error when the system gives no thread. `body` must not throw.
  explicit SmallThread(std::function<void()> body);
  ~SmallThread() { ::pthread_join(thread_, nullptr); }
  SmallThread(const SmallThread&) = delete;
  SmallThread& operator=(const SmallThread&) = delete;

 private:
  std::function<void()> body_;
  pthread_t thread_{};
};

}  // namespace dyno::load
