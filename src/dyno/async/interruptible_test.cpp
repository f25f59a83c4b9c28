#include "dyno/async/interruptible.h"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "dyno/async/gate_for_test.h"
#include "dyno/async/scope.h"

namespace dyno::async {
namespace {

// Counts its destruction.
struct Ended {
  int& count;
  ~Ended() { ++count; }
};

Task<void> wait_at(Gate& gate, int& ended) {
  const Ended end{ended};
  co_await gate;
}

Task<void> fail() {
  throw std::logic_error("broken");
  co_return;
}

// Awaits what `inner` was set to; what came of it goes to `log`.
Task<void> await(Interruptible& inner, std::string& log) {
  const std::exception_ptr exception = co_await inner.ended();
  log += exception ? "exception" : "ended";
  if (inner.running()) log += ", still running";
}

struct Awaited {
  Gate gate;
  int ended = 0;
  std::string log;
  Interruptible inner;
  Scope outer;

  void start(Task<void> task) {
    inner.set(std::move(task));
    outer.spawn(await(inner, log));
  }
};

TEST(Interruptible, ResumesWhoAwaitsWhenTheTaskEnds) {
  Awaited of;
  of.start(wait_at(of.gate, of.ended));
  EXPECT_TRUE(of.inner.running());
  EXPECT_EQ(of.log, "");
  of.gate.open();
  EXPECT_EQ(of.log, "ended");
  EXPECT_EQ(of.ended, 1);
  EXPECT_FALSE(of.inner.running());
}

TEST(Interruptible, CancelDestroysTheTaskBeforeItResumesWhoAwaits) {
  Awaited of;
  of.start([](Gate& gate, int& ended) -> Task<void> {
    const Ended end{ended};
    co_await wait_at(gate, ended);
  }(of.gate, of.ended));
  of.inner.cancel();
  EXPECT_EQ(of.ended, 2) << "the whole chain";
  EXPECT_EQ(of.log, "ended");
  of.inner.cancel();
  EXPECT_EQ(of.log, "ended") << "nothing is left to be cancelled";
}

TEST(Interruptible, GivesTheExceptionAndTakesAnotherTask) {
  Awaited of;
  of.start(fail());
  EXPECT_EQ(of.log, "exception");
  of.start(wait_at(of.gate, of.ended));
  of.gate.open();
  EXPECT_EQ(of.log, "exceptionended");
}

TEST(Interruptible, GoesWithWhoAwaitsIt) {
  Awaited of;
  of.start(wait_at(of.gate, of.ended));
  of.outer.cancel();
  EXPECT_EQ(of.ended, 1);
  EXPECT_EQ(of.log, "");
}

}  // namespace
}  // namespace dyno::async
