#include "dyno/async/task.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/async/gate_for_test.h"
#include "dyno/async/scope.h"

namespace dyno::async {
namespace {

// Counts living instances, to see double destruction and leaks.
struct Counted {
  explicit Counted(int& living) : count(&living) { ++*count; }
  Counted(const Counted& other) : count(other.count) { ++*count; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --*count; }
  int* count;
};

Task<int> seven() { co_return 7; }
Task<int> sum(int count) {
  int total = 0;
  for (int i = 0; i < count; ++i) total += co_await seven();
  co_return total;
}
Task<void> store(int& result, int count) { result = co_await sum(count); }

TEST(Task, GivesItsValueToWhoAwaitsIt) {
  int result = 0;
  Scope scope;
  scope.spawn(store(result, 3));
  EXPECT_EQ(result, 21);
  EXPECT_EQ(scope.running(), 0u);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__OPTIMIZE__)
TEST(Task, AMillionAwaitsNeedNoStack) {
  int result = 0;
  Scope scope;
  scope.spawn(store(result, 1'000'000));
  EXPECT_EQ(result, 7'000'000);
}

TEST(Task, FramesAreRecycled) {
  int result = 0;
  Scope scope;
  scope.spawn(store(result, 1));
  const std::size_t free_frames = recycled_frames();
  EXPECT_GT(free_frames, 0u);
  scope.spawn(store(result, 1000));
  EXPECT_EQ(recycled_frames(), free_frames);
}
#endif

TEST(Task, IsLazyAndDestroyedUnawaited) {
  bool ran = false;
  {
    auto task = [](bool& flag) -> Task<void> {
      flag = true;
      co_return;
    }(ran);
  }
  EXPECT_FALSE(ran);
}

TEST(Task, ThrowsWhereItIsAwaited) {
  std::string caught;
  Scope scope;
  scope.spawn([](std::string& text) -> Task<void> {
    try {
      co_await []() -> Task<int> {
        throw std::logic_error("inner");
        co_return 1;
      }();
    } catch (const std::logic_error& error) {
      text = error.what();
    }
  }(caught));
  EXPECT_EQ(caught, "inner");
}

TEST(Task, CarriesWhatCanOnlyBeMoved) {
  int result = 0;
  Scope scope;
  scope.spawn([](int& out) -> Task<void> {
    auto made =
        co_await []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); }();
    out = *made;
  }(result));
  EXPECT_EQ(result, 5);
}

// What gcc 12 is prone to: temporaries and braced arguments in co_await expressions.
struct Options {
  std::string_view name{};
  int timeout = 0;
};
Task<std::size_t> call(Gate& gate, std::string_view text, Options options, Counted counted) {
  co_await gate;
  co_return text.size() + options.name.size() + static_cast<std::size_t>(options.timeout) +
      static_cast<std::size_t>(*counted.count > 0);
}

TEST(Task, TemporariesOfAnAwaitedCallLiveOnceAndLongEnough) {
  int living = 0;
  std::size_t result = 0;
  Gate gate;
  Scope scope;
  scope.spawn([](Gate& opened, int& count, std::size_t& out) -> Task<void> {
    const std::string base = "a text that is too long for the small string optimisation";
    out = co_await call(opened, base + "/and/more", {.name = "name", .timeout = 2}, Counted(count));
    EXPECT_EQ(count, 0);
  }(gate, living, result));
  EXPECT_GT(living, 0);
  gate.open();
  EXPECT_EQ(result, 57u + 9 + 4 + 2 + 1);
  EXPECT_EQ(living, 0);
}

TEST(Scope, JoinsAllItsTasks) {
  Gate one;
  Gate two;
  bool joined = false;
  Scope scope;
  Scope outer;
  const auto wait = [](Gate& gate) -> Task<void> { co_await gate; };
  scope.spawn(wait(one));
  scope.spawn(wait(two));
  outer.spawn([](Scope& inner, bool& done) -> Task<void> {
    co_await inner.join();
    done = true;
  }(scope, joined));
  two.open();
  EXPECT_FALSE(joined);
  one.open();
  EXPECT_TRUE(joined);
}

TEST(Scope, CancelDestroysTheWholeChainAndResumesWhoJoins) {
  int living = 0;
  bool after = false;
  bool joined = false;
  Gate gate;
  Scope scope;
  Scope outer;
  const auto inner = [](Gate& waiting, int& count) -> Task<void> {
    const Counted counted(count);
    co_await waiting;
  };
  scope.spawn([](auto& make, Gate& waiting, int& count, bool& reached) -> Task<void> {
    const Counted counted(count);
    co_await make(waiting, count);
    reached = true;
  }(inner, gate, living, after));
  outer.spawn([](Scope& joining, bool& done) -> Task<void> {
    co_await joining.join();
    done = true;
  }(scope, joined));
  EXPECT_EQ(living, 2);
  scope.cancel();
  EXPECT_EQ(living, 0);
  EXPECT_FALSE(after);
  EXPECT_TRUE(joined);
}

TEST(Scope, JoinThrowsTheFirstException) {
  std::string caught;
  Scope scope;
  Scope outer;
  scope.spawn([]() -> Task<void> {
    throw std::logic_error("first");
    co_return;
  }());
  outer.spawn([](Scope& joining, std::string& text) -> Task<void> {
    try {
      co_await joining.join();
    } catch (const std::logic_error& error) {
      text = error.what();
    }
  }(scope, caught));
  EXPECT_EQ(caught, "first");
}

TEST(ScopeDeathTest, MustBeEmptyAtItsEnd) {
  EXPECT_DEATH(
      {
        Gate gate;
        Scope scope;
        scope.spawn([](Gate& waiting) -> Task<void> { co_await waiting; }(gate));
      },
      "1 tasks still running");
}

}  // namespace
}  // namespace dyno::async
