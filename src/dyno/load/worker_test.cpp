// Plans and users on a manual clock: hours of load in milliseconds, exact to the nanosecond.
#include "dyno/load/worker.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/http/client.h"
#include "dyno/http/raw_server.h"
#include "dyno/load/collector.h"
#include "dyno/load/schedule.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;
using metrics::OutcomeKind;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// What the operations of a run did.
struct Counts {
  std::uint64_t ok = 0;
  std::uint64_t dropped = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t failed = 0;
  Duration lateness_max{};
  Duration response_max{};
  Duration length{};
  record::RunRecord record;
};

// Runs a plan on one worker; `on_loop`, beside it, may stop it.
Counts simulate(const Scenario& scenario, const LoadPlan& plan,
                const std::function<Task<void>(async::EventLoop&, Worker&)>& beside = {},
                const http::Destination* destination = nullptr) {
  ManualClock clock;
  async::EventLoop loop(clock, async::Idle::jump);
  RunState run{.scenario = scenario,
               .plan = plan,
               .seed = 5,
               .stop_timeout = 10s,
               .start = clock.now() + 1s,
               .workers = 1,
               .classes = classes_of(scenario, most_users(plan))};
  metrics::Recorder recorder(recorder_windows(plan), run.start);
  Endpoints endpoints;
  UserContext context{.loop = loop, .recorder = recorder, .endpoints = EndpointMemory(endpoints)};
  std::optional<http::ClientContext> http;
  if (destination) {
    http.emplace(http::ClientContext{.loop = loop, .destination = *destination});
    context.http = &*http;
    context.timeout = 10s;
  }
  Worker worker(run, context, 0);
  loop.run([](Worker& of, async::EventLoop& on,
              const std::function<Task<void>(async::EventLoop&, Worker&)>& other) -> Task<void> {
    async::Scope scope;
    if (other) scope.spawn(other(on, of));
    co_await of.run();
    co_await scope.join();
  }(worker, loop, beside));
  EXPECT_EQ(worker.users(), 0u);
  // A client's deadline stays in the queue, cleared, for its next request.
  EXPECT_TRUE(destination || loop.timers().size() == 0u);

  const RunOptions options;
  Collector collector(planned_record(plan, options, "event_loop"), plan, options, endpoints,
                      run.start);
  collector.add(recorder);
  Counts counts;
  counts.length = clock.now() - run.start;
  counts.record = collector.finish(clock.now());
  for (const record::Cell& cell : counts.record.cells) {
    switch (cell.outcome.kind) {
      case OutcomeKind::ok:
        counts.ok += cell.count;
        break;
      case OutcomeKind::dropped:
        counts.dropped += cell.count;
        break;
      case OutcomeKind::cancelled:
        counts.cancelled += cell.count;
        break;
      default:
        counts.failed += cell.count;
    }
    counts.lateness_max = std::max(counts.lateness_max, cell.lateness.max());
    counts.response_max = std::max(counts.response_max, cell.response_time.max());
  }
  return counts;
}

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

// An operation that takes `time` on the loop's clock.
Task<Outcome> taking(User& user, Duration time) {
  co_await user.think(time);
  co_return Outcome{};
}

Task<void> step(User& user, std::string_view name, Duration time) {
  const std::function<Task<Outcome>()> body = [&user, time] { return taking(user, time); };
  co_await user.async_operation(name, body);
}

TEST(Worker, ThinkingUsersMakeAsManyOperationsAsTheyCan) {
  // At 0, 2, 4 … 28 s: 15 each.
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        user.operation("op", [] { return Outcome{}; });
        co_await user.think(2s);
      },
      users(10).hold(30s - 1ms));
  EXPECT_EQ(counts.ok, 150u);
  EXPECT_EQ(counts.lateness_max, 0s);
  EXPECT_EQ(counts.length, 30s - 1ms);  // who thinks at the end is not waited for
  EXPECT_EQ(counts.cancelled, 0u);
}

