#include "dyno/metrics/recorder.h"

#include <thread>

namespace dyno::metrics {

void Phaser::flip() {
  const bool next_is_even = start_.load() < 0;
  auto& next_end = next_is_even ? even_end_ : odd_end_;
  auto& ending = next_is_even ? odd_end_ : even_end_;
  const std::int64_t next_start = next_is_even ? 0 : INT64_MIN;
  next_end.store(next_start);
  const auto entered = start_.exchange(next_start);
  while (ending.load() != entered) std::this_thread::yield();
}

Recorder::Recorder(std::vector<Window> windows, TimePoint start)
    : first_(windows, start), second_(std::move(windows), start) {}

void Recorder::record(const Sample& sample, std::string_view example) {
  const auto entered = phaser_.enter();
  active_.load()->add(sample, example);
  phaser_.leave(entered);
}

void Recorder::record(const EventSample& event) {
  const auto entered = phaser_.enter();
  active_.load()->add(event);
  phaser_.leave(entered);
}

const CellTable& Recorder::take() {
  idle_->reset();
  idle_ = active_.exchange(idle_);
  phaser_.flip();
  return *idle_;
}

IntervalSummary summarise(const CellTable& interval) {
  IntervalSummary summary;
  for (const auto* cell : interval.cells()) {
    summary.bytes_received += cell->bytes_received;
    summary.head_bytes += cell->head_bytes;
    switch (cell->outcome.kind) {
      case OutcomeKind::ok:
        summary.ok += cell->count;
        summary.response_time.merge(cell->response_time);
        break;
      case OutcomeKind::dropped:
        summary.dropped += cell->count;
        break;
      case OutcomeKind::cancelled:
        break;
      default:
        summary.failed += cell->count;
    }
  }
  return summary;
}

}  // namespace dyno::metrics
