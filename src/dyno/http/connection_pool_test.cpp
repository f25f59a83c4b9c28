#include "dyno/http/connection_pool.h"

#include <array>
#include <string>
#include <sys/socket.h>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/async/scope.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using async::Task;

class ConnectionPoolTest : public testing::Test {
 protected:
  std::unique_ptr<Stream> connection() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    others_.push_back(std::make_unique<async::Descriptor>(loop_, ends[1]));
    return std::make_unique<TcpStream>(loop_, ends[0]);
  }

  // Takes a connection, opens it where there is none, and brings it back after `time`.
  Task<void> use(std::string name, Duration time, bool broken = false) {
    ConnectionPool::Turn turn(pool_);
    co_await turn;
    std::unique_ptr<Stream> stream = turn.stream();
    log_ += name + (stream ? "+" : "-");
    if (!stream) stream = connection();
    most_ = std::max(most_, pool_.taken());
    co_await loop_.sleep(time);
    if (broken) stream.reset();
    pool_.give_back(std::move(stream));
  }

  ManualClock clock_;
  async::EventLoop loop_{clock_, async::Idle::jump};
  ConnectionPool pool_{loop_, 2};
  std::vector<std::unique_ptr<async::Descriptor>> others_;
  std::string log_;  // who got one, + an open one, - to be opened
  std::uint32_t most_ = 0;
};

TEST_F(ConnectionPoolTest, WhoComesFirstIsServedFirstOnConnectionsThatStayOpen) {
  loop_.run(
      [](ConnectionPoolTest&, auto user, async::EventLoop& loop)
          -> Task<void> {
        async::Scope scope;
        for (const char* const name : {"a", "b", "c", "d", "e"}) scope.spawn(user(name, 1s));
        co_await scope.join();
        co_await loop.sleep(1s);
        scope.spawn(user("f", 1s));
        co_await scope.join();
      }(
              *this, [this](const char* name, Duration time) { return use(name, time); }, loop_));
  EXPECT_EQ(log_, "a-b-c+d+e+f+");
  EXPECT_EQ(most_, 2u);
  EXPECT_EQ(pool_.taken(), 0u);
  EXPECT_EQ(clock_.now().time_since_epoch(), 5s);
}

TEST_F(ConnectionPoolTest, AClosedConnectionLeavesRoomForAnother) {
  loop_.run([](auto user) -> Task<void> {
    async::Scope scope;
    scope.spawn(user("a", 1s, true));
    scope.spawn(user("b", 3s, false));
    scope.spawn(user("c", 1s, false));
    co_await scope.join();
  }([this](const char* name, Duration time, bool broken) { return use(name, time, broken); }));
  EXPECT_EQ(log_, "a-b-c-");
  EXPECT_EQ(pool_.taken(), 0u);
}

TEST_F(ConnectionPoolTest, WhoIsBrokenOffLeavesTheQueueOrPassesOn) {
  loop_.run([](auto user, ConnectionPool& pool) -> Task<void> {
    async::Scope scope;
    async::Scope waiting;
    async::Scope granted;
    ConnectionPool::Turn turn(pool);
    co_await turn;
    const std::unique_ptr<Stream> none = turn.stream();
    scope.spawn(user("b", 5s));
    waiting.spawn(user("c", 1s));
    granted.spawn(user("d", 1s));
    scope.spawn(user("e", 1s));
    waiting.cancel();
    pool.give_back(nullptr);  // it is the turn of "d" now, which has not gone on yet
    granted.cancel();
    co_await scope.join();
    EXPECT_EQ(pool.taken(), 0u);
  }([this](const char* name, Duration time) { return use(name, time); }, pool_));
  EXPECT_EQ(log_, "b-e-");
}

}  // namespace
}  // namespace dyno::http