TEST(Worker, ThinkTimeIsDrawnUniformly) {
  double sum = 0;
  double low = 10;
  double high = 0;
  int count = 0;
  simulate(
      [&](User& user) -> Task<void> {
        const TimePoint before = user.now();
        co_await user.think(1s, 3s);
        const double thought = seconds(user.now() - before);
        sum += thought;
        low = std::min(low, thought);
        high = std::max(high, thought);
        ++count;
      },
      users(100).hold(200s));
  EXPECT_NEAR(sum / count, 2, 5 * 0.58 / std::sqrt(count));
  EXPECT_GE(low, 1);
  EXPECT_LT(low, 1.01);
  EXPECT_GT(high, 2.99);
  EXPECT_LT(high, 3);
}

// The mean of 10 000 exponential waits is within 4 % of theirs, four standard errors.
TEST(Worker, ExponentialWaitsHaveTheirMean) {
  Scenario scenario([](User& user) -> Task<void> {
    user.operation("op", [] { return Outcome{}; });
    co_return;
  });
  scenario.classes.front().wait.mean = 2s;
  const Counts counts = simulate(scenario, users(100).hold(200s));
  EXPECT_NEAR(static_cast<double>(counts.ok), 100 + 100 * 100, 400);
  EXPECT_EQ(mean_wait(scenario), 2s);
}

TEST(Worker, PacingHoldsWhateverTheOperationTakes) {
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        co_await step(user, "op", 300ms);
        co_await user.pace(1s);
      },
      users(3).hold(20s - 1ms));
  EXPECT_EQ(counts.ok, 60u);
}

TEST(Worker, WhoIsBehindItsPaceGoesOnAndDoesNotCatchUp) {
  std::vector<double> begun;
  TimePoint start;
  const Counts counts = simulate(
      [&](User& user) -> Task<void> {
        if (user.iteration() == 0) start = user.now();
        begun.push_back(seconds(user.now() - start));
        co_await step(user, "op", user.iteration() == 1 ? 2500ms : 100ms);
        co_await user.pace(1s);
      },
      users(1).hold(6s));
  EXPECT_EQ(begun, (std::vector<double>{0, 1, 3.5, 4.5, 5.5}));
  EXPECT_EQ(counts.lateness_max, 0s);
}

TEST(Worker, WaitsOfTheClassComeAfterEachTask) {
  Scenario scenario([](User& user) -> Task<void> {
    user.operation("op", [] { return Outcome{}; });
    co_return;
  });
  scenario.classes[0].wait = {.low = 1s, .high = 1s};
  EXPECT_EQ(simulate(scenario, users(2).hold(9500ms)).ok, 20u);
  scenario.classes[0].wait = {.every = 2s};
  EXPECT_EQ(simulate(scenario, users(2).hold(9500ms)).ok, 10u);
}

