// Whole runs against servers of the test, in real time. Nothing here asserts how fast anything is.
#include "dyno/load/engine.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/raw_server.h"
#include "dyno/load/count_for_test.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;
using http::RawConnection;
using http::RawServer;
using metrics::OutcomeKind;
using metrics::WindowKind;
using record::RunRecord;
using testing::HasSubstr;

constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Answers every request with hello, and counts them.
struct Hello {
  std::atomic<int> requests{0};
  RawServer server{[this](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      ++requests;
      connection.write(hello);
    }
  }};
};

RunOptions against(const RawServer& server) {
  RunOptions options;
  options.name = "test";
  options.host = server.url();
  options.stop_timeout = 2s;
  return options;
}

RunRecord must_run(const Scenario& scenario, const LoadPlan& plan, const RunOptions& options) {
  auto record = run(scenario, plan, options);
  EXPECT_TRUE(record.ok()) << (record.ok() ? "" : record.error().message);
  return record.ok() ? *record : RunRecord{};
}

std::string notes(const RunRecord& record) {
  std::string all;
  for (const auto& note : record.notes) all += note + "\n";
  return all;
}

Task<void> get_hello(User& user) { co_await user.get("/hello"); }

TEST(Engine, AClosedRunIsRecordedWhole) {
  Hello hello_server;
  RunOptions options = against(hello_server.server);
  options.interval = 100ms;
  std::vector<record::SeriesPoint> seen;
  std::uint64_t interval_cells = 0;
  RunRecord planned;
  options.on_start = [&](const RunRecord& known) { planned = known; };
  options.observer = [&](const Progress& progress) {
    seen.push_back(progress.point);
    for (const auto* cell : progress.interval.cells()) interval_cells += cell->count;
  };
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        co_await user.get("/hello?n=" + std::to_string(user.iteration()));
        co_await user.think(1ms, 5ms);
      },
      users(5).ramp(100ms).warm_up(100ms).hold(300ms), options);
  EXPECT_EQ(count(record), static_cast<std::uint64_t>(hello_server.requests));
  EXPECT_EQ(count(record), count(record, "ok", "/hello"));
  EXPECT_GT(count(record), 50u);
  EXPECT_EQ(interval_cells, count(record));
  EXPECT_EQ(hello_server.server.connections(), 5);
  EXPECT_EQ(record.endpoints.size(), 1u);
  EXPECT_EQ(record.endpoints[0].method, "GET");
  EXPECT_EQ(record.completion, record::Completion::complete);
  EXPECT_TRUE(record.validity.valid);
  EXPECT_GE(record.length, 500ms);
  EXPECT_EQ(record.load.description, "5 users, ramp 100 ms, warm-up 100 ms, hold 300 ms");
  EXPECT_EQ(record.load.users, 5u);
  EXPECT_EQ(record.service.url, hello_server.server.url());
  EXPECT_EQ(planned.id, record.id);
  EXPECT_EQ(planned.windows.size(), 4u);
  ASSERT_GE(record.windows.size(), 3u);
  EXPECT_EQ(record.windows[0].kind, WindowKind::ramp);
  EXPECT_EQ(record.windows[2].kind, WindowKind::steady);
  EXPECT_EQ(record.windows.back().end, record.length);
  EXPECT_GE(seen.size(), 5u);
  EXPECT_EQ(seen.size(), record.series.size());
  std::uint64_t in_series = 0;
  for (const auto& point : record.series) in_series += point.ok;
  EXPECT_EQ(in_series, count(record));
  for (const auto& cell : record.cells) {
    EXPECT_LT(cell.window, record.windows.size());
    EXPECT_GE(cell.response_time.max(), cell.service_time.min());
  }
}

TEST(Engine, ExactlyTheCountOfIterationsOnSeveralThreads) {
  Hello hello_server;
  RunOptions options = against(hello_server.server);
  options.threads = 3;
  const RunRecord record = must_run(get_hello, users(10).operations(100), options);
  EXPECT_EQ(count(record, "ok"), 100u);
  EXPECT_EQ(hello_server.requests, 100);
  EXPECT_LT(record.length, 10s);
  EXPECT_EQ(record.load.threads, 3u);
}

