#include "dyno/async/timer_queue.h"

#include <algorithm>

namespace dyno::async {

void TimerQueue::set(Timer& timer, TimePoint due) {
  timer.due_ = due;
  if (timer.place_ == Timer::outside) {
    heap_.push_back({});
    sift_up(heap_.size() - 1, {due, &timer});
  } else if (due < heap_[timer.place_].key) {
    sift_up(timer.place_, {due, &timer});
  }
}

void TimerQueue::cancel(Timer& timer) {
  if (timer.place_ != Timer::outside) remove(timer.place_);
}

std::optional<TimePoint> TimerQueue::next() {
  while (!heap_.empty()) {
    Timer& timer = *heap_.front().timer;
    if (timer.due_ == TimePoint::max()) {
      remove(0);
    } else if (timer.due_ > heap_.front().key) {
      sift_down(0, {timer.due_, &timer});
    } else {
      return timer.due_;
    }
  }
  return std::nullopt;
}

Timer* TimerQueue::pop(TimePoint now) {
  if (earliest() > now) return nullptr;
  const std::optional<TimePoint> due = next();
  if (!due || *due > now) return nullptr;
  Timer* timer = heap_.front().timer;
  remove(0);
  return timer;
}

void TimerQueue::place(std::size_t at, Entry entry) {
  heap_[at] = entry;
  entry.timer->place_ = static_cast<std::uint32_t>(at);
}

void TimerQueue::sift_up(std::size_t at, Entry entry) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 4;
    if (heap_[parent].key <= entry.key) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, entry);
}

void TimerQueue::sift_down(std::size_t at, Entry entry) {
  while (true) {
    const std::size_t first = 4 * at + 1;
    if (first >= heap_.size()) break;
    const std::size_t last = std::min(first + 4, heap_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (heap_[child].key < heap_[least].key) least = child;
    }
    if (entry.key <= heap_[least].key) break;
    place(at, heap_[least]);
    at = least;
  }
  place(at, entry);
}

void TimerQueue::remove(std::size_t at) {
  heap_[at].timer->place_ = Timer::outside;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (at == heap_.size()) return;
  if (at > 0 && last.key < heap_[(at - 1) / 4].key) {
    sift_up(at, last);
  } else {
    sift_down(at, last);
  }
}

}  // namespace dyno::async
