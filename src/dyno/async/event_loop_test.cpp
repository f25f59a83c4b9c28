#include "dyno/async/event_loop.h"

#include <algorithm>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/async/descriptor.h"
#include "dyno/async/scope.h"

namespace dyno::async {
namespace {

using namespace std::chrono_literals;

struct ManualLoop : testing::Test {
  ManualClock clock;
  EventLoop loop{clock, Idle::jump};
  std::string log;

  Task<void> note_at(Duration after, std::string text) {
    co_await loop.sleep(after);
    log += text;
  }
};

TEST_F(ManualLoop, SleepersWakeInOrderOfTime) {
  const TimePoint start = clock.now();
  loop.run([](ManualLoop& test) -> Task<void> {
    Scope scope;
    scope.spawn(test.note_at(3h, "c"));
    scope.spawn(test.note_at(1s, "a"));
    scope.spawn(test.note_at(2min, "b"));
    co_await scope.join();
  }(*this));
  EXPECT_EQ(log, "abc");
  EXPECT_EQ(clock.now() - start, 3h);
}

TEST_F(ManualLoop, AHundredThousandSleepers) {
  int woken = 0;
  loop.run([](EventLoop& engine, int& count) -> Task<void> {
    Scope scope;
    for (int i = 0; i < 100'000; ++i) {
      scope.spawn([](EventLoop& on, int number, int& total) -> Task<void> {
        co_await on.sleep(std::chrono::microseconds{(number * 7919) % 1'000'003});
        ++total;
      }(engine, i, count));
    }
    co_await scope.join();
  }(loop, woken));
  EXPECT_EQ(woken, 100'000);
  EXPECT_EQ(loop.timers().size(), 0u);
}

TEST_F(ManualLoop, AStopEndsASleepAndThoseThatFollow) {
  StopSource stop;
  std::vector<Wake> wakes;
  const TimePoint start = clock.now();
  loop.run([](EventLoop& engine, StopSource& source, std::vector<Wake>& seen) -> Task<void> {
    Scope scope;
    scope.spawn([](EventLoop& on, StopSource& from, std::vector<Wake>& out) -> Task<void> {
      out.push_back(co_await on.sleep(1s, &from));
      out.push_back(co_await on.sleep(1h, &from));
      out.push_back(co_await on.sleep(1h, &from));
    }(engine, source, seen));
    co_await engine.sleep(2s);
    source.request();
    co_await scope.join();
  }(loop, stop, wakes));
  EXPECT_EQ(wakes, (std::vector{Wake::ready, Wake::stopped, Wake::stopped}));
  EXPECT_EQ(clock.now() - start, 2s);
}

TEST_F(ManualLoop, CancellingASleeperTakesItsTimer) {
  loop.run([](ManualLoop& test) -> Task<void> {
    Scope scope;
    scope.spawn(test.note_at(1h, "never"));
    co_await test.loop.sleep(1s);
    scope.cancel();
  }(*this));
  EXPECT_EQ(log, "");
  EXPECT_EQ(loop.timers().size(), 0u);
}

TEST_F(ManualLoop, YieldLetsOthersGoFirst) {
  const auto twice = [](ManualLoop& test, std::string name) -> Task<void> {
    test.log += name + "1";
    co_await test.loop.yield();
    test.log += name + "2";
  };
  loop.run([](ManualLoop& test, auto make) -> Task<void> {
    Scope scope;
    scope.spawn(make(test, "a"));
    scope.spawn(make(test, "b"));
    Scope cancelled;
    cancelled.spawn(make(test, "c"));
    cancelled.cancel();
    co_await scope.join();
  }(*this, twice));
  EXPECT_EQ(log, "a1b1c1a2b2");
}

TEST_F(ManualLoop, RunThrowsWhatMainThrows) {
  EXPECT_THROW(loop.run([]() -> Task<void> {
    throw std::logic_error("main");
    co_return;
  }()),
               std::logic_error);
}

TEST_F(ManualLoop, PostReachesTheLoopFromAnotherThread) {
  StopSource stop;
  std::thread::id ran_on;
  std::thread other;
  loop.run([](EventLoop& engine, StopSource& source, std::thread& poster,
              std::thread::id& id) -> Task<void> {
    poster = std::thread([&] {
      engine.post([&] {
        id = std::this_thread::get_id();
        source.request();
      });
    });
    while (!source.requested()) co_await engine.yield();
  }(loop, stop, other, ran_on));
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

// Real descriptors, real time: nothing here asserts how long anything took.
struct Sockets : testing::Test {
  SteadyClock clock;
  EventLoop loop{clock};
  int ours = -1;
  int theirs = -1;

  Sockets() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    ours = pair[0];
    theirs = pair[1];
  }
  ~Sockets() override {
    if (theirs >= 0) ::close(theirs);
  }
};

TEST_F(Sockets, ReadableWhenSomethingCame) {
  loop.run([](Sockets& test) -> Task<void> {
    Descriptor descriptor(test.loop, test.ours);
    Deadline deadline(test.loop);
    deadline.set(test.loop.now() + 1h);
    Scope scope;
    scope.spawn([](Sockets& on) -> Task<void> {
      co_await on.loop.yield();
      EXPECT_EQ(::write(on.theirs, "x", 1), 1);
    }(test));
    EXPECT_FALSE(descriptor.has_input());
    EXPECT_EQ(co_await descriptor.readable(&deadline), Wake::ready);
    EXPECT_EQ(co_await descriptor.readable(&deadline), Wake::ready);  // still, until drained
    char byte = 0;
    EXPECT_EQ(::read(descriptor.fd(), &byte, 1), 1);
    descriptor.drained();
    deadline.set(test.loop.now() + 1ms);
    EXPECT_EQ(co_await descriptor.readable(&deadline), Wake::timed_out);
    EXPECT_EQ(co_await descriptor.readable(&deadline), Wake::timed_out);
    co_await scope.join();
  }(*this));
  EXPECT_EQ(loop.timers().size(), 0u);
}

TEST_F(Sockets, ADeadlineThatIsRenewedDoesNotFire) {
  loop.run([](Sockets& test) -> Task<void> {
    Descriptor descriptor(test.loop, test.ours);
    Deadline deadline(test.loop);
    deadline.set(test.loop.now() + 1ms);
    deadline.set(test.loop.now() + 1h);
    Scope scope;
    scope.spawn([](Sockets& on) -> Task<void> {
      co_await on.loop.sleep(20ms);
      EXPECT_EQ(::write(on.theirs, "x", 1), 1);
    }(test));
    EXPECT_EQ(co_await descriptor.readable(&deadline), Wake::ready);
    co_await scope.join();
  }(*this));
}

TEST_F(Sockets, WritableAgainOnceThePeerHasRead) {
  loop.run([](Sockets& test) -> Task<void> {
    Descriptor descriptor(test.loop, test.ours);
    const std::vector<char> block(1 << 16);
    EXPECT_EQ(co_await descriptor.writable(), Wake::ready);
    while (::write(descriptor.fd(), block.data(), block.size()) > 0) {
    }
    descriptor.filled();
    Scope scope;
    scope.spawn([](Sockets& on) -> Task<void> {
      std::vector<char> sink(1 << 16);
      co_await on.loop.yield();
      while (::read(on.theirs, sink.data(), sink.size()) > 0) {
      }
    }(test));
    EXPECT_EQ(co_await descriptor.writable(), Wake::ready);
    co_await scope.join();
  }(*this));
}

TEST_F(Sockets, AClosedPeerStaysReadable) {
  loop.run([](Sockets& test) -> Task<void> {
    Descriptor descriptor(test.loop, test.ours);
    EXPECT_EQ(::write(test.theirs, "x", 1), 1);
    ::close(std::exchange(test.theirs, -1));
    EXPECT_EQ(co_await descriptor.readable(), Wake::ready);
    char bytes[8];
    EXPECT_EQ(::read(descriptor.fd(), bytes, sizeof bytes), 1);
    descriptor.drained();
    EXPECT_EQ(co_await descriptor.readable(), Wake::ready);
    EXPECT_EQ(::read(descriptor.fd(), bytes, sizeof bytes), 0);
  }(*this));
}

// Both sides become ready in one batch of events; the first to run destroys the other.
TEST_F(Sockets, ADescriptorMayBeDestroyedWhileItsEventIsPending) {
  loop.run([](Sockets& test) -> Task<void> {
    auto left = std::make_unique<Descriptor>(test.loop, test.ours);
    auto right = std::make_unique<Descriptor>(test.loop, ::dup(test.theirs));
    Scope scope;
    int ended = 0;
    const auto wait = [](std::unique_ptr<Descriptor>& mine, std::unique_ptr<Descriptor>& other,
                         Scope& rival, int& count) -> Task<void> {
      co_await mine->readable();
      ++count;
      rival.cancel();
      other.reset();
    };
    Scope left_scope;
    Scope right_scope;
    left_scope.spawn(wait(left, right, right_scope, ended));
    right_scope.spawn(wait(right, left, left_scope, ended));
    EXPECT_EQ(::write(left->fd(), "x", 1), 1);
    EXPECT_EQ(::write(test.theirs, "x", 1), 1);
    co_await left_scope.join();
    co_await right_scope.join();
    EXPECT_EQ(ended, 1);
  }(*this));
}

// Awaits its socket, to go on with the others that are ready at the same time.
class SoonReadable : IoWaiter {
 public:
  SoonReadable(EventLoop& loop, Descriptor& descriptor, std::string& log)
      : IoWaiter([](IoWaiter& waiter, Wake) {
          auto& self = static_cast<SoonReadable&>(waiter);
          self.log_ += 'r';
          self.loop_.resume_soon(self.resumption_, self.awaiting_);
        }),
        loop_(loop),
        descriptor_(descriptor),
        log_(log) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    wait(descriptor_, false, nullptr);
  }
  void await_resume() const {}

 private:
  EventLoop& loop_;
  Descriptor& descriptor_;
  std::string& log_;
  std::coroutine_handle<> awaiting_;
  Resumption resumption_;
};

Task<void> read_soon(EventLoop& loop, Descriptor& descriptor, std::string& log, Scope* rival) {
  SoonReadable readable(loop, descriptor, log);
  co_await readable;
  log += 'R';
  if (rival) rival->cancel();
}

TEST_F(Sockets, ResumedSoonIsAfterTheOthersAndBeforeAnyTimer) {
  std::string log;
  loop.run([](Sockets& test, std::string& seen) -> Task<void> {
    Descriptor left(test.loop, test.ours);
    Descriptor right(test.loop, ::dup(test.theirs));
    Scope scope;
    scope.spawn(read_soon(test.loop, left, seen, nullptr));
    scope.spawn(read_soon(test.loop, right, seen, nullptr));
    scope.spawn([](EventLoop& on, std::string& to) -> Task<void> {
      co_await on.sleep(1ns);
      to += 't';
    }(test.loop, seen));
    EXPECT_EQ(::write(left.fd(), "x", 1), 1);
    EXPECT_EQ(::write(test.theirs, "x", 1), 1);
    co_await scope.join();
  }(*this, log));
  log.erase(std::remove(log.begin(), log.end(), 't'), log.end());
  EXPECT_EQ(log, "rrRR");
}

TEST_F(Sockets, MoreThanAreReadInARowAreAllResumed) {
  std::string log;
  loop.run([](Sockets& test, std::string& seen) -> Task<void> {
    EXPECT_EQ(::write(test.theirs, "x", 1), 1);
    std::vector<std::unique_ptr<Descriptor>> descriptors;
    Scope scope;
    for (int i = 0; i < 40; ++i) {
      descriptors.push_back(std::make_unique<Descriptor>(test.loop, ::dup(test.ours)));
      scope.spawn(read_soon(test.loop, *descriptors.back(), seen, nullptr));
    }
    co_await scope.join();
    ::close(std::exchange(test.ours, -1));
  }(*this, log));
  EXPECT_EQ(std::count(log.begin(), log.end(), 'R'), 40);
  EXPECT_NE(log.find(std::string(16, 'r') + std::string(16, 'R')), std::string::npos) << log;
}

TEST_F(Sockets, WhatIsDestroyedBeforeIsNotResumed) {
  std::string log;
  loop.run([](Sockets& test, std::string& seen) -> Task<void> {
    Descriptor left(test.loop, test.ours);
    Descriptor right(test.loop, ::dup(test.theirs));
    Scope left_scope;
    Scope right_scope;
    left_scope.spawn(read_soon(test.loop, left, seen, &right_scope));
    right_scope.spawn(read_soon(test.loop, right, seen, &left_scope));
    EXPECT_EQ(::write(left.fd(), "x", 1), 1);
    EXPECT_EQ(::write(test.theirs, "x", 1), 1);
    co_await left_scope.join();
    co_await right_scope.join();
  }(*this, log));
  EXPECT_EQ(log, "rrR");
}

}  // namespace
}  // namespace dyno::async
