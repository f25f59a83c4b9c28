#include "dyno/http/failure_table.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/client_for_test.h"

namespace dyno::http {
namespace {

using testing::HasSubstr;

// The request of a row on `session`; what came of the last one.
Exchange provoke(ClientForTest& session, const Failure& failure, ExchangeOptions options) {
  const std::string upload(failure.upload, 'x');
  Request request;
  if (!upload.empty()) request = {.method = "POST", .body = upload};
  for (int i = 1; i < failure.requests; ++i) {
    const Exchange before = session.fetch(request, options);
    EXPECT_TRUE(before.outcome.ok()) << failure.name << ": " << before.reason;
  }
  return session.fetch(request, options);
}

void expect_as_in_the_table(const Exchange& exchange, const Failure& failure) {
  EXPECT_EQ(to_string(exchange.outcome), to_string(failure.outcome))
      << failure.name << ": " << exchange.reason;
  EXPECT_THAT(exchange.reason, HasSubstr(failure.reason)) << failure.name;
  EXPECT_EQ(exchange.reason.empty(), failure.outcome.ok()) << failure.name;
  EXPECT_EQ(exchange.reason.find('\n'), std::string::npos) << failure.name;
  EXPECT_EQ(exchange.retried, failure.retried) << failure.name;
}

// A row that waits for its timeout is given little, and more when the machine was too busy for it
// to get as far as its peer lets it.
Exchange provoke_in_time(const Failure& failure, ExchangeOptions options) {
  options.timeout = std::chrono::seconds{20};
  const bool waits = failure.outcome.kind == metrics::OutcomeKind::timeout;
  if (waits) options.timeout = std::chrono::milliseconds{100};
  while (true) {
    const auto peer = failure.start();
    ClientForTest session(peer->url(), peer->settings());
    const Exchange exchange = provoke(session, failure, options);
    const bool as_it_should =
        exchange.outcome == failure.outcome && exchange.retried == failure.retried;
    if (!waits || as_it_should || options.timeout > std::chrono::seconds{5}) return exchange;
    options.timeout *= 4;
  }
}

TEST(FailureTable, EveryRowIsClassified) {
  for (const Failure& failure : failure_table()) {
    expect_as_in_the_table(provoke_in_time(failure, {}), failure);
  }
}

// An exchange taken piece by piece (piecewise.h), as a limit for a phase makes it, says the same.
TEST(FailureTable, EveryRowIsClassifiedTheSamePieceByPiece) {
  for (const Failure& failure : failure_table()) {
    expect_as_in_the_table(
        provoke_in_time(failure, {.limits = {.first_byte = std::chrono::hours{1}}}), failure);
  }
}

// Whatever has gone wrong, the user can go on.
TEST(FailureTable, AFailureLeavesNothingBehind) {
  for (const Failure& failure : failure_table()) {
    if (failure.requests > 1 || failure.outcome.kind == metrics::OutcomeKind::timeout) continue;
    const auto peer = failure.start();
    ClientForTest session(peer->url(), peer->settings());
    for (int i = 0; i < 2; ++i) expect_as_in_the_table(provoke(session, failure, {}), failure);
  }
}

// What the client alone can meet. The rest is the engine's, whose own test has every outcome.
TEST(FailureTable, HasEveryOutcomeOfTheClient) {
  std::set<std::string> provoked;
  for (const Failure& failure : failure_table()) provoked.insert(to_string(failure.outcome));
  const std::set<std::string> not_of_this_table = {"http_error(503)", "check_failed", "dropped",
                                                   "cancelled"};
  for (const metrics::Outcome outcome : every_outcome()) {
    const std::string name = to_string(outcome);
    EXPECT_NE(provoked.contains(name), not_of_this_table.contains(name)) << name;
  }
}

}  // namespace
}  // namespace dyno::http