TEST(Engine, AUserLivesOnOneThread) {
  Hello hello_server;
  RunOptions options = against(hello_server.server);
  options.threads = 2;
  std::mutex mutex;
  std::map<std::uint32_t, std::set<std::thread::id>> threads;
  must_run(
      [&](User& user) -> Task<void> {
        const auto note = [&] {
          const std::lock_guard lock(mutex);
          threads[user.index()].insert(std::this_thread::get_id());
        };
        note();
        co_await user.get("/");
        note();
      },
      users(6).operations(200), options);
  EXPECT_EQ(threads.size(), 6u);
  std::set<std::thread::id> all;
  for (const auto& [user, ids] : threads) {
    EXPECT_EQ(ids.size(), 1u) << user;
    all.insert(ids.begin(), ids.end());
  }
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(all.count(std::this_thread::get_id()), 0u);
}

// What gcc 12 is prone to get wrong: braced options and temporaries in co_await expressions.
TEST(Engine, OptionsAreWrittenInPlace) {
  std::atomic<int> posted{0};
  RawServer server([&](RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      if (request.find("{\"period\":\"a long text that is no small string\"}") !=
          std::string::npos) {
        ++posted;
      }
      const bool busy = request.find("/busy/") != std::string::npos;
      connection.write(
          busy ? "HTTP/1.1 503 Busy\r\nX-Why: full\r\nContent-Length: 7\r\n\r\n{\"a\":1}" : hello);
    }
  });
  bool fine = true;
  const RunRecord record = must_run(
      [&fine](User& user) -> Task<void> {
        const std::string id = std::to_string(user.iteration());
        auto busy =
            co_await user.get("/busy/and/a/path/that/is/long/" + id, {.name = "/busy/*",
                                                                      .timeout = 2s,
                                                                      .accept = {200, 503},
                                                                      .want_body = true,
                                                                      .want_headers = true});
        fine = fine && busy.ok() && busy.status == 503 && busy.json()["a"] == 1 &&
               busy.header("x-why") == "full";
        const http::Header header{"X-Id", id};
        auto posted_one = co_await user.post_json(
            "/post", std::string("{\"period\":\"a long text ") + "that is no small string\"}",
            {.timeout = 2s, .headers = {&header, 1}});
        fine = fine && posted_one.ok() && posted_one.body.empty() && posted_one.body_bytes == 5;
        auto refused = co_await user.get("/busy/" + id, {.name = "strict"});
        fine = fine && !refused.ok() && to_string(refused.outcome) == "http_error(503)";
      },
      users(3).operations(30), against(server));
  EXPECT_TRUE(fine);
  EXPECT_EQ(posted, 30);
  EXPECT_EQ(count(record, "ok", "/busy/*"), 30u);
  EXPECT_EQ(count(record, "ok", "/post"), 30u);
  EXPECT_EQ(count(record, "http_error(503)", "strict"), 30u);
  EXPECT_EQ(record.endpoints.size(), 3u);
}

TEST(Engine, AFailedCheckFailsItsRequest) {
  Hello hello_server;
  bool right = true;
  const RunRecord record = must_run(
      [&right](User& user) -> Task<void> {
        auto response = co_await user.get("/", {.want_body = true});
        right = right && user.check(response, response.body == "hello", "a greeting");
        const bool odd = user.iteration() % 2 == 1;
        right = right && user.check(response, odd, "an odd iteration") == odd;
        right = right && user.check(response, true, "still failed") == odd;
      },
      users(1).operations(10), against(hello_server.server));
  EXPECT_TRUE(right);
  EXPECT_EQ(count(record, "ok"), 5u);
  EXPECT_EQ(count(record, "check_failed"), 5u);
  for (const auto& cell : record.cells) {
    EXPECT_EQ(cell.example, cell.outcome.ok() ? "" : "check failed: an odd iteration");
  }
}

TEST(Engine, AnExceptionInAJourneyMakesTheRecordInvalid) {
  Hello hello_server;
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        auto first = co_await user.get("/");
        co_await user.get("/");
        user.check(first, true, "too late");
      },
      users(1).operations(3), against(hello_server.server));
  EXPECT_EQ(count(record, "ok"), 6u);
  EXPECT_FALSE(record.validity.valid);
  ASSERT_EQ(record.validity.reasons.size(), 1u);
  EXPECT_THAT(record.validity.reasons[0], HasSubstr("3 iterations ended by an exception"));
  EXPECT_THAT(record.validity.reasons[0], HasSubstr("'too late' comes too late"));
}

