// Takes the samples of one thread while another thread reads what has come since it last looked.
// Two tables of cells change places: the writer adds to the active one, the reader swaps them and
// waits, by the writer-reader phaser of HdrHistogram_c (hdr_writer_reader_phaser.h,
// hdr_interval_recorder.h; Gil Tene), until the sample being written, if any, is in. The writer
// never waits and takes no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dyno/metrics/cell.h"

namespace dyno::metrics {

// Writer and reader side of the phaser, for one writer. An odd phase has negative epochs.
class Phaser {
 public:
  // Writer: around its use of what the reader may take away.
  std::int64_t enter() { return start_.fetch_add(1); }
  void leave(std::int64_t entered) { (entered < 0 ? odd_end_ : even_end_).fetch_add(1); }

  // Reader, after it has put something else in place: waits, yielding, until a writer that entered
  // before has left.
  void flip();

 private:
  std::atomic<std::int64_t> start_{0};
  std::atomic<std::int64_t> even_end_{0};
  std::atomic<std::int64_t> odd_end_{INT64_MIN};
};

class Recorder {
 public:
  // `windows` as offsets from `start`; must not be empty. See CellTable.
  Recorder(std::vector<Window> windows, TimePoint start);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Writer thread only. Never waits; after warm-up, never allocates. `example` says what a failure
  // looked like; the first of its cell is kept.
  void record(const Sample& sample, std::string_view example = {});

  // Likewise an event of a stream.
  void record(const EventSample& event);

  // Reader thread only, one at a time: what has come since the last call. Valid until the next.
  const CellTable& take();

 private:
  CellTable first_;
  CellTable second_;
  std::atomic<CellTable*> active_{&first_};
  CellTable* idle_ = &second_;
  Phaser phaser_;
};

// What all endpoints did in one stretch of time, from cells taken in it. Latencies are response
// times of the successes that ended in it.
struct IntervalSummary {
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;  // neither ok nor dropped nor cancelled by the end of the run
  std::uint64_t dropped = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t head_bytes = 0;
  Histogram response_time;
};

IntervalSummary summarise(const CellTable& interval);

}  // namespace dyno::metrics
