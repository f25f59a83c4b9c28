// When a request is to be sent again, and after how long. Counts and waits nowhere (session.h).
#pragma once

#include <optional>
#include <string_view>

#include "dyno/core/clock.h"
#include "dyno/core/random.h"
#include "dyno/http/cookies.h"
#include "dyno/http/exchange.h"
#include "dyno/http/settings.h"

namespace dyno::http {

// Whether the settings ask for another attempt after this exchange. A reset or a time-out may come
// after the service has done what it was asked: then only methods are repeated whose repetition
// changes nothing (RFC 9110, section 9.2.2).
bool should_retry(const RetrySettings& settings, std::string_view method, const Exchange& exchange);

// How long to wait before attempt `number` (1 is the first further one): the first pause, doubled
// each time up to the longest, less up to half of it by chance so that users do not come back all
// at once; or as long as the answer asks for with Retry-After, if that is longer. Nothing when it
// asks for more than the settings grant.
std::optional<Duration> pause_before(const RetrySettings& settings, std::uint32_t number,
                                     std::string_view head, CookieTime now, Random& random);

// Retry-After: seconds, or a date (RFC 9110, section 10.2.3). Nothing when it is absent or neither.
std::optional<Duration> retry_after(std::string_view head, CookieTime now);

}  // namespace dyno::http