TEST(Engine, ArrivalsAreAllAccountedFor) {
  Hello hello_server;
  RunOptions options = against(hello_server.server);
  options.threads = 2;
  const RunRecord record =
      must_run(get_hello, rate(per_second(400)).uniform().hold(500ms), options);
  EXPECT_EQ(count(record, "ok"), 200u);
  EXPECT_EQ(hello_server.requests, 200);
  EXPECT_EQ(record.load.arrivals, "uniform");
  std::uint64_t bodies = 0;
  for (const auto& cell : record.cells) bodies += cell.bytes_received - cell.head_bytes;
  EXPECT_EQ(bodies, 200 * 5) << "hello, without its head";
  EXPECT_DOUBLE_EQ(record.windows.at(0).arrivals_asked, 200);
  EXPECT_EQ(record.windows.at(0).arrivals_begun, 200u);
}

Task<void> get_hello_thrice(User& user) {
  for (int i = 0; i < 3; ++i) co_await get_hello(user);
}

// What is asked for are sessions, not requests, and in each window as many as the plan has there.
TEST(Engine, ArrivalsAreCountedByWindowWhateverTheyDo) {
  Hello hello_server;
  const auto plan =
      rate(per_second(100)).uniform().ramp(200ms).hold(200ms).to(400).hold(100ms, "spike");
  const RunRecord record = must_run(get_hello_thrice, plan, against(hello_server.server));
  EXPECT_EQ(count(record, "ok"), 210u);
  ASSERT_GE(record.windows.size(), 3u);
  const double asked[] = {10, 20, 40};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_DOUBLE_EQ(record.windows[i].arrivals_asked, asked[i]);
    EXPECT_EQ(record.windows[i].arrivals_begun, static_cast<std::uint64_t>(asked[i]));
  }
}

TEST(Engine, DroppedArrivalsAreCountedAndNotSent) {
  std::atomic<int> requests{0};
  RawServer server([&](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      ++requests;
      std::this_thread::sleep_for(100ms);
      connection.write(hello);
    }
  });
  const RunRecord record = must_run(
      get_hello, rate(per_second(200)).uniform().hold(500ms).max_in_flight(3), against(server));
  EXPECT_EQ(count(record, "ok") + count(record, "dropped"), 100u);
  EXPECT_EQ(count(record, "ok"), static_cast<std::uint64_t>(requests));
  EXPECT_GT(count(record, "dropped"), 50u);
  EXPECT_EQ(record.windows.at(0).arrivals_begun, count(record, "ok"));
  EXPECT_LE(server.connections(), 3);
}

// A server that freezes: one at a time, and none for a while.
struct Freezing {
  std::mutex one_at_a_time;
  std::atomic<int> requests{0};
  RawServer server{[this](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      const std::lock_guard lock(one_at_a_time);
      if (++requests == 50) std::this_thread::sleep_for(300ms);
      connection.write(hello);
    }
  }};
};

// Coordinated omission: in the open model every arrival during the freeze has waited for it; one
// closed user meets it once and hides the rest.
TEST(Engine, AFreezeIsSeenByEveryArrivalThatMeetsIt) {
  const auto slow = [](const RunRecord& record) {
    std::uint64_t beyond = 0;
    for (const auto& cell : record.cells) {
      beyond += cell.response_time.count_between(30ms, 1h);
    }
    return beyond;
  };
  Freezing open;
  const RunRecord arrivals =
      must_run(get_hello, rate(per_second(200)).uniform().hold(1s), against(open.server));
  EXPECT_EQ(count(arrivals, "ok"), 200u);
  // 270 ms of 200/s wait for 30 ms and more.
  EXPECT_GE(slow(arrivals), 45u);

  Freezing closed;
  const RunRecord one_user = must_run(
      [](User& user) -> Task<void> {
        co_await user.get("/");
        co_await user.think(4ms);
      },
      users(1).hold(1s), against(closed.server));
  EXPECT_GE(slow(one_user), 1u);
  EXPECT_LT(slow(one_user), 20u);
}

TEST(Engine, AStopIsGracefulAtFirst) {
  Hello hello_server;
  RunOptions options = against(hello_server.server);
  StopRequest stop;
  options.stop = &stop;
  options.interval = 50ms;
  options.observer = [&](const Progress& progress) {
    if (progress.elapsed > 100ms && stop.level() == 0) stop.request("a test");
  };
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        co_await user.get("/first");
        co_await user.get("/second");
        if (user.index() % 2 == 0) co_await user.think(10ms, 1h);
      },
      users(4).hold(1h), options);
  EXPECT_EQ(record.completion, record::Completion::stopped);
  EXPECT_THAT(notes(record), HasSubstr("a test"));
  EXPECT_EQ(count(record, "ok", "/first"), count(record, "ok", "/second"));
  EXPECT_EQ(count(record, "cancelled"), 0u);
  EXPECT_LT(record.length, 1min);
}

