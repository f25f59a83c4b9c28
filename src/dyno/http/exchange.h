// One request and its answer as the client measured them: plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "dyno/core/clock.h"
#include "dyno/metrics/outcome.h"

namespace dyno::http {

struct ExchangeOptions {
  Duration timeout = std::chrono::seconds{30};  // from sending or connecting to the last byte
  bool want_body = false;
  bool want_head = false;
};
static_assert(std::is_trivially_destructible_v<ExchangeOptions>);

// One request and what came of it. Reused from one to the next.
struct Exchange {
  metrics::Outcome outcome;  // ok: a complete answer, whatever its status
  int status = 0;
  TimePoint sent;  // as metrics::Sample has them
  TimePoint first_byte;
  TimePoint last_byte;
  Duration connect{};
  Duration tls{};
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t body_bytes = 0;
  bool retried = false;
  std::string head;    // with want_head
  std::string body;    // with want_body
  std::string reason;  // of a failure, one line

  void reset();

  // It has failed, and this is how; `now` is when that was known.
  void fail(metrics::Outcome how, std::string_view why, TimePoint now);

  // It has failed for want of time in `phase`.
  void time_out(metrics::Phase phase, TimePoint now);
};

}  // namespace dyno::http
