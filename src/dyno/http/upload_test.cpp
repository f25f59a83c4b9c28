// Bodies that are sent or received without being held, and those that wait for a 100-continue.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/body_source.h"
#include "dyno/http/client_for_test.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t hundred_megabytes = 100'000'000;

// Reads whole requests without keeping them, and says how long each body was.
void measure(RawConnection& connection) {
  while (true) {
    const std::string head = connection.read_head();
    if (head.empty()) return;
    const std::string size = std::to_string(connection.discard_body(head));
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size.size()) +
                     "\r\n\r\n" + size);
  }
}

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

// Most memory that the process has held so far.
std::uint64_t peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

GeneratedBody counted(std::uint64_t size, bool length_known) {
  return GeneratedBody(
      [size](std::uint64_t offset, std::span<char> buffer) {
        const std::size_t count = std::min<std::uint64_t>(buffer.size(), size - offset);
        std::fill_n(buffer.begin(), count, 'x');
        return count;
      },
      length_known ? std::optional(size) : std::nullopt);
}

// AddressSanitizer keeps what has been freed for a while.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool memory_is_told = false;
#else
constexpr bool memory_is_told = true;
#endif

TEST(Upload, OfAHundredMegabytesIsNotHeld) {
  RawServer server(measure);
  ClientForTest session(server.url());
  session.fetch();  // what is needed anyway is there
  const std::uint64_t before = peak_bytes();
  GeneratedBody body = counted(hundred_megabytes, true);
  const Exchange exchange =
      session.fetch({.method = "PUT", .source = &body}, {.timeout = 1h, .want_body = true});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.body, std::to_string(hundred_megabytes));
  EXPECT_GT(exchange.bytes_sent, hundred_megabytes);
  if (memory_is_told) {
    EXPECT_LT(peak_bytes(), before + hundred_megabytes / 4);
  }
  EXPECT_TRUE(session.fetch().outcome.ok());
  EXPECT_EQ(server.connections(), 1);
}

TEST(Download, OfAHundredMegabytesIsNotHeld) {
  RawServer server([](RawConnection& connection) {
    const std::string block(100'000, 'x');
    while (!connection.read_request().empty()) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(hundred_megabytes) +
                       "\r\n\r\n");
      for (int i = 0; i < 1000; ++i) connection.write(block);
    }
  });
  for (const ExchangeOptions options :
       {ExchangeOptions{.timeout = 1h}, ExchangeOptions{.timeout = 1h, .limits = {.idle = 1h}}}) {
    ClientForTest session(server.url());
    const std::uint64_t before = peak_bytes();
    const Exchange exchange = session.fetch({}, options);
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.body_bytes, hundred_megabytes);
    EXPECT_EQ(exchange.body, "");
    if (memory_is_told) {
      EXPECT_LT(peak_bytes(), before + hundred_megabytes / 4);
    }
  }
}

TEST(Upload, Chunked) {
  RawServer server(echo);
  ClientForTest session(server.url());
  const std::string text = "a body that is sent in several chunks";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    ChunkedBody body(text, piece);
    const Exchange exchange = session.fetch({.method = "POST", .source = &body});
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_THAT(exchange.body, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(exchange.body, Not(HasSubstr("Content-Length")));
    EXPECT_EQ(body_of(exchange.body), text);
  }
  GeneratedBody nothing = counted(0, false);
  EXPECT_EQ(body_of(session.fetch({.method = "POST", .source = &nothing}).body), "");
  EXPECT_EQ(server.connections(), 1);
}

TEST(Upload, OfAFile) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("dyno_upload_" + std::to_string(::getpid()));
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
  std::ofstream(path) << text;
  RawServer server(echo);
  ClientForTest session(server.url());
  auto body = FileBody::open(path);
  ASSERT_TRUE(body) << body.error().message;
  for (int i = 0; i < 2; ++i) {
    const Exchange exchange = session.fetch({.method = "POST", .source = &*body});
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_TRUE(body_of(exchange.body) == text);
    EXPECT_THAT(exchange.body,
                HasSubstr("Content-Length: " + std::to_string(text.size()) + "\r\n"));
    EXPECT_TRUE(body->rewind());
  }
  std::filesystem::remove(path);
  EXPECT_THAT(FileBody::open(path).error().message, HasSubstr("No such file"));
  EXPECT_THAT(FileBody::open("/tmp").error().message, HasSubstr("no file"));
}

TEST(Upload, OfALongText) {
  RawServer server(echo);
  ClientForTest session(server.url());
  const std::string text(3'000'000, 'y');
  const Exchange exchange = session.fetch({.method = "POST", .body = text});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_TRUE(body_of(exchange.body) == text);
}

