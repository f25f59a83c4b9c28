#include "dyno/http/client.h"

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/async/scope.h"
#include "dyno/http/client_for_test.h"
#include "dyno/http/raw_server.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using async::Task;

TEST(Client, FetchesAndKeepsItsConnection) {
  RawServer server(answering(std::string(hello)));
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
  const Exchange exchange = session.fetch({}, {});
  EXPECT_TRUE(exchange.outcome.ok());
  EXPECT_EQ(exchange.body, "");
  EXPECT_EQ(exchange.head, "");
  EXPECT_EQ(exchange.body_bytes, 5u);
}

// The exchange of a user is used again and again, and not all of it is touched each time.
TEST(Client, NothingIsLeftOfTheExchangeBefore) {
  RawServer server([](RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      connection.write(request.starts_with("GET /bad") ? "nonsense" : hello);
    }
  });
  ClientForTest session(server.url());
  Exchange exchange;
  const auto fetch = [&](std::string_view path, const ExchangeOptions& options) {
    session.loop().run(session.client().exchange({.path = path}, options, exchange));
  };
  for (const bool first : {true, false, false}) {
    fetch("/", {});
    EXPECT_EQ(exchange.connect > Duration{}, first);
    EXPECT_EQ(exchange.plain, !first);
  }
  fetch("/", {.want_body = true, .want_head = true});
  EXPECT_EQ(exchange.body, "hello");
  EXPECT_EQ(exchange.connect, Duration{});
  fetch("/", {});
  EXPECT_EQ(exchange.body + exchange.head, "");
  fetch("/bad", {});
  EXPECT_EQ(exchange.outcome.kind, metrics::OutcomeKind::protocol);
  EXPECT_NE(exchange.reason, "");
  for (const bool first : {true, false}) {
    fetch("/", {});
    EXPECT_TRUE(exchange.outcome.ok());
    EXPECT_EQ(exchange.reason + exchange.body + exchange.head, "");
    EXPECT_EQ(exchange.connect > Duration{}, first);
  }
}

// The heads of all users' answers share a memory: what it says of one holds for no other.
TEST(Client, AnswersAreUnderstoodWhateverHeadsCameBefore) {
  struct Served {
    std::string_view method, answer;
    int status;
    std::size_t body;
    bool stays = true;
  };
  const std::vector<Served> served = {
      {"GET", hello, 200, 5},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld", 200, 5},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour", 200, 4},
      {"GET", "HTTP/1.1 503 OK\r\nContent-Length: 4\r\n\r\nfive", 503, 4},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, 0},
      {"GET", hello, 200, 5},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, 0},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, 2},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, 0},
      {"GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, 0},
      {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, 0},
      {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, 0},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 200, 5,
       false},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 200, 5,
       false},
      {"GET", hello, 200, 5},
      {"GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, 1},
      {"GET", hello, 200, 5}};
  std::atomic<std::size_t> next = 0;
  RawServer server([&](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      const Served& now = served[next++];
      connection.write(now.answer);
      if (!now.stays) return;
    }
  });
  ClientForTest session(server.url());
  std::uint64_t connections = 1;
  for (const Served& expected : served) {
    const Exchange exchange = session.fetch({.method = expected.method}, {});
    EXPECT_TRUE(exchange.outcome.ok()) << expected.answer << exchange.reason;
    EXPECT_EQ(exchange.status, expected.status) << expected.answer;
    EXPECT_EQ(exchange.body_bytes, expected.body) << expected.answer;
    EXPECT_EQ(exchange.bytes_received, expected.answer.size());
    EXPECT_FALSE(exchange.retried);
    EXPECT_EQ(session.context().connections, connections) << expected.answer;
    if (!expected.stays) ++connections;
  }
}

