#include "dyno/http/retry.h"

#include <gtest/gtest.h>

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using metrics::OutcomeKind;
using metrics::Phase;

constexpr CookieTime sent_at = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 8h + 49min;

Exchange ended(OutcomeKind kind, std::uint16_t detail = 0, int status = 0) {
  Exchange exchange;
  exchange.outcome = {kind, detail};
  exchange.status = status;
  return exchange;
}

TEST(Retry, OnlyAfterWhatWasAskedFor) {
  RetrySettings settings;
  EXPECT_TRUE(should_retry(settings, "GET", ended(OutcomeKind::refused)));
  EXPECT_TRUE(should_retry(settings, "GET", ended(OutcomeKind::reset)));
  EXPECT_TRUE(should_retry(settings, "GET", ended(OutcomeKind::ok, 0, 429)));
  EXPECT_TRUE(should_retry(settings, "POST", ended(OutcomeKind::ok, 0, 503)));
  for (const auto& other :
       {ended(OutcomeKind::ok, 0, 200), ended(OutcomeKind::ok, 0, 500),
        ended(OutcomeKind::timeout, static_cast<std::uint16_t>(Phase::first_byte)),
        ended(OutcomeKind::protocol), ended(OutcomeKind::truncated), ended(OutcomeKind::dns),
        ended(OutcomeKind::tls), ended(OutcomeKind::cancelled)}) {
    EXPECT_FALSE(should_retry(settings, "GET", other)) << to_string(other.outcome);
  }
  settings.refused = settings.reset = false;
  settings.statuses = {500};
  settings.timeout = true;
  EXPECT_FALSE(should_retry(settings, "GET", ended(OutcomeKind::refused)));
  EXPECT_FALSE(should_retry(settings, "GET", ended(OutcomeKind::reset)));
  EXPECT_FALSE(should_retry(settings, "GET", ended(OutcomeKind::ok, 0, 503)));
  EXPECT_TRUE(should_retry(settings, "GET", ended(OutcomeKind::ok, 0, 500)));
  EXPECT_TRUE(should_retry(settings, "GET",
                           ended(OutcomeKind::timeout, static_cast<std::uint16_t>(Phase::body))));
}

TEST(Retry, WhatMayHaveBeenDoneIsNotDoneTwice) {
  RetrySettings settings;
  settings.timeout = true;
  const auto late = ended(OutcomeKind::timeout, static_cast<std::uint16_t>(Phase::first_byte));
  const auto early = ended(OutcomeKind::timeout, static_cast<std::uint16_t>(Phase::connect));
  for (const char* const method : {"POST", "PATCH", "CONNECT"}) {
    EXPECT_FALSE(should_retry(settings, method, ended(OutcomeKind::reset))) << method;
    EXPECT_FALSE(should_retry(settings, method, late)) << method;
    EXPECT_TRUE(should_retry(settings, method, early)) << method;
    EXPECT_TRUE(should_retry(settings, method, ended(OutcomeKind::refused))) << method;
  }
  for (const char* const method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    EXPECT_TRUE(should_retry(settings, method, ended(OutcomeKind::reset))) << method;
    EXPECT_TRUE(should_retry(settings, method, late)) << method;
  }
}

TEST(Retry, PausesDoubleUpToTheLongest) {
  const RetrySettings settings;
  Random random(7);
  const Duration longest[] = {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5s, 5s};
  for (std::uint32_t number = 1; number <= 8; ++number) {
    Duration low = Duration::max();
    Duration high{};
    for (int i = 0; i < 200; ++i) {
      const auto pause = pause_before(settings, number, "", sent_at, random);
      ASSERT_TRUE(pause);
      low = std::min(low, *pause);
      high = std::max(high, *pause);
    }
    const Duration most = longest[number - 1];
    EXPECT_GE(low, most / 2);
    EXPECT_LT(low, most * 55 / 100);
    EXPECT_GT(high, most * 95 / 100);
    EXPECT_LE(high, most);
  }
}

TEST(Retry, TheServiceMayAskForMoreUpToABound) {
  const RetrySettings settings;
  Random random(7);
  const auto pause = [&](const std::string& value) {
    return pause_before(settings, 1, "HTTP/1.1 503 X\r\nRetry-After: " + value + "\r\n\r\n",
                        sent_at, random);
  };
  EXPECT_EQ(pause("3"), Duration{3s});
  EXPECT_EQ(pause("30"), Duration{30s});
  EXPECT_EQ(pause("31"), std::nullopt);
  EXPECT_EQ(pause("99999999999999999999"), std::nullopt);
  EXPECT_EQ(pause("Sun, 06 Nov 1994 08:49:07 GMT"), Duration{7s});
  EXPECT_LE(*pause("0"), 100ms);
  EXPECT_GE(*pause("0"), 50ms);
  EXPECT_LE(*pause("Sun, 06 Nov 1994 08:40:00 GMT"), 100ms);  // has passed
  EXPECT_LE(*pause("soon"), 100ms);
}

}  // namespace
}  // namespace dyno::http
