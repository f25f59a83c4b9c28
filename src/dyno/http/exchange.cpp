#include "dyno/http/exchange.h"

#include <utility>

#include <fmt/format.h>

#include "dyno/http/stream.h"

namespace dyno::http {

void Exchange::reset(bool keeps) {
  outcome = {};
  status = 0;
  sent = first_byte = last_byte = {};
  bytes_sent = bytes_received = body_bytes = 0;
  retried = false;
  if (std::exchange(plain, false) && !keeps) return;
  dns = connect = tls = {};
  head.clear();
  body.clear();
  reason.clear();
}

void Exchange::fail(metrics::Outcome how, std::string_view why, TimePoint now) {
  outcome = how;
  reason = why;
  last_byte = now;
  if (first_byte == TimePoint{}) first_byte = now;
}

void Exchange::break_off(int error, TimePoint now, std::string_view tls_failure) {
  const std::string_view how = error ? explain(error) : "closed by the service";
  if (!tls_failure.empty()) {
    fail({metrics::OutcomeKind::tls}, tls_failure, now);
  } else if (bytes_received == 0) {
    fail({metrics::OutcomeKind::reset}, fmt::format("{} before any answer", how), now);
  } else {
    fail({metrics::OutcomeKind::truncated},
         fmt::format("{} after {} bytes of an answer that is longer", how, bytes_received), now);
  }
}

void Exchange::time_out(metrics::Phase phase, TimePoint now) {
  static constexpr std::string_view waited_for[] = {
      "an address",     "a connection",          "TLS", "the service to take the request",
      "the first byte", "the rest of the answer"};
  const auto index = static_cast<std::size_t>(phase);
  fail({metrics::OutcomeKind::timeout, static_cast<std::uint16_t>(phase)},
       fmt::format("no more time to wait for {}", waited_for[index]), now);
}

}  // namespace dyno::http
