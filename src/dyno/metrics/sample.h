// What is measured of one operation: four times on one clock, and what it took to connect where
// that happened. service time = last_byte - sent; response time = last_byte - intended (free of
// coordinated omission); lateness = sent - intended - queued (the engine's own fault).
#pragma once

#include <cstdint>
#include <optional>

#include "dyno/core/clock.h"
#include "dyno/metrics/outcome.h"

namespace dyno::metrics {

// Index of an endpoint (a named operation) within one run.
using EndpointId = std::uint32_t;

class Sample {
 public:
  // What few operations have. Zero is: it did not happen.
  struct Rare {
    Duration dns{};
    Duration connect{};
    Duration tls{};
    Duration first_event{};  // of a stream: sent → its first event
    Duration token_time{};   // of a stream: for each token after the first
    Duration queued{};  // waited for one of a limited number of connections, before it was sent
    std::uint32_t redirects = 0;  // followed, and further attempts made; all within these times
    std::uint32_t retries = 0;
    bool resent = false;  // on a fresh connection, the kept one having been closed unanswered
  };

  EndpointId endpoint = 0;
  Outcome outcome;
  TimePoint intended;    // when the plan wanted it sent
  TimePoint sent;        // when its first byte was handed to the kernel, or connecting began
  TimePoint first_byte;  // of the answer; equals last_byte when there was none
  TimePoint last_byte;   // of the answer, or when the failure was known
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint32_t head_bytes = 0;  // of these: all that was no body of the last answer

  Duration service_time() const { return last_byte - sent; }
  Duration response_time() const { return last_byte - intended; }
  Duration lateness() const { return sent - intended - (has_rare_ ? rare_.queued : Duration{}); }

  bool has_rare() const { return has_rare_; }
  const Rare& rare() const { return rare_; }
  Rare& rare() {
    has_rare_ = true;
    return rare_;
  }

  // As new. Of what is rare nothing is touched where nothing was set: with hundreds of users each
  // sample is cold memory, and all but the rare is one cache line of it.
  void reset() {
    endpoint = 0;
    outcome = {};
    intended = sent = first_byte = last_byte = {};
    bytes_sent = bytes_received = 0;
    head_bytes = 0;
    if (has_rare_) rare_ = {};
    has_rare_ = false;
  }

 private:
  bool has_rare_ = false;
  Rare rare_;
};

// An event of a stream, as it came: counted at once, long before the stream's own sample.
struct EventSample {
  EndpointId endpoint = 0;
  Outcome outcome;  // of the stream so far
  TimePoint at;
  std::optional<Duration> gap;  // since the event before; nothing for the first
  std::uint64_t tokens = 0;
};

}  // namespace dyno::metrics
