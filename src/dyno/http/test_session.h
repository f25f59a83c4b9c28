// For tests: a client and its event loop against one host, and handlers of RawServer that many
// tests share.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "dyno/http/client.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {

class TestSession {
 public:
  explicit TestSession(const std::string& url, Settings settings = {})
      : destination_(make_destination(parse_url(url).value(), std::move(settings)).value()) {}

  Exchange fetch(Request request = {},
                 ExchangeOptions options = {.want_body = true, .want_head = true}) {
    Exchange exchange;
    loop_.run(client_.exchange(request, options, exchange));
    EXPECT_LE(exchange.sent, exchange.first_byte);
    EXPECT_LE(exchange.first_byte, exchange.last_byte);
    return exchange;
  }

  // Lets the loop see what has happened to its descriptors, for as long as it takes.
  void wait_until(const std::function<bool()>& holds) {
    loop_.run([](async::EventLoop& loop, const std::function<bool()>& done) -> async::Task<void> {
      while (!done()) co_await loop.sleep(std::chrono::milliseconds{1});
      co_await loop.sleep(std::chrono::milliseconds{5});
    }(loop_, holds));
  }

  ClientContext& context() { return context_; }
  async::EventLoop& loop() { return loop_; }
  Client& client() { return client_; }

 private:
  SteadyClock clock_;
  async::EventLoop loop_{clock_};
  Destination destination_;
  ClientContext context_{.loop = loop_, .destination = destination_};
  Client client_{context_};
};

inline metrics::Outcome timeout_of(metrics::Phase phase) {
  return {metrics::OutcomeKind::timeout, static_cast<std::uint16_t>(phase)};
}

// Answers every request with `answer`, on connections that stay.
inline RawServer::Handler answering(std::string answer) {
  return [answer = std::move(answer)](RawConnection& connection) {
    while (!connection.read_request().empty()) connection.write(answer);
  };
}

// Reads a request, writes `answer`, then does `then`, then closes.
inline RawServer::Handler once(std::string answer, std::function<void(RawConnection&)> then = {}) {
  return [answer = std::move(answer), then = std::move(then)](RawConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.write(answer);
    if (then) then(connection);
  };
}

inline void stay(RawConnection& connection) { connection.wait_for_close(); }

}  // namespace dyno::http
