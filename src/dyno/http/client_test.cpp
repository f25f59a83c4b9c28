#include "dyno/http/client.h"

#include <arpa/inet.h>
#include <atomic>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/async/scope.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using async::Task;
using metrics::Outcome;
using metrics::OutcomeKind;
using metrics::Phase;

constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

Outcome timeout_of(Phase phase) {
  return {OutcomeKind::timeout, static_cast<std::uint16_t>(phase)};
}

// A client and its loop against one host.
class Session {
 public:
  explicit Session(const std::string& url)
      : destination_(make_destination(parse_url(url).value(), {}).value()) {}

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
    loop_.run([](async::EventLoop& loop, const std::function<bool()>& done) -> Task<void> {
      while (!done()) co_await loop.sleep(1ms);
      co_await loop.sleep(5ms);
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

// Answers every request with `answer`, on connections that stay.
RawServer::Handler answering(std::string answer) {
  return [answer](RawConnection& connection) {
    while (!connection.read_request().empty()) connection.write(answer);
  };
}

// Reads a request, writes `answer`, then does `then`.
RawServer::Handler once(std::string answer, std::function<void(RawConnection&)> then = {}) {
  return [answer, then](RawConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.write(answer);
    if (then) then(connection);
  };
}

void stay(RawConnection& connection) { connection.wait_for_close(); }

// Gives the client time to read what was sent before the reset overtakes it.
void reset_later(RawConnection& connection) {
  std::this_thread::sleep_for(50ms);
  connection.reset();
}

TEST(Client, FetchesAndKeepsItsConnection) {
  RawServer server(answering(std::string(hello)));
  Session session(server.url());
  for (int i = 0; i < 3; ++i) {
    const Exchange exchange = session.fetch();
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.status, 200);
    EXPECT_EQ(exchange.body, "hello");
    EXPECT_EQ(exchange.body_bytes, 5u);
    EXPECT_EQ(exchange.bytes_received, hello.size());
    EXPECT_EQ(exchange.connect > Duration{}, i == 0);
    EXPECT_FALSE(exchange.retried);
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(session.context().connections, 1u);
}

TEST(Client, DiscardsWhatIsNotWanted) {
  RawServer server(answering(std::string(hello)));
  Session session(server.url());
  const Exchange exchange = session.fetch({}, {});
  EXPECT_TRUE(exchange.outcome.ok());
  EXPECT_EQ(exchange.body, "");
  EXPECT_EQ(exchange.head, "");
  EXPECT_EQ(exchange.body_bytes, 5u);
}

TEST(Client, SendsWhatItIsAskedTo) {
  std::string seen;
  RawServer server([&seen](RawConnection& connection) {
    seen = connection.read_request();
    connection.write(hello);
  });
  Session session(server.url() + "/base");
  const Header header{"X-Id", "7"};
  session.fetch({.method = "POST",
                 .path = "/things?a=b",
                 .body = "{\"x\":1}",
                 .content_type = "application/json",
                 .headers = {&header, 1}});
  EXPECT_TRUE(seen.starts_with("POST /base/things?a=b HTTP/1.1\r\n")) << seen;
  EXPECT_EQ(find_header(seen, "host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(find_header(seen, "x-id"), "7");
  EXPECT_EQ(find_header(seen, "content-type"), "application/json");
  EXPECT_EQ(find_header(seen, "content-length"), "7");
  EXPECT_TRUE(seen.ends_with("\r\n\r\n{\"x\":1}")) << seen;
}

TEST(Client, LargeBodiesBothWays) {
  const std::string large(8 << 20, 'x');
  std::size_t received = 0;
  RawServer server([&](RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      received = request.size();
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) +
                       "\r\n\r\n" + large);
    }
  });
  Session session(server.url());
  for (int i = 0; i < 2; ++i) {
    const Exchange exchange = session.fetch({.method = "PUT", .body = large}, {.want_body = true});
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.body, large);
    EXPECT_GT(received, large.size());
    EXPECT_EQ(exchange.bytes_sent, received);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(Client, ANewConnectionAfterAnAnswerThatCloses) {
  RawServer server(once("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", stay));
  Session session(server.url());
  for (int i = 1; i <= 3; ++i) {
    const Exchange exchange = session.fetch();
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_FALSE(exchange.retried);
  }
  EXPECT_EQ(session.context().connections, 3u);
}

TEST(Client, AnAnswerUntilClose) {
  RawServer server(once("HTTP/1.0 200 OK\r\n\r\nall of it"));
  Session session(server.url());
  const Exchange exchange = session.fetch();
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.body, "all of it");
}

TEST(Client, HeadHasNoBody) {
  RawServer server(answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  Session session(server.url());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(session.fetch({.method = "HEAD"}).outcome.ok());
  }
  EXPECT_EQ(session.context().connections, 1u);
}

TEST(Client, AnErrorStatusIsAnAnswer) {
  RawServer server(answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
  Session session(server.url());
  const Exchange exchange = session.fetch();
  EXPECT_TRUE(exchange.outcome.ok());
  EXPECT_EQ(exchange.status, 503);
}

// What can go wrong, each by a server that does it.
struct Failure {
  const char* name;
  RawServer::Handler handler;
  Outcome outcome;
};

TEST(Client, EveryFailureIsClassified) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
  const Failure failures[] = {
      {"closes after accept", [](RawConnection&) {}, {OutcomeKind::reset}},
      {"resets after accept", [](RawConnection& c) { c.reset(); }, {OutcomeKind::reset}},
      {"closes instead of an answer", once(""), {OutcomeKind::reset}},
      {"resets instead of an answer", once("", reset_later), {OutcomeKind::reset}},
      {"resets in mid-body", once(head + "part", reset_later), {OutcomeKind::truncated}},
      {"closes in mid-body", once(head + "part"), {OutcomeKind::truncated}},
      {"closes in mid-head", once("HTTP/1.1 200 OK\r\nCont"), {OutcomeKind::truncated}},
      {"closes in mid-chunk",
       once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"),
       {OutcomeKind::truncated}},
      {"closes before the last chunk",
       once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
       {OutcomeKind::truncated}},
      {"stalls before the head", once("", stay), timeout_of(Phase::first_byte)},
      {"stalls in the head", once("HTTP/1.1 200", stay), timeout_of(Phase::body)},
      {"stalls in the body", once(head + "part", stay), timeout_of(Phase::body)},
      {"sends garbage", once("I am not HTTP\r\n\r\n", stay), {OutcomeKind::protocol}},
      {"sends bytes", once(std::string(100, '\0'), stay), {OutcomeKind::protocol}},
      {"sends endless headers",
       once("HTTP/1.1 200 OK\r\n",
            [](RawConnection& c) {
              for (int i = 0; i < 1000; ++i) c.write("X-Header: " + std::string(200, 'x') + "\r\n");
            }),
       {OutcomeKind::protocol}},
      {"sends more than it declares",
       once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello", stay),
       {OutcomeKind::protocol}},
      {"sends a length that is none",
       once("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\n", stay),
       {OutcomeKind::protocol}},
  };
  for (const Failure& failure : failures) {
    RawServer server(failure.handler);
    Session session(server.url());
    const Exchange exchange = session.fetch({}, {.timeout = 200ms});
    EXPECT_EQ(to_string(exchange.outcome), to_string(failure.outcome))
        << failure.name << ": " << exchange.reason;
    EXPECT_NE(exchange.reason, "") << failure.name;
    EXPECT_FALSE(exchange.retried) << failure.name;
  }
}

TEST(Client, NobodyListens) {
  std::string url;
  {
    RawServer server([](RawConnection&) {});
    url = server.url();
  }
  Session session(url);
  const Exchange exchange = session.fetch();
  EXPECT_EQ(to_string(exchange.outcome), "refused");
  EXPECT_NE(exchange.reason.find("Connection refused"), std::string::npos) << exchange.reason;
  EXPECT_EQ(exchange.bytes_sent, 0u);
}

TEST(Client, AConnectionThatIsNotAccepted) {
  // A full accept queue: the kernel then drops what asks for a connection.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(fillers.back(), reinterpret_cast<sockaddr*>(&address), size);
  }
  Session session("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  EXPECT_EQ(to_string(session.fetch({}, {.timeout = 100ms}).outcome), "timeout(connect)");
  for (const int fd : fillers) ::close(fd);
  ::close(listener);
}

TEST(Client, ARequestThatIsNotTaken) {
  std::atomic<bool> over{false};
  RawServer server([&over](RawConnection& connection) {
    over.wait(false);
    connection.reset();
  });
  Session session(server.url());
  const std::string large(64 << 20, 'x');
  const Exchange exchange = session.fetch({.method = "POST", .body = large}, {.timeout = 500ms});
  over = true;
  over.notify_all();
  EXPECT_EQ(to_string(exchange.outcome), "timeout(send)");
  EXPECT_GT(exchange.bytes_sent, 0u);
  EXPECT_LT(exchange.bytes_sent, large.size());
}

TEST(Client, AnAnswerBeforeTheRequestWasTakenIsRead) {
  RawServer server([](RawConnection& connection) {
    connection.write("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_close();
  });
  Session session(server.url());
  const std::string large(1 << 20, 'x');
  const Exchange exchange = session.fetch({.method = "POST", .body = large});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.status, 413);
}

TEST(Client, AnEndlessAnswerEndsByItsTimeout) {
  RawServer server(once("HTTP/1.1 200 OK\r\n\r\n", [](RawConnection& connection) {
    const std::string block(1 << 16, 'x');
    for (int i = 0; i < 100'000; ++i) connection.write(block);
  }));
  Session session(server.url());
  EXPECT_EQ(to_string(session.fetch({}, {.timeout = 100ms}).outcome), "timeout(body)");
}

TEST(Client, GoesOnAfterATimeout) {
  RawServer server([](RawConnection& connection) {
    if (connection.number() == 0) {
      connection.wait_for_close();
    } else {
      while (!connection.read_request().empty()) connection.write(hello);
    }
  });
  Session session(server.url());
  EXPECT_EQ(to_string(session.fetch({}, {.timeout = 50ms}).outcome), "timeout(first_byte)");
  EXPECT_TRUE(session.fetch().outcome.ok());
  EXPECT_EQ(session.context().connections, 2u);
}

TEST(Client, AnIdleConnectionSeenToBeClosedIsReplacedQuietly) {
  std::atomic<int> closed{0};
  RawServer server([&](RawConnection& connection) {
    connection.read_request();
    connection.write(hello);
    ++closed;
  });
  Session session(server.url());
  EXPECT_TRUE(session.fetch().outcome.ok());
  session.wait_until([&] { return closed == 1; });
  const Exchange exchange = session.fetch();
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_FALSE(exchange.retried);
  EXPECT_EQ(session.context().connections, 2u);
}

TEST(Client, AnIdleConnectionClosedAsTheRequestGoesOutIsRetriedOnce) {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.write(hello);
    if (connection.number() == 0) connection.read_request();  // and answers it by closing
    if (connection.number() == 1) connection.wait_for_close();
  });
  Session session(server.url());
  EXPECT_TRUE(session.fetch().outcome.ok());
  const Exchange exchange = session.fetch();
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_TRUE(exchange.retried);
  EXPECT_GT(exchange.connect, Duration{});
  EXPECT_EQ(session.context().retries, 1u);
}

TEST(Client, TheRetryIsTheLast) {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    if (connection.number() > 0) return;
    connection.write(hello);
    connection.read_request();
  });
  Session session(server.url());
  EXPECT_TRUE(session.fetch().outcome.ok());
  const Exchange exchange = session.fetch();
  EXPECT_EQ(to_string(exchange.outcome), "reset");
  EXPECT_TRUE(exchange.retried);
  EXPECT_EQ(server.connections(), 2);
}

