// Memory of coroutine frames, recycled per thread: a frame is taken from and given back to a free
// list of the calling thread, in steps of 64 bytes, without a lock. Frames above 4 KB come from the
// heap. A frame may be freed on another thread than it came from. With AddressSanitizer every frame
// comes from the heap, so that a use after its end is seen.
#pragma once

#include <cstddef>
#include <new>

namespace dyno::async {

namespace detail {

struct FreeFrame {
  FreeFrame* next;
};

// Without constructor and destructor: an access costs no check of whether the thread has made it.
struct FramePool {
  static constexpr std::size_t step = 64;
  static constexpr std::size_t classes = 64;
  FreeFrame* free[classes];
  bool open;  // somebody empties it when the thread ends
};

extern constinit thread_local FramePool frame_pool;

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool recycling_frames = false;
#else
inline constexpr bool recycling_frames = true;
#endif

constexpr std::size_t frame_class(std::size_t size) {
  return (size + FramePool::step - 1) / FramePool::step - 1;
}

void* new_frame(std::size_t size);
void delete_frame(void* frame, std::size_t size) noexcept;

}  // namespace detail

inline void* allocate_frame(std::size_t size) {
  const std::size_t index = detail::frame_class(size);
  if (detail::recycling_frames && index < detail::FramePool::classes) [[likely]] {
    detail::FramePool& pool = detail::frame_pool;
    if (detail::FreeFrame* frame = pool.free[index]) [[likely]] {
      pool.free[index] = frame->next;
      return frame;
    }
  }
  return detail::new_frame(size);
}

inline void free_frame(void* frame, std::size_t size) noexcept {
  const std::size_t index = detail::frame_class(size);
  detail::FramePool& pool = detail::frame_pool;
  if (detail::recycling_frames && index < detail::FramePool::classes && pool.open) [[likely]] {
    pool.free[index] = ::new (frame) detail::FreeFrame{pool.free[index]};
  } else {
    detail::delete_frame(frame, size);
  }
}

// Frames that lie in the calling thread's free lists.
std::size_t recycled_frames() noexcept;

}  // namespace dyno::async
