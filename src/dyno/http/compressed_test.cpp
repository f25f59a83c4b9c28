// Compressed bodies as the client takes them. The decoder has a test of its own.
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/client_for_test.h"
#include "dyno/http/test_gzip.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string packed_answer(const std::string& packed, const std::string& coding = "gzip") {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: " + coding +
         "\r\nContent-Length: " + std::to_string(packed.size()) + "\r\n\r\n" + packed;
}

TEST(Compressed, ABodyIsDecodedWhenItIsWanted) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string packed = deflated(text);
  RawServer server(answering(packed_answer(packed)));
  ClientForTest session(server.url());
  const Exchange wanted = session.fetch({}, {.want_body = true, .compressed = true});
  EXPECT_TRUE(wanted.outcome.ok()) << wanted.reason;
  EXPECT_TRUE(wanted.body == text);
  EXPECT_EQ(wanted.body_bytes, packed.size());
  const Exchange discarded = session.fetch({}, {.compressed = true});
  EXPECT_EQ(discarded.body_bytes, packed.size());
  EXPECT_EQ(discarded.body, "");
  // Who did not ask for it gets what was sent.
  EXPECT_TRUE(session.fetch({}, {.want_body = true}).body == packed);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Compressed, OverChunksAndInOtherFormats) {
  const std::string text = "hello, hello, hello, hello";
  const std::string packed = deflated(text, 15);
  std::string chunks =
      "HTTP/1.1 200 OK\r\nContent-Encoding: Deflate\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (const char byte : packed) chunks += std::string("1\r\n") + byte + "\r\n";
  for (const std::string& answer :
       {chunks + "0\r\n\r\n", packed_answer(deflated(text, -15), "deflate"),
        packed_answer(text, "identity"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n" + text)}) {
    RawServer server(answering(answer));
    ClientForTest session(server.url());
    const Exchange exchange = session.fetch({}, {.want_body = true, .compressed = true});
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.body, text);
  }
}

TEST(Compressed, AnswersWithoutABody) {
  for (const std::string answer :
       {"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"}) {
    RawServer server(answering(answer));
    ClientForTest session(server.url());
    for (int i = 0; i < 2; ++i) {
      const Exchange exchange = session.fetch({}, {.want_body = true, .compressed = true});
      EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    }
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST(Compressed, WhatIsMalformedIsAFailure) {
  const std::string packed = deflated(std::string(10'000, 'x'));
  const std::string bomb = deflated(std::string(50'000'000, '\0'));
  const std::pair<std::string, std::string> answers[] = {
      {packed_answer("I am not gzip"), "malformed"},
      {packed_answer(packed.substr(0, packed.size() / 2)), "ends too early"},
      {packed_answer(packed + "surplus"), "malformed"},
      {packed_answer(packed, "br"), "encoded as 'br'"},
      {packed_answer(bomb), "longer than 1000000 bytes"}};
  for (const auto& [answer, reason] : answers) {
    RawServer server(once(answer, stay));
    ClientForTest session(server.url());
    const Exchange exchange = session.fetch(
        {}, {.timeout = 1h, .want_body = true, .compressed = true, .decoded_limit = 1'000'000});
    EXPECT_EQ(to_string(exchange.outcome), "protocol");
    EXPECT_THAT(exchange.reason, HasSubstr(reason));
    EXPECT_LE(exchange.body.size(), 1'000'000u);
  }
}

TEST(Compressed, IsAskedForOnce) {
  const auto times = [](const std::string& text) {
    int count = 0;
    for (std::size_t at = 0; (at = text.find("Accept-Encoding", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  RawServer server(echo);
  ClientForTest plain(server.url());
  EXPECT_EQ(times(plain.fetch({}, {.want_body = true}).body), 0);
  EXPECT_EQ(times(plain.fetch({}, {.want_body = true, .compressed = true}).body), 1);
  Settings settings;
  settings.compressed = true;
  ClientForTest asking(server.url(), settings);
  EXPECT_EQ(times(asking.fetch({}, {.want_body = true}).body), 1);
  EXPECT_EQ(times(asking.fetch({}, {.want_body = true, .compressed = true}).body), 1);
  settings.headers = {{"accept-encoding", "br"}};
  ClientForTest own(server.url(), settings);
  EXPECT_EQ(times(own.fetch({}, {.want_body = true}).body), 0);
}

}  // namespace
}  // namespace dyno::http