TEST(Client, WhatComesUnaskedMakesAConnectionUseless) {
  std::atomic<bool> sent{false};
  RawServer server([&](RawConnection& connection) {
    connection.read_request();
    connection.write(hello);
    if (connection.number() == 0) {
      std::this_thread::sleep_for(20ms);
      connection.write("surplus");
      sent = true;
    }
    connection.wait_for_close();
  });
  Session session(server.url());
  EXPECT_TRUE(session.fetch().outcome.ok());
  session.wait_until([&] { return sent.load(); });
  EXPECT_TRUE(session.fetch().outcome.ok());
  EXPECT_EQ(session.context().connections, 2u);
}

// The exchange is destroyed where it waits, as the stop of a run does it.
TEST(Client, AnExchangeCanBeBrokenOff) {
  RawServer server(once("", stay));
  Session session(server.url());
  Exchange exchange;
  session.loop().run([](Session& of, Exchange& broken) -> Task<void> {
    async::Scope scope;
    scope.spawn(of.client().exchange({.path = "/never"}, {.timeout = 1h}, broken));
    co_await of.loop().sleep(20ms);
    scope.cancel();
    of.client().close();
  }(session, exchange));
  EXPECT_TRUE(exchange.outcome.ok());
  EXPECT_EQ(exchange.status, 0);
  EXPECT_GT(exchange.bytes_sent, 0u);
}

}  // namespace
}  // namespace dyno::http