TEST(Engine, ASecondStopCancelsWhatIsUnderWay) {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  RunOptions options = against(server);
  options.stop_timeout = 1h;
  StopRequest stop;
  options.stop = &stop;
  options.interval = 50ms;
  options.observer = [&](const Progress& progress) {
    if (progress.elapsed > 100ms) stop.request("twice");
  };
  const RunRecord record = must_run(get_hello, users(5).hold(1h), options);
  EXPECT_EQ(record.completion, record::Completion::stopped);
  EXPECT_EQ(count(record, "cancelled"), 5u);
  EXPECT_EQ(count(record), 5u);
  EXPECT_THAT(notes(record), HasSubstr("broken off by the end of the run: 5"));
}

TEST(Engine, AFrozenServiceDoesNotHoldUpTheEnd) {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  RunOptions options = against(server);
  options.stop_timeout = 100ms;
  const RunRecord record = must_run(get_hello, users(5).hold(100ms), options);
  EXPECT_EQ(record.completion, record::Completion::complete);
  EXPECT_EQ(count(record, "cancelled"), 5u);
  EXPECT_LT(record.length, 20s);
}

TEST(Engine, AServiceThatDiesEndsTheRunInTime) {
  auto dying = std::make_unique<Hello>();
  RunOptions options = against(dying->server);
  options.interval = 50ms;
  options.observer = [&](const Progress& progress) {
    if (progress.elapsed > 150ms) dying.reset();
  };
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        co_await user.get("/");
        co_await user.think(5ms);
      },
      users(5).hold(500ms), options);
  EXPECT_GT(count(record, "ok"), 0u);
  EXPECT_GT(count(record, "refused"), 0u);
  EXPECT_EQ(count(record), count(record, "ok") + count(record, "refused") + count(record, "reset"));
  EXPECT_EQ(record.completion, record::Completion::complete);
  EXPECT_LT(record.length, 20s);
}

TEST(Engine, RetriesAreCounted) {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.write(hello);
    connection.read_request();  // and closes without an answer
  });
  const RunRecord record = must_run(get_hello, users(1).operations(10), against(server));
  EXPECT_EQ(count(record, "ok"), 10u);
  EXPECT_THAT(notes(record), HasSubstr("closed the kept-alive one: 9"));
}

TEST(Engine, ANewConnectionPerRequestWhenAsked) {
  Hello hello_server;
  RunOptions options = against(hello_server.server);
  options.http.new_connection_per_request = true;
  const RunRecord record = must_run(get_hello, users(2).operations(20), options);
  EXPECT_EQ(count(record, "ok"), 20u);
  EXPECT_EQ(hello_server.server.connections(), 20);
  for (const auto& cell : record.cells) EXPECT_EQ(cell.connect.count(), cell.count);
}

TEST(Engine, OperationsNeedNoHost) {
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        user.operation("sum", [] { return Outcome{}; });
        user.operation("fail", []() -> Outcome { throw std::runtime_error("no sum"); });
        co_return;
      },
      users(2).operations(10), {});
  EXPECT_EQ(count(record, "ok", "sum"), 10u);
  EXPECT_EQ(count(record, "check_failed", "fail"), 10u);
}

TEST(Engine, MistakesAreErrors) {
  const auto message = [](const LoadPlan& plan, const std::string& host) {
    RunOptions options;
    options.host = host;
    const auto record = run(get_hello, plan, options);
    return record.ok() ? "none" : record.error().message;
  };
  const LoadPlan plan = users(1).operations(1);
  EXPECT_THAT(message(plan, "localhost:1"), HasSubstr("does not begin with http://"));
  EXPECT_THAT(message(plan, "http://no.such.host.invalid"), HasSubstr("cannot find the host"));
  EXPECT_THAT(message(users(0).hold(1s), "http://localhost"), HasSubstr("no users"));
  const auto record = run(Scenario{}, plan, {});
  ASSERT_FALSE(record.ok());
  EXPECT_THAT(record.error().message, HasSubstr("no user class"));
}

TEST(Engine, EndlessNamesAreCountedAsOne) {
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        user.operation("op " + std::to_string(user.iteration()), [] { return Outcome{}; });
        co_return;
      },
      users(1).operations(2000), {});
  EXPECT_EQ(count(record, "ok"), 2000u);
  EXPECT_EQ(record.endpoints.size(), 501u);
  EXPECT_EQ(count(record, "ok", "(further names)"), 1500u);
  EXPECT_THAT(notes(record), HasSubstr("more than 500 endpoints"));
}

}  // namespace
}  // namespace dyno::load
