#include "dyno/load/blocking.h"

#include <atomic>
#include <fstream>
#include <future>
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/load/count_for_test.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;
using metrics::Outcome;
using metrics::OutcomeKind;
using record::RunRecord;
using testing::HasSubstr;

RunRecord must_run(const BlockingJourney& journey, const LoadPlan& plan,
                   const RunOptions& options = {}) {
  auto record = run_blocking(journey, plan, options);
  EXPECT_TRUE(record.ok()) << (record.ok() ? "" : record.error().message);
  return record.ok() ? *record : RunRecord{};
}

// Blocks as a driver would.
Outcome block(Duration time) {
  std::this_thread::sleep_for(time);
  return {};
}

TEST(Blocking, ExactlyTheCountOfIterationsOneThreadPerUser) {
  std::mutex mutex;
  std::map<std::uint32_t, std::set<std::thread::id>> threads;
  const RunRecord record = must_run(
      [&](BlockingUser& user) {
        {
          const std::lock_guard lock(mutex);
          threads[user.index()].insert(std::this_thread::get_id());
        }
        user.operation("op", [] { return block(2ms); });
      },
      users(10).operations(100));
  EXPECT_EQ(count(record, "ok"), 100u);
  EXPECT_EQ(threads.size(), 10u);
  for (const auto& [user, ids] : threads) EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(record.load.executor, "blocking");
  EXPECT_EQ(record.completion, record::Completion::complete);
  EXPECT_TRUE(record.validity.valid);
  EXPECT_LT(record.length, 1min);
}

TEST(Blocking, FiveHundredUsersAtOneTime) {
  std::latch all(500);
  const RunRecord at_once = must_run(
      [&](BlockingUser& user) {
        user.operation("op", [&]() -> Outcome {
          all.arrive_and_wait();
          return {};
        });
      },
      users(500).operations(500));
  EXPECT_EQ(count(at_once, "ok"), 500u);
  EXPECT_EQ(at_once.load.threads, 500u);
  const RunRecord record = must_run(
      [](BlockingUser& user) {
        user.operation("op", [] { return Outcome{}; });
        user.think(50ms, 100ms);
      },
      users(500).hold(500ms));
  EXPECT_GE(count(record, "ok"), 500u);
  EXPECT_LT(record.length, 20s);
}

TEST(Blocking, OutcomesAndExceptionsOfOperations) {
  const RunRecord record = must_run(
      [](BlockingUser& user) {
        user.operation("op", [&]() -> Outcome {
          if (user.iteration() % 3 == 0) return {OutcomeKind::timeout};
          if (user.iteration() % 3 == 1) throw std::runtime_error("the driver threw");
          return {};
        });
      },
      users(1).operations(9));
  EXPECT_EQ(count(record, "ok"), 3u);
  EXPECT_EQ(count(record, "check_failed"), 3u);
  EXPECT_EQ(count(record), 9u);
  EXPECT_TRUE(record.validity.valid);
}

TEST(Blocking, AnExceptionInAJourneyMakesTheRecordInvalid) {
  const RunRecord record =
      must_run([](BlockingUser&) { throw std::logic_error("a mistake"); }, users(1).operations(2));
  ASSERT_EQ(record.validity.reasons.size(), 1u);
  EXPECT_THAT(record.validity.reasons[0], HasSubstr("2 iterations"));
  EXPECT_THAT(record.validity.reasons[0], HasSubstr("a mistake"));
}

TEST(Blocking, ThinkingEndsWithTheRun) {
  std::atomic<int> ended{0};
  const RunRecord record = must_run(
      [&](BlockingUser& user) {
        user.operation("op", [] { return Outcome{}; });
        if (!user.think(1h)) ++ended;
      },
      users(3).hold(100ms));
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(count(record, "ok"), 3u);
  EXPECT_LT(record.length, 1min);
}

TEST(Blocking, UsersLeaveWithThePlan) {
  std::atomic<int> most{0};
  std::atomic<int> there{0};
  const RunRecord record = must_run(
      [&](BlockingUser& user) {
        const int now = ++there;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        user.think(20ms);
        --there;
      },
      users(1).hold(100ms).spike(4, 100ms).hold(100ms));
  EXPECT_EQ(most, 4);
  EXPECT_EQ(record.windows[1].name, "spike");
}

