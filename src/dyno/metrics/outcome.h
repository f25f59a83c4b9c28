// How one operation ended. A value, never an exception: a service that fails is an expected thing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dyno::metrics {

enum class OutcomeKind : std::uint8_t {
  ok,
  http_error,    // a complete answer whose status the caller does not accept; detail: the status
  check_failed,  // an acceptable status whose content failed a check
  timeout,       // detail: the Phase that was waited for
  refused,       // no connection: refused, unreachable
  reset,         // the peer closed or reset before the first byte of an answer
  dns,
  tls,
  protocol,   // malformed answer
  truncated,  // the answer ended before its declared end
  dropped,    // an open-loop arrival that found no free user; nothing was sent
  cancelled,  // ended by the stop of the run
};

inline constexpr int outcome_kinds = static_cast<int>(OutcomeKind::cancelled) + 1;

enum class Phase : std::uint8_t { dns, connect, tls, send, first_byte, body };
inline constexpr int phases = static_cast<int>(Phase::body) + 1;

struct Outcome {
  OutcomeKind kind = OutcomeKind::ok;
  std::uint16_t detail = 0;  // http_error: the status; timeout: the Phase; otherwise 0

  bool ok() const { return kind == OutcomeKind::ok; }
  auto operator<=>(const Outcome&) const = default;
};

// Whether a first byte of an answer was seen, so that first-byte figures mean something.
bool answered(Outcome outcome);

// "ok", "http_error(503)", "timeout(first_byte)", "reset" …: the form in records and reports.
std::string to_string(Outcome outcome);

// Reads what to_string writes; nothing when it is not an outcome.
std::optional<Outcome> parse_outcome(std::string_view text);

}  // namespace dyno::metrics
