// Memory of coroutine frames, recycled per thread: a frame is taken from and given back to a free
// list of the calling thread, in steps of 64 bytes, without a lock. Frames above 4 KB come from the
// heap. A frame may be freed on another thread than it came from. With AddressSanitizer every frame
// comes from the heap, so that a use after its end is seen.
#pragma once

#include <cstddef>

namespace dyno::async {

void* allocate_frame(std::size_t size);
void free_frame(void* frame, std::size_t size) noexcept;

// Frames that lie in the calling thread's free lists.
std::size_t recycled_frames() noexcept;

}  // namespace dyno::async
