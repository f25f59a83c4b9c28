#include "dyno/core/allocations.h"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::atomic<bool> counting{false};
std::atomic<std::int64_t> count{0};
std::atomic<std::int64_t> bytes{0};
std::atomic<std::int64_t> held{0};
std::atomic<std::int64_t> peak{0};
constinit thread_local std::int64_t of_this_thread = 0;

void note_allocation(void* memory, std::size_t size) {
  ++of_this_thread;
  count.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(static_cast<std::int64_t>(size), std::memory_order_relaxed);
  const auto more = static_cast<std::int64_t>(malloc_usable_size(memory));
  const auto now = held.fetch_add(more, std::memory_order_relaxed) + more;
  auto highest = peak.load(std::memory_order_relaxed);
  while (now > highest && !peak.compare_exchange_weak(highest, now, std::memory_order_relaxed)) {
  }
}

void* counted(void* memory, std::size_t size) {
  if (memory == nullptr) throw std::bad_alloc();
  if (counting.load(std::memory_order_relaxed)) note_allocation(memory, size);
  return memory;
}

void release(void* memory) {
  if (counting.load(std::memory_order_relaxed) && memory != nullptr) {
    held.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(memory)),
                   std::memory_order_relaxed);
  }
  std::free(memory);
}

}  // namespace

// The array and nothrow forms of the standard library call these.
void* operator new(std::size_t size) { return counted(std::malloc(size == 0 ? 1 : size), size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(align, (size + align - 1) / align * align), size);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace dyno {

void start_counting_allocations() {
  for (auto* counter : {&count, &bytes, &held, &peak}) counter->store(0);
  counting.store(true);
}

Allocations stop_counting_allocations() {
  counting.store(false);
  return {count.load(), bytes.load(), peak.load()};
}

std::int64_t allocations_of_this_thread() { return of_this_thread; }

}  // namespace dyno