TEST(Worker, TasksAreChosenByWeight) {
  std::map<std::string, int> chosen;
  Scenario scenario;
  UserClass kind;
  for (const auto& [name, weight] : {std::pair{"often", 10.0}, {"seldom", 2.0}, {"never", 0.0}}) {
    kind.tasks.push_back({name, weight, [&chosen, name = std::string(name)](User&) -> Task<void> {
                            ++chosen[name];
                            co_return;
                          }});
  }
  scenario.classes = {kind};
  simulate(scenario, users(10).operations(12'000));
  EXPECT_EQ(chosen["often"] + chosen["seldom"], 12'000);
  EXPECT_NEAR(chosen["seldom"], 2000, 5 * std::sqrt(12'000 * 10.0 / 12 * 2 / 12));
  EXPECT_EQ(chosen.count("never"), 0u);
}

TEST(Worker, ExactlyTheCountOfIterationsIsDone) {
  for (const std::uint64_t count : {1, 7, 10, 100, 101}) {
    const Counts counts = simulate([](User& user) -> Task<void> { co_await step(user, "op", 1s); },
                                   users(10).operations(count));
    EXPECT_EQ(counts.ok, count);
    EXPECT_EQ(counts.length, std::chrono::seconds{(count + 9) / 10});
  }
  // Those who have not joined when it is done need not.
  const Counts ramped = simulate([](User& user) -> Task<void> { co_await step(user, "op", 1s); },
                                 users(10).ramp(1h).operations(5));
  EXPECT_EQ(ramped.ok, 5u);
  EXPECT_EQ(ramped.length, 5s);
}

TEST(Worker, AJourneyThatNeverWaitsIsEndedToo) {
  int iterations = 0;
  const Counts counts = simulate(
      [&](User& user) -> Task<void> {
        if (++iterations % 100 == 0) co_await user.think(1s);
      },
      users(2).hold(10s));
  EXPECT_GE(iterations, 1000);
  EXPECT_EQ(counts.length, 10s);
}

TEST(Worker, UsersComeAndGoWithThePlan) {
  std::vector<std::pair<double, std::uint32_t>> starts;
  std::vector<std::pair<double, std::uint32_t>> stops;
  TimePoint begin;
  Scenario scenario([](User& user) -> Task<void> { co_await user.think(100ms); });
  scenario.classes[0].on_start = [&](User& user) -> Task<void> {
    if (starts.empty()) begin = user.now();
    starts.emplace_back(seconds(user.now() - begin), user.index());
    co_return;
  };
  scenario.classes[0].on_stop = [&](User& user) -> Task<void> {
    stops.emplace_back(seconds(user.now() - begin), user.index());
    co_return;
  };
  simulate(scenario, users(1).hold(10s).spike(3, 5s).hold(10s).spike(2, 5s));
  using List = std::vector<std::pair<double, std::uint32_t>>;
  EXPECT_EQ(starts, (List{{0, 0}, {10, 1}, {10, 2}, {25, 1}}));
  EXPECT_EQ(stops, (List{{15, 2}, {15, 1}, {30, 0}, {30, 1}}));
}

TEST(Worker, ArrivalsFollowTheScheduleToTheNanosecond) {
  const LoadPlan plan = rate(per_second(50)).hold(20s).max_in_flight(1000);
  ArrivalSchedule schedule(plan, 5);
  std::vector<Duration> expected;
  while (const auto at = schedule.next()) expected.push_back(*at);
  std::vector<Duration> seen;
  const Counts counts = simulate(
      [&](User& user) -> Task<void> {
        seen.push_back(user.now() - TimePoint{1s});
        co_await step(user, "op", 700ms);
      },
      plan);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(counts.ok + counts.cancelled, expected.size());
  EXPECT_EQ(counts.lateness_max, 0s);
}

TEST(Worker, WhatFindsNoFreeSessionIsDropped) {
  // Sessions of 1 s, two at a time, 10 arrivals a second: 2 of 10 are served.
  const Counts counts = simulate([](User& user) -> Task<void> { co_await step(user, "op", 950ms); },
                                 rate(per_second(10)).uniform().hold(20s).max_in_flight(2));
  EXPECT_EQ(counts.ok + counts.cancelled, 40u);
  EXPECT_EQ(counts.dropped, 160u);
  EXPECT_EQ(counts.record.endpoints.back().name, "journey");
}

TEST(Worker, SessionsThatThinkAreIndependentOfEachOther) {
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        co_await step(user, "first", 10ms);
        co_await user.think(5s);
        co_await step(user, "second", 10ms);
      },
      rate(per_second(10)).uniform().hold(20s - 1ms));
  EXPECT_EQ(counts.ok, 200u + 150u);
  EXPECT_EQ(counts.lateness_max, 0s);
}

// Keeps the loop busy from `from` after the start for `time`, as an engine that is short of CPU.
std::function<Task<void>(async::EventLoop&, Worker&)> busy(Duration from, Duration time) {
  return [from, time](async::EventLoop& loop, Worker&) -> Task<void> {
    co_await loop.sleep_until(TimePoint{1s} + from);
    static_cast<ManualClock&>(loop.clock()).advance(time);
  };
}

Duration lateness_of(const record::RunRecord& run, std::string_view endpoint) {
  Duration most{};
  for (const auto& cell : run.cells) {
    if (run.endpoints[cell.endpoint].name == endpoint) {
      most = std::max(most, cell.lateness.max());
    }
  }
  return most;
}

TEST(Worker, OverdueArrivalsAreTimedFromWhenTheyWereDue) {
  // Arrivals at 0.5, 1.5, 2.5 … s, each 10 ms; the loop is busy from 1.4 to 3.9 s.
  const Counts counts = simulate([](User& user) -> Task<void> { co_await step(user, "op", 10ms); },
                                 rate(per_second(1)).uniform().hold(10s), busy(1400ms, 2500ms));
  EXPECT_EQ(counts.ok, 10u);  // none is left out and none made up
  EXPECT_EQ(counts.lateness_max, 2400ms);
  EXPECT_EQ(counts.response_max, 2410ms);
  std::vector<Duration> lateness;
  for (const auto& cell : counts.record.cells) {
    for (const auto& bucket : cell.lateness.buckets()) {
      lateness.insert(lateness.end(), bucket.count, bucket.high);
    }
  }
  ASSERT_EQ(lateness.size(), 10u);
  std::ranges::sort(lateness);
  EXPECT_EQ(lateness[6], 0ms);
  EXPECT_NEAR(lateness[7] / 1ms, 400, 2);
  EXPECT_NEAR(lateness[8] / 1ms, 1400, 2);
  EXPECT_NEAR(lateness[9] / 1ms, 2400, 2);
}

TEST(Worker, ThinkTimesAfterALateStepDoNotShift) {
  // Due at 5 s and sent 100 ms late; answered after 10 ms; then 5 s of thought.
  std::vector<Duration> begun;
  const Counts counts = simulate(
      [&](User& user) -> Task<void> {
        co_await step(user, "first", 10ms);
        co_await user.think(2s);
        co_await user.think(3s);
        begun.push_back(user.now() - TimePoint{1s});
        co_await step(user, "second", 10ms);
      },
      rate(per_second(0.1)).uniform().hold(14s), busy(4900ms, 200ms));
  EXPECT_EQ(begun, (std::vector<Duration>{5s + 10ms + 5s}));
  EXPECT_EQ(lateness_of(counts.record, "first"), 100ms);
  EXPECT_EQ(lateness_of(counts.record, "second"), 0ms);
}

TEST(Worker, AStepThatFollowsAtOnceIsDueWhenTheOneBeforeShouldHaveEnded) {
  const Counts counts = simulate(
      [](User& user) -> Task<void> {
        co_await step(user, "first", 10ms);
        co_await step(user, "second", 20ms);
        co_await user.think(50ms);  // over while the session is still late
        co_await step(user, "third", 10ms);
        co_await user.think(1s);
        co_await step(user, "fourth", 10ms);
      },
      rate(per_second(0.1)).uniform().hold(14s), busy(4900ms, 200ms));
  EXPECT_EQ(lateness_of(counts.record, "first"), 100ms);
  EXPECT_EQ(lateness_of(counts.record, "second"), 100ms);
  EXPECT_EQ(lateness_of(counts.record, "third"), 50ms);
  EXPECT_EQ(lateness_of(counts.record, "fourth"), 0ms);
  EXPECT_EQ(counts.response_max, 120ms);
}

TEST(Worker, AUserOfTheClosedModelThinksFromItsAnswer) {
  std::vector<Duration> begun;
  simulate(
      [&](User& user) -> Task<void> {
        begun.push_back(user.now() - TimePoint{1s});
        co_await step(user, "op", 10ms);
        co_await user.think(1s);
      },
      users(1).hold(3s), busy(1s, 200ms));
  EXPECT_EQ(begun, (std::vector<Duration>{0ms, 1200ms, 2210ms}));
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

TEST(Worker, UsersDrawTheSameNumbersForASeed) {
  const auto draw = [] {
    std::map<std::uint32_t, std::vector<std::uint64_t>> drawn;
    simulate(
        [&](User& user) -> Task<void> {
          drawn[user.index()].push_back(user.random().next());
          co_await user.think(1s, 2s);
        },
        users(3).hold(10s));
    return drawn;
  };
  const auto drawn = draw();
  EXPECT_EQ(drawn.size(), 3u);
  EXPECT_NE(drawn.at(0), drawn.at(1));
  EXPECT_EQ(drawn, draw());
}

}  // namespace
}  // namespace dyno::load
