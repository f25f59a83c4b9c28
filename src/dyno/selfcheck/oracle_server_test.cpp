// The oracle over real sockets. An answer may come late on a busy machine but never early, which is
// what is asserted of times here; how late is the business of selfcheck_test.cpp.
#include "dyno/selfcheck/oracle_server.h"

#include <arpa/inet.h>
#include <chrono>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/clock.h"

namespace dyno::selfcheck {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

class Peer {
 public:
  explicit Peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto connected =
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    EXPECT_EQ(connected, 0);
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void write(std::string_view text) {
    EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  void ask(const std::string& headers = "") { write("GET / HTTP/1.1\r\n" + headers + "\r\n"); }

  // Blocks for that many bytes, fewer when the server closes.
  std::string read(std::size_t bytes) {
    std::string text(bytes, '\0');
    const auto got = ::recv(fd_, text.data(), bytes, MSG_WAITALL);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  int fd_;
};

class Oracle : public testing::Test {
 protected:
  Oracle() {
    auto started = OracleServer::start({});
    EXPECT_TRUE(started.ok());
    server_ = std::move(*started);
  }

  Duration taken_by(Peer& peer, const std::string& headers) {
    const auto begin = clock_.now();
    peer.ask(headers);
    EXPECT_EQ(peer.read(ok.size()), ok);
    return clock_.now() - begin;
  }

  SteadyClock clock_;
  std::unique_ptr<OracleServer> server_;
};

TEST_F(Oracle, AnswersNotBeforeTheDelayAskedFor) {
  Peer peer(server_->port());
  EXPECT_GE(taken_by(peer, ""), 0ms);
  EXPECT_GE(taken_by(peer, "Oracle-Delay: 30ms\r\n"), 30ms);
  EXPECT_GE(taken_by(peer, "Oracle-Work: 20ms\r\n"), 20ms);
  const auto figures = server_->stop();
  EXPECT_EQ(figures.answers, 3u);
  EXPECT_EQ(figures.lateness.count(), 3u);
  EXPECT_EQ(figures.lateness.below_range(), 0u);  // never early by its own clock
}

TEST_F(Oracle, DelaysSideBySideAndWorksInTurn) {
  Peer first(server_->port());
  Peer second(server_->port());
  const auto begin = clock_.now();
  first.ask("Oracle-Delay: 1h\r\n");
  second.ask("Oracle-Delay: 1ms\r\n");
  EXPECT_EQ(second.read(ok.size()), ok);  // the first does not keep it
  for (int i = 0; i < 3; ++i) second.ask("Oracle-Work: 10ms\r\n");
  EXPECT_EQ(second.read(3 * ok.size()).size(), 3 * ok.size());
  EXPECT_GE(clock_.now() - begin, 30ms);
}

TEST_F(Oracle, InAFreezeNothingIsReadOrAnsweredAndAllOfItAfterwards) {
  Peer first(server_->port());
  const std::string freeze = "Oracle-Freeze: 200ms/10h/50ms\r\n";
  const auto begin = clock_.now();
  EXPECT_LT(taken_by(first, freeze), 1h);
  clock_.sleep_until(begin + 100ms);  // in the freeze, which began at 50 ms
  Peer second(server_->port());
  second.ask();
  first.ask();
  EXPECT_EQ(first.read(ok.size()), ok);
  EXPECT_GE(clock_.now() - begin, 250ms);
  EXPECT_EQ(second.read(ok.size()), ok);
}

TEST_F(Oracle, AnAnswerDueInAFreezeIsHeldToItsEnd) {
  Peer peer(server_->port());
  EXPECT_GE(taken_by(peer, "Oracle-Delay: 30ms\r\nOracle-Freeze: 100ms/10h/20ms\r\n"), 120ms);
}

TEST_F(Oracle, StopsAlsoInAFreezeAndWithAnswersPending) {
  Peer peer(server_->port());
  peer.ask("Oracle-Freeze: 9h/10h/0s\r\n");
  Peer other(server_->port());
  other.ask("Oracle-Delay: 1h\r\n");
  EXPECT_EQ(server_->stop().answers, 0u);
  server_.reset();
  EXPECT_EQ(peer.read(1), "");
}

TEST_F(Oracle, TakesRequestsInPiecesAndSeveralAtOnce) {
  Peer peer(server_->port());
  for (const char c : std::string_view("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nxy")) {
    peer.write({&c, 1});
  }
  EXPECT_EQ(peer.read(ok.size()), ok);
  peer.write("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(peer.read(10'000),
              AllOf(StartsWith(std::string(ok)), HasSubstr("Connection: close"), EndsWith("ok")));
}

TEST_F(Oracle, RefusesWhatCannotBeMeantAndGoesOn) {
  Peer peer(server_->port());
  peer.ask("Oracle-Delay: soon\r\n");
  const std::string refused = "HTTP/1.1 400 Bad Request\r\n";
  EXPECT_EQ(peer.read(refused.size()), refused);
  Peer other(server_->port());
  EXPECT_GE(taken_by(other, ""), 0ms);
  EXPECT_EQ(server_->stop().refused, 1u);
}

TEST_F(Oracle, SaysWhyItCannotListen) {
  const auto taken = OracleServer::start({.port = server_->port()});
  ASSERT_FALSE(taken.ok());
  EXPECT_THAT(taken.error().message, HasSubstr("bind: Address already in use"));
  EXPECT_FALSE(OracleServer::start({.address = "nowhere"}).ok());
  const auto nowhere = OracleServer::start({.cores = {4096}});
  ASSERT_FALSE(nowhere.ok());
  EXPECT_THAT(nowhere.error().message, HasSubstr("cannot be bound to core 4096"));
}

}  // namespace
}  // namespace dyno::selfcheck
