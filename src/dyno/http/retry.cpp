#include "dyno/http/retry.h"

#include <algorithm>

#include "dyno/http/message.h"

namespace dyno::http {

using metrics::OutcomeKind;
using metrics::Phase;

namespace {

constexpr std::int64_t most_seconds = 1'000'000'000;

bool repeatable(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    if (method == known) return true;
  }
  return false;
}

}  // namespace

bool should_retry(const RetrySettings& settings, std::string_view method,
                  const Exchange& exchange) {
  switch (exchange.outcome.kind) {
    case OutcomeKind::ok:
      return settings.statuses.contains(exchange.status);
    case OutcomeKind::refused:
      return settings.refused;
    case OutcomeKind::reset:
      return settings.reset && repeatable(method);
    case OutcomeKind::timeout: {
      const auto phase = static_cast<Phase>(exchange.outcome.detail);
      const bool nothing_sent = phase == Phase::dns || phase == Phase::connect;
      return settings.timeout && (nothing_sent || repeatable(method));
    }
    default:
      return false;
  }
}

std::optional<Duration> pause_before(const RetrySettings& settings, std::uint32_t number,
                                     std::string_view head, CookieTime now, Random& random) {
  Duration pause = settings.first_pause;
  for (std::uint32_t i = 1; i < number && pause < settings.longest_pause; ++i) pause *= 2;
  pause = std::min(pause, settings.longest_pause);
  const double share = random.uniform(0.5, 1);
  pause = Duration{static_cast<Duration::rep>(share * static_cast<double>(pause.count()))};
  const auto asked = retry_after(head, now);
  if (!asked) return pause;
  if (*asked > settings.longest_retry_after) return std::nullopt;
  return std::max(pause, *asked);
}

std::optional<Duration> retry_after(std::string_view head, CookieTime now) {
  const std::string_view text = find_header(head, "Retry-After");
  if (text.empty()) return std::nullopt;
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = 0;
    for (const char c : text) seconds = std::min(seconds * 10 + (c - '0'), most_seconds);
    return std::chrono::seconds{seconds};
  }
  const auto when = parse_cookie_date(text);
  if (!when) return std::nullopt;
  return std::clamp<std::chrono::seconds>(*when - now, std::chrono::seconds{0},
                                          std::chrono::seconds{most_seconds});
}

}  // namespace dyno::http