// Whole answers of all users are taken apart in one place.
TEST(Client, AnAnswerInPiecesIsNotDisturbedByThoseOfOthers) {
  std::promise<void> others_are_done;
  auto go_on = others_are_done.get_future();
  RawServer server([&](RawConnection& connection) {
    const std::string request = connection.read_request();
    if (!request.starts_with("GET /slow")) {
      connection.write("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!");
      return;
    }
    connection.write(hello.substr(0, 30));
    go_on.wait();
    connection.write(hello.substr(30));
  });
  ClientForTest session(server.url());
  Exchange slow;
  session.loop().run(
      [](ClientForTest& users, std::promise<void>& done, Exchange& result) -> Task<void> {
        async::Scope scope;
        scope.spawn(users.client().exchange({.path = "/slow"}, {.want_body = true}, result));
        while (result.bytes_received == 0) co_await users.loop().sleep(1ms);
        Client other(users.context());
        for (int i = 0; i < 2; ++i) {
          Exchange quick;
          co_await other.exchange({.path = "/quick"}, {.want_body = true}, quick);
          EXPECT_EQ(quick.status, 404);
          EXPECT_EQ(quick.body, "no!");
        }
        done.set_value();
        co_await scope.join();
      }(session, others_are_done, slow));
  EXPECT_TRUE(slow.outcome.ok()) << slow.reason;
  EXPECT_EQ(slow.status, 200);
  EXPECT_EQ(slow.body, "hello");
  EXPECT_EQ(slow.bytes_received, hello.size());
  EXPECT_EQ(session.context().spare_parsers.size(), 1u);
}

TEST(Client, SendsWhatItIsAskedTo) {
  std::string seen;
  RawServer server([&seen](RawConnection& connection) {
    seen = connection.read_request();
    connection.write(hello);
  });
  ClientForTest session(server.url() + "/base");
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
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
  for (int i = 1; i <= 3; ++i) {
    const Exchange exchange = session.fetch();
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_FALSE(exchange.retried);
  }
  EXPECT_EQ(session.context().connections, 3u);
}

TEST(Client, AnAnswerUntilClose) {
  RawServer server(once("HTTP/1.0 200 OK\r\n\r\nall of it"));
  ClientForTest session(server.url());
  const Exchange exchange = session.fetch();
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.body, "all of it");
}

TEST(Client, HeadHasNoBody) {
  RawServer server(answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  ClientForTest session(server.url());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(session.fetch({.method = "HEAD"}).outcome.ok());
  }
  EXPECT_EQ(session.context().connections, 1u);
}

TEST(Client, AnErrorStatusIsAnAnswer) {
  RawServer server(answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
  ClientForTest session(server.url());
  const Exchange exchange = session.fetch();
  EXPECT_TRUE(exchange.outcome.ok());
  EXPECT_EQ(exchange.status, 503);
}

TEST(Client, NobodyListens) {
  std::string url;
  {
    RawServer server([](RawConnection&) {});
    url = server.url();
  }
  ClientForTest session(url);
  const Exchange exchange = session.fetch();
  EXPECT_EQ(to_string(exchange.outcome), "refused");
  EXPECT_NE(exchange.reason.find("Connection refused"), std::string::npos) << exchange.reason;
  EXPECT_EQ(exchange.bytes_sent, 0u);
}

TEST(Client, ARequestThatIsNotTaken) {
  std::atomic<bool> over{false};
  RawServer server([&over](RawConnection& connection) {
    over.wait(false);
    connection.reset();
  });
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
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
  ClientForTest session(server.url());
  EXPECT_TRUE(session.fetch().outcome.ok());
  session.wait_until([&] { return sent.load(); });
  EXPECT_TRUE(session.fetch().outcome.ok());
  EXPECT_EQ(session.context().connections, 2u);
}

// The exchange is destroyed where it waits, as the stop of a run does it.
TEST(Client, AnExchangeCanBeBrokenOff) {
  RawServer server(once("", stay));
  ClientForTest session(server.url());
  Exchange exchange;
  session.loop().run([](ClientForTest& of, Exchange& broken) -> Task<void> {
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
