// How operations and runs end that are stopped, fail or are refused, on a manual clock.
#include <string>

#include <gtest/gtest.h>

#include "dyno/http/raw_server.h"
#include "dyno/load/worker_for_test.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;

// Where nothing listens: a port that was free a moment ago.
http::Destination dead_service() {
  std::string url;
  {
    const http::RawServer gone([](http::RawConnection&) {});
    url = gone.url();
  }
  auto destination = http::make_destination(*http::parse_url(url), {});
  EXPECT_TRUE(destination.ok());
  return std::move(*destination);
}

TEST(Worker, AStopLetsOperationsEndAndThinkersGo) {
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        if (user.index() == 0) co_await user.think(1h);
        co_await user.async_operation("op", [&user]() -> Task<Outcome> {
          co_await user.think(3s);
          co_return Outcome{};
        });
      },
      users(1).hold(1h),
      [](async::EventLoop& loop, Worker& worker) -> Task<void> {
        co_await loop.sleep(10s);
        worker.stop();
      });
  EXPECT_EQ(counts.length, 9s);
  EXPECT_EQ(counts.ok, 0u);
}

// Takes its time on the loop, as a request to a service does: a stop does not cut it short.
Task<void> request_like(User& user, async::EventLoop*& loop, Duration time) {
  const std::function<Task<Outcome>()> body = [&loop, time]() -> Task<Outcome> {
    co_await loop->sleep(time);
    co_return Outcome{};
  };
  co_await user.async_operation("op", body);
}

TEST(Worker, OperationsEndWithinTheStopTimeoutOrAreCancelled) {
  async::EventLoop* loop = nullptr;
  const auto stop = [&loop](async::EventLoop& on, Worker&) -> Task<void> {
    loop = &on;
    co_return;
  };
  const auto journey = [&loop](Duration time) {
    return [&loop, time](User& user) -> Task<void> { co_await request_like(user, loop, time); };
  };
  const Counts ended = simulate(journey(7s), users(4).hold(10s), stop);
  EXPECT_EQ(ended.ok, 8u);
  EXPECT_EQ(ended.cancelled, 0u);
  EXPECT_EQ(ended.length, 14s);
  const Counts cancelled = simulate(journey(1h), users(4).hold(10s), stop);
  EXPECT_EQ(cancelled.ok, 0u);
  EXPECT_EQ(cancelled.cancelled, 4u);
  EXPECT_EQ(cancelled.length, 20s);
}

TEST(Worker, ASecondStopCancelsAtOnce) {
  async::EventLoop* loop = nullptr;
  const Counts counts =
      simulate([&loop](User& user) -> Task<void> { co_await request_like(user, loop, 1h); },
               users(3).hold(2h),
               [&loop](async::EventLoop& on, Worker& worker) -> Task<void> {
                 loop = &on;
                 co_await on.sleep(5s);
                 worker.stop();
                 co_await on.sleep(1s);
                 worker.stop_now();
               });
  EXPECT_EQ(counts.cancelled, 3u);
  EXPECT_EQ(counts.length, 5s);
}

TEST(Worker, AnExceptionEndsTheIterationOnly) {
  int iterations = 0;
  simulate(
      [&](User& user) -> Task<void> {
        ++iterations;
        co_await user.think(1s);
        throw std::runtime_error("a mistake in the journey");
      },
      users(1).hold(9500ms));
  EXPECT_EQ(iterations, 10);
}

TEST(Worker, WhoIsRefusedPausesBeforeTheNextRequest) {
  const auto dead = dead_service();
  std::vector<Duration> begun;
  TimePoint start;
  const auto journey = [&](User& user) -> Task<void> {
    if (user.iteration() == 0) start = user.now();
    co_await user.get("/");
    begun.push_back(user.now() - start);
  };
  const Counts counts = simulate(journey, users(1).hold(500ms), {}, &dead);
  EXPECT_EQ(begun,
            (std::vector<Duration>{0ms, 10ms, 30ms, 70ms, 150ms, 250ms, 350ms, 450ms, 500ms}));
  EXPECT_EQ(counts.failed, begun.size());  // who is to end does not wait, but finishes
  EXPECT_EQ(counts.lateness_max, 0s);
  EXPECT_EQ(counts.length, 500ms);
}

TEST(Worker, WhoThinksLongerThanThePauseDoesNotPause) {
  const auto dead = dead_service();
  const auto journey = [](User& user) -> Task<void> {
    co_await user.get("/");
    co_await user.think(200ms);
  };
  const Counts counts = simulate(journey, users(1).hold(1999ms), {}, &dead);
  EXPECT_EQ(counts.failed, 10u);
  EXPECT_EQ(counts.lateness_max, 0s);
}

TEST(Worker, ArrivalsDoNotPauseForTheRefusalsOfOthers) {
  const auto dead = dead_service();
  const Counts counts =
      simulate([](User& user) -> Task<void> { co_await user.get("/"); },
               rate(per_second(100)).uniform().hold(2s).max_in_flight(10), {}, &dead);
  EXPECT_EQ(counts.failed, 200u);
  EXPECT_EQ(counts.lateness_max, 0s);
  EXPECT_EQ(counts.dropped, 0u);
}

}  // namespace
}  // namespace dyno::load
