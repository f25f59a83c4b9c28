// For tests: a client, its loop and its destination, driven from outside of the loop, and handlers
// of RawServer that many tests share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "dyno/async/scope.h"
#include "dyno/http/client.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {

class ClientForTest {
 public:
  explicit ClientForTest(const std::string& url, Settings settings = {})
      : destination_(make_destination(parse_url(url).value(), std::move(settings)).value()) {}

  Exchange fetch(Request request = {},
                 ExchangeOptions options = {.want_body = true, .want_head = true}) {
    Exchange exchange;
    loop_.run(client_->exchange(request, options, exchange));
    EXPECT_LE(exchange.sent, exchange.first_byte);
    EXPECT_LE(exchange.first_byte, exchange.last_byte);
    return exchange;
  }

  // Calls `then` once something of the answer has come, and goes on.
  Exchange fetch_and(const std::function<void()>& then) {
    Exchange exchange;
    loop_.run([](ClientForTest& self, const std::function<void()>& call,
                 Exchange& result) -> async::Task<void> {
      async::Scope scope;
      scope.spawn(self.client().exchange({}, {.timeout = std::chrono::seconds{5}}, result));
      while (result.bytes_received == 0 && scope.running() > 0) {
        co_await self.loop_.sleep(std::chrono::milliseconds{1});
      }
      call();
      co_await scope.join();
    }(*this, then, exchange));
    return exchange;
  }

  // The next user: a client without a connection.
  void next_user() { client_.emplace(context_); }

  // Lets the loop see what happens until `holds`, and what had happened by then.
  void wait_until(const std::function<bool()>& holds) {
    loop_.run([](async::EventLoop& loop, const std::function<bool()>& done) -> async::Task<void> {
      while (!done()) co_await loop.sleep(std::chrono::milliseconds{1});
      // What was sent may be with the kernel still, which says nothing of it.
      co_await loop.sleep(std::chrono::milliseconds{50});
    }(loop_, holds));
  }

  ClientContext& context() { return context_; }
  async::EventLoop& loop() { return loop_; }
  Client& client() { return *client_; }

 private:
  SteadyClock clock_;
  async::EventLoop loop_{clock_};
  Destination destination_;
  ClientContext context_{.loop = loop_, .destination = destination_};
  std::optional<Client> client_{std::in_place, context_};
};

inline metrics::Outcome timeout_of(metrics::Phase phase) {
  return {metrics::OutcomeKind::timeout, static_cast<std::uint16_t>(phase)};
}

inline constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Answers every request with hello.
inline void answer_all(RawConnection& connection) {
  while (!connection.read_request().empty()) connection.write(hello);
}

// Answers every request with `answer`, on connections that stay.
inline RawServer::Handler answering(std::string answer) {
  return [answer = std::move(answer)](RawConnection& connection) {
    while (!connection.read_request().empty()) connection.write(answer);
  };
}

// Answers every request with itself.
inline void echo(RawConnection& connection) {
  while (true) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(request.size()) +
                     "\r\n\r\n" + request);
  }
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
