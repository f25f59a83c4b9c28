// Interim answers, limits of phases, and the pieces themselves.
#include "dyno/http/piecewise.h"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "dyno/http/client_for_test.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;

// The first byte is of the answer itself, on either path.
TEST(Interim, AnswersAreNotTheFirstByte) {
  SteadyClock clock;
  std::atomic<std::int64_t> answered{0};
  RawServer server([&](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
      connection.wait_until_taken();
      std::this_thread::sleep_for(20ms);  // so that the two are not read together
      answered = clock.now().time_since_epoch().count();
      connection.write(hello);
    }
  });
  ClientForTest session(server.url());
  for (const ExchangeOptions options :
       {ExchangeOptions{.want_body = true, .want_head = true},
        ExchangeOptions{.want_body = true, .want_head = true, .limits = {.idle = 1h}}}) {
    const Exchange exchange = session.fetch({}, options);
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.body, "hello");
    EXPECT_EQ(exchange.head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n");
    EXPECT_GE(exchange.first_byte.time_since_epoch().count(), answered);
  }
}

TEST(Interim, AStallAfterOneIsOneBeforeTheFirstByte) {
  RawServer server(once("HTTP/1.1 103 Early Hints\r\n\r\n", stay));
  ClientForTest session(server.url());
  for (const PhaseLimits limits : {PhaseLimits{}, PhaseLimits{.idle = 1h}}) {
    const Exchange exchange = session.fetch({}, {.timeout = 100ms, .limits = limits});
    EXPECT_EQ(to_string(exchange.outcome), "timeout(first_byte)");
  }
}

TEST(PhaseLimits, EachEndsItsPhase) {
  const auto provoke = [](const RawServer::Handler& handler, PhaseLimits limits,
                          std::size_t upload = 0) {
    RawServer server(handler);
    ClientForTest session(server.url());
    const std::string body(upload, 'x');
    return to_string(
        session.fetch({.method = "POST", .body = body}, {.timeout = 1h, .limits = limits}).outcome);
  };
  const auto deaf = [](RawConnection& connection) { connection.wait_for_shutdown(); };
  EXPECT_EQ(provoke(deaf, {.send = 50ms}, 64 << 20), "timeout(send)");
  EXPECT_EQ(provoke(once("", stay), {.first_byte = 50ms}), "timeout(first_byte)");
  const std::string part = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart";
  EXPECT_EQ(provoke(once(part, stay), {.idle = 50ms}), "timeout(body)");
  EXPECT_EQ(provoke(once(part.substr(0, 20), stay), {.idle = 50ms}), "timeout(body)");
}

TEST(PhaseLimits, LeaveWhatKeepsToThem) {
  RawServer server(echo);
  ClientForTest session(server.url());
  for (int i = 0; i < 3; ++i) {
    const Exchange exchange =
        session.fetch({}, {.limits = {.send = 1min, .first_byte = 1min, .idle = 1min}});
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  }
  EXPECT_EQ(server.connections(), 1);
}

// Taken to pieces anywhere and broken off there, it leaves a client that can go on.
TEST(Piecewise, CanBeBrokenOff) {
  RawServer server(once("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart", stay));
  ClientForTest session(server.url());
  Exchange exchange;
  session.loop().run([](ClientForTest& of, Exchange& result) -> async::Task<void> {
    PiecewiseExchange pieces(of.client(), {}, {}, result);
    co_await pieces.open();
  }(session, exchange));
  EXPECT_EQ(exchange.status, 200);
  EXPECT_TRUE(exchange.outcome.ok());
  EXPECT_EQ(session.fetch({}, {.timeout = 50ms}).outcome.kind, metrics::OutcomeKind::timeout);
  EXPECT_EQ(server.connections(), 2);
}

}  // namespace
}  // namespace dyno::http
