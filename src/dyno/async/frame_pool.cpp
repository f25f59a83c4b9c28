#include "dyno/async/frame_pool.h"

#include <array>
#include <new>

namespace dyno::async {
namespace {

constexpr std::size_t step = 64;
constexpr std::size_t classes = 64;

struct FreeFrame {
  FreeFrame* next;
};

struct Pool {
  std::array<FreeFrame*, classes> free{};
  std::size_t count = 0;
  bool closed = false;

  ~Pool() {
    closed = true;
    for (FreeFrame*& list : free) {
      while (list) {
        FreeFrame* next = list->next;
        ::operator delete(list);
        list = next;
      }
    }
  }
};

thread_local Pool pool;

constexpr std::size_t class_of(std::size_t size) { return (size + step - 1) / step - 1; }

#if defined(__SANITIZE_ADDRESS__)
constexpr bool recycling = false;
#else
constexpr bool recycling = true;
#endif

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t index = class_of(size);
  if (!recycling || index >= classes) return ::operator new(size);
  Pool& mine = pool;
  if (FreeFrame* frame = mine.free[index]) {
    mine.free[index] = frame->next;
    --mine.count;
    return frame;
  }
  return ::operator new((index + 1) * step);
}

void free_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  Pool& mine = pool;
  if (!recycling || index >= classes || mine.closed) {
    ::operator delete(frame);
    return;
  }
  mine.free[index] = ::new (frame) FreeFrame{mine.free[index]};
  ++mine.count;
}

std::size_t recycled_frames() noexcept { return pool.count; }

}  // namespace dyno::async
