#include "dyno/async/frame_pool.h"

namespace dyno::async {
namespace detail {
namespace {

// Empties the pool of a thread that ends; what is freed there afterwards goes to the heap.
struct Closing {
  Closing() { frame_pool.open = true; }
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;
  ~Closing() {
    frame_pool.open = false;
    for (FreeFrame*& list : frame_pool.free) {
      while (list) {
        FreeFrame* next = list->next;
        ::operator delete(list);
        list = next;
      }
    }
  }
};

}  // namespace

constinit thread_local FramePool frame_pool{};

void* new_frame(std::size_t size) {
  const std::size_t index = frame_class(size);
  if (!recycling_frames || index >= FramePool::classes) return ::operator new(size);
  thread_local const Closing closing;
  return ::operator new((index + 1) * FramePool::step);
}

void delete_frame(void* frame, std::size_t) noexcept { ::operator delete(frame); }

}  // namespace detail

std::size_t recycled_frames() noexcept {
  std::size_t count = 0;
  for (const detail::FreeFrame* list : detail::frame_pool.free) {
    for (; list; list = list->next) ++count;
  }
  return count;
}

}  // namespace dyno::async