TEST(Blocking, ArrivalsAreServedOrDropped) {
  const RunRecord record =
      must_run([](BlockingUser& user) { user.operation("op", [] { return block(50ms); }); },
               rate(per_second(200)).uniform().hold(500ms).max_in_flight(4));
  EXPECT_EQ(count(record), 100u);
  EXPECT_GT(count(record, "dropped"), 20u);
  EXPECT_GE(count(record, "ok"), 4u);  // each thread at least once
}

TEST(Blocking, AStopEndsAllAndASecondOneRefusesOperations) {
  StopRequest stop;
  RunOptions options;
  options.stop = &stop;
  options.stop_timeout = 1h;
  options.interval = 20ms;
  options.observer = [&](const Progress&) { stop.request("a test"); };
  std::atomic<int> refused{0};
  const RunRecord record = must_run(
      [&](BlockingUser& user) {
        while (true) {
          const Outcome outcome = user.operation("op", [] { return block(1ms); });
          if (outcome.kind == OutcomeKind::cancelled) break;
        }
        ++refused;
      },
      users(2).hold(1h), options);
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(record.completion, record::Completion::stopped);
  EXPECT_GT(count(record, "ok"), 0u);
}

TEST(Blocking, ACallThatBlocksCanBeBrokenOff) {
  StopRequest stop;
  RunOptions options;
  options.stop = &stop;
  options.interval = 20ms;
  options.observer = [&](const Progress&) { stop.request_now("a test"); };
  const RunRecord record = must_run(
      [](BlockingUser& user) {
        user.operation("op", [&]() -> Outcome {
          std::promise<void> cancelled;
          const std::stop_callback cancel(user.broken_off(), [&] { cancelled.set_value(); });
          return {cancelled.get_future().wait_for(1h) == std::future_status::ready
                      ? OutcomeKind::cancelled
                      : OutcomeKind::ok};
        });
      },
      users(3).hold(1h), options);
  EXPECT_EQ(count(record, "cancelled"), 3u);
  EXPECT_EQ(count(record), 3u);
  EXPECT_LT(record.length, 1min);
}

TEST(Blocking, FiveHundredSessionsOfAnOpenPlan) {
  // All of them at once, and each waits for all the others: only 500 threads can do it.
  std::latch all(500);
  const RunRecord record = must_run(
      [&](BlockingUser& user) {
        user.operation("op", [&]() -> Outcome {
          all.arrive_and_wait();
          return {};
        });
      },
      rate(per_second(5000)).uniform().hold(100ms).max_in_flight(500));
  EXPECT_EQ(count(record, "ok"), 500u);
  EXPECT_EQ(count(record), 500u);
}

// Pages that are in memory, in bytes.
std::int64_t resident() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t pages = 0;
  statm >> size >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

TEST(Blocking, FiveHundredThreadsTakeLittleMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory is many times that";
#endif
  const std::int64_t before = resident();
  std::atomic<std::int64_t> during{0};
  std::latch all(500);
  must_run(
      [&](BlockingUser& user) {
        user.operation("op", [&]() -> Outcome {
          all.arrive_and_wait();
          if (user.index() == 0) during = resident();
          return {};
        });
      },
      users(500).operations(500));
  EXPECT_GT(during, 0);
  EXPECT_LT(during - before, 500 * 64 * 1024);
}

TEST(Blocking, MistakesAreErrors) {
  const auto journey = [](BlockingUser&) {};
  EXPECT_THAT(run_blocking(journey, users(0).hold(1s), {}).error().message, HasSubstr("no users"));
  EXPECT_THAT(run_blocking(journey, users(5000).hold(1s), {}).error().message,
              HasSubstr("at most 1000"));
  EXPECT_THAT(run_blocking({}, users(1).hold(1s), {}).error().message, HasSubstr("no journey"));
}

}  // namespace
}  // namespace dyno::load
