// Everything recorded for one endpoint × outcome × window, and the table of such cells that samples
// are added to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dyno/core/clock.h"
#include "dyno/metrics/histogram.h"
#include "dyno/metrics/outcome.h"
#include "dyno/metrics/sample.h"
#include "dyno/metrics/window.h"

namespace dyno::metrics {

// A sample belongs to the window of its intended time; throughput counts `completed_in_window`,
// whatever window the sample began in. Nothing that was dropped has a latency.
struct Cell {
  EndpointId endpoint = 0;
  Outcome outcome;
  std::uint32_t window = 0;               // index into the run's windows
  std::uint64_t count = 0;                // samples that began here
  std::uint64_t completed_in_window = 0;  // samples that ended here
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t head_bytes = 0;  // of these: heads, and answers that redirected or were retried
  std::uint64_t redirects = 0;   // followed, and further attempts made, within the samples
  std::uint64_t retries = 0;
  std::uint64_t resent = 0;  // samples sent again, their kept-alive connection having been closed
  Histogram service_time;
  Histogram response_time;
  Histogram lateness;
  Histogram first_byte;  // sent → first byte; empty where there was no answer
  Histogram dns;         // these four only where they happened
  Histogram connect;
  Histogram tls;
  Histogram queued;  // intended → a connection was free, where their number is limited

  // Of streams, by the time of the event itself, first_event and token_time as the others.
  std::uint64_t events = 0;
  std::uint64_t tokens = 0;
  Histogram first_event;  // sent → first event
  Histogram gap;          // from one event to the next
  Histogram token_time;   // of each stream: the mean from one token to the next

  Duration first_seen{};  // offsets of the last byte, from the start of the run
  Duration last_seen{};
  std::string example;  // of a failure: what was seen, one line

  // Nothing counted.
  bool empty() const { return count == 0 && completed_in_window == 0 && events == 0; }

  // Adds what `other`, a cell of the same key, holds. The earlier example stays.
  void merge(const Cell& other);

  // Back to nothing counted; the memory stays.
  void reset();
};

// The cells of one thread, of one interval or of a whole run. One thread at a time.
class CellTable {
 public:
  // `windows` as offsets from `start`, following each other without gaps; must not be empty.
  CellTable(std::vector<Window> windows, TimePoint start);

  // `example` is kept, shortened, when it is the first of its cell. Allocates only where a cell or
  // a power of two is met for the first time.
  void add(const Sample& sample, std::string_view example = {});

  // An event of a stream.
  void add(const EventSample& event);

  // Adds every cell of `other`, which must have the same windows.
  void merge(const CellTable& other);

  // Every count back to zero; cells and memory stay.
  void reset();

  // The non-empty cells by endpoint, window and outcome.
  std::vector<const Cell*> cells() const;

  // Copies of them, as a record holds them.
  std::vector<Cell> copy() const;

  const std::vector<Window>& windows() const { return windows_; }
  TimePoint start() const { return start_; }

 private:
  using Slot = std::vector<std::unique_ptr<Cell>>;  // the outcomes of one endpoint × window
  Cell& cell(EndpointId endpoint, Outcome outcome, std::uint32_t window);

  std::vector<Window> windows_;
  TimePoint start_;
  std::vector<Slot> slots_;  // endpoint × windows_.size() + window
};

}  // namespace dyno::metrics
