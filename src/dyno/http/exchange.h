// One request and its answer as the client measured them: plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "dyno/core/clock.h"
#include "dyno/metrics/outcome.h"

namespace dyno::http {

// How long each part of an exchange may take; zero: as long as the whole may.
struct PhaseLimits {
  Duration send{};        // from the connection to the service's having taken the whole request
  Duration first_byte{};  // from there to the first byte of the answer
  Duration idle{};        // between two arrivals of the answer's bytes

  // These, and those of `others` where these are zero.
  PhaseLimits or_else(const PhaseLimits& others) const {
    const auto either = [](Duration a, Duration b) { return a == Duration::zero() ? b : a; };
    return {either(send, others.send), either(first_byte, others.first_byte),
            either(idle, others.idle)};
  }

  bool any() const { return (send.count() | first_byte.count() | idle.count()) != 0; }
};

struct ExchangeOptions {
  Duration timeout = std::chrono::seconds{30};  // from sending or connecting to the last byte
  bool want_body = false;
  bool want_head = false;

  PhaseLimits limits{};

  // Asks for gzip and decodes what is wanted of the body.
  bool compressed = false;

  // Sends `Expect: 100-continue` with a body, and the body once the service says so, or has said
  // nothing for a second.
  bool expect_continue = false;

  // A body that is kept and decodes to more is malformed.
  std::uint64_t decoded_limit = std::uint64_t{64} << 20;
};
static_assert(std::is_trivially_destructible_v<ExchangeOptions>);

// One request and what came of it. Reused from one to the next.
struct Exchange {
  metrics::Outcome outcome;  // ok: a complete answer, whatever its status
  int status = 0;
  TimePoint sent;  // as metrics::Sample has them
  TimePoint first_byte;
  TimePoint last_byte;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t body_bytes = 0;  // as received: not decoded
  bool retried = false;

  // A whole answer over a connection that was there, of which nothing was to be kept: all that
  // follows is empty. Its client's to say. With hundreds of users that memory is cold, and need not
  // even be looked at.
  bool plain = false;

  Duration dns{};
  Duration connect{};
  Duration tls{};
  std::string head;    // with want_head
  std::string body;    // with want_body
  std::string reason;  // of a failure, one line

  // As new, for an exchange that will keep something of its answer, or not.
  void reset(bool keeps);

  // It has failed, and this is how; `now` is when that was known.
  void fail(metrics::Outcome how, std::string_view why, TimePoint now);

  // The connection has broken or, with no `error`, was closed by the service before the answer was
  // complete. `error` and `tls_failure` are as a Stream has them.
  void break_off(int error, TimePoint now, std::string_view tls_failure = {});

  // It has failed for want of time in `phase`.
  void time_out(metrics::Phase phase, TimePoint now);
};

}  // namespace dyno::http