// Of the caller, not of the service: a programming error.
TEST(Upload, WhoseLengthIsNotTrueIsAnError) {
  RawServer server(echo);
  ClientForTest session(server.url());
  for (const std::uint64_t said : {std::uint64_t{5}, std::uint64_t{20}}) {
    GeneratedBody body(
        [](std::uint64_t offset, std::span<char>) { return offset == 0 ? std::size_t{10} : 0; },
        said);
    EXPECT_THROW(session.fetch({.method = "POST", .source = &body}), std::runtime_error);
  }
  EXPECT_TRUE(session.fetch().outcome.ok()) << "the broken connection is not used again";
}

TEST(Upload, IsSentAgainFromItsBeginning) {
  RawServer server([](RawConnection& connection) {
    if (connection.number() > 0) {
      echo(connection);
      return;
    }
    connection.read_request();
    connection.write(hello);
    connection.read_request();  // and answers it by closing
  });
  ClientForTest session(server.url());
  EXPECT_TRUE(session.fetch().outcome.ok());
  ChunkedBody body("the whole body", 5);
  const Exchange exchange = session.fetch({.method = "POST", .source = &body});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_TRUE(exchange.retried);
  EXPECT_EQ(body_of(exchange.body), "the whole body");
}

TEST(Upload, AnAnswerThatRefusesItEndsIt) {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_shutdown();
  });
  ClientForTest session(server.url());
  GeneratedBody body = counted(hundred_megabytes, true);
  const Exchange exchange = session.fetch({.method = "POST", .source = &body}, {.timeout = 1h});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.status, 413);
  EXPECT_LT(exchange.bytes_sent, hundred_megabytes);
  session.fetch({}, {.timeout = 1h});
  EXPECT_EQ(server.connections(), 2) << "the rest of the body would be taken for a request";
}

TEST(Upload, AnAnswerThatAcceptsItDoesNotEndIt) {
  std::atomic<std::uint64_t> received{0};
  RawServer server([&](RawConnection& connection) {
    const std::string head = connection.read_head();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    received = connection.discard_body(head);
    connection.write("llo");
    connection.wait_for_close();
  });
  ClientForTest session(server.url());
  GeneratedBody body = counted(20'000'000, true);
  const Exchange exchange =
      session.fetch({.method = "POST", .source = &body}, {.timeout = 1h, .want_body = true});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.body, "hello");
  EXPECT_EQ(received, 20'000'000u);
}

TEST(Continue, TheBodyWaitsForTheServicesWord) {
  RawServer server([](RawConnection& connection) {
    const std::string head = connection.read_head();
    connection.write("HTTP/1.1 100 Continue\r\n\r\n");
    const std::string text = head + std::to_string(connection.discard_body(head));
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) +
                     "\r\n\r\n" + text);
    echo(connection);
  });
  ClientForTest session(server.url());
  const Exchange exchange = session.fetch({.method = "POST", .body = "the body"},
                                          {.want_body = true, .expect_continue = true});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.status, 200);
  EXPECT_THAT(exchange.body, HasSubstr("Expect: 100-continue\r\n"));
  EXPECT_EQ(body_of(exchange.body), "8");
  // Without a body there is nothing to wait for.
  EXPECT_THAT(session.fetch({}, {.want_body = true, .expect_continue = true}).body,
              Not(HasSubstr("Expect")));
  EXPECT_EQ(server.connections(), 1);
}

TEST(Continue, AnAnswerInsteadKeepsTheBody) {
  RawServer server([](RawConnection& connection) {
    connection.read_head();
    connection.write("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_close();
  });
  ClientForTest session(server.url());
  for (int i = 1; i <= 2; ++i) {
    GeneratedBody body = counted(hundred_megabytes, true);
    const Exchange exchange =
        session.fetch({.method = "POST", .source = &body}, {.expect_continue = true});
    EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
    EXPECT_EQ(exchange.status, 417);
    EXPECT_LT(exchange.bytes_sent, 1000u);
    EXPECT_EQ(server.connections(), i) << "the service may still wait for the body";
  }
}

TEST(Continue, AServiceThatDoesNotKnowItGetsTheBodyAfterASecond) {
  RawServer server(echo);
  ClientForTest session(server.url());
  const Exchange exchange =
      session.fetch({.method = "POST", .body = "the body"},
                    {.timeout = 1h, .want_body = true, .expect_continue = true});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(body_of(exchange.body), "the body");
  EXPECT_GE(exchange.last_byte - exchange.sent, 1s);
}

}  // namespace
}  // namespace dyno::http
