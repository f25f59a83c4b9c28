#include "dyno/load/event_stream.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/raw_server.h"
#include "dyno/http/test_gzip.h"
#include "dyno/load/engine.h"
#include "dyno/record/figures.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;
using http::RawConnection;
using http::RawServer;
using record::RunRecord;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string events_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

std::string chunk(const std::string& text) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

RunRecord run_one(const Scenario& scenario, const RawServer& server, RunOptions options = {}) {
  options.name = "test";
  options.host = server.url();
  auto record = run(scenario, users(1).operations(1), options);
  EXPECT_TRUE(record.ok()) << (record.ok() ? "" : record.error().message);
  if (!record.ok()) return {};
  EXPECT_TRUE(record->validity.valid) << testing::PrintToString(record->validity.reasons);
  return *record;
}

// The only cell that a run of one stream leaves in all windows together.
record::Cell all_of(const RunRecord& record, std::string_view outcome) {
  record::Cell sum;
  for (const auto& cell : record.cells) {
    if (to_string(cell.outcome) == outcome) sum.merge(cell);
  }
  return sum;
}

TEST(EventStream, EventsOfAChatAreRecorded) {
  RawServer server([](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write(events_head);
      connection.write(chunk(": welcome\n\ndata: Hel"));
      connection.write(chunk("lo\n\nevent: word\nid: 7\ndata: wor"));
      connection.write(chunk("ld\n\ndata: [DONE]\n\n"));
      connection.write("0\r\n\r\n");
    }
  });
  std::vector<std::string> seen;
  Response end;
  std::uint64_t tokens = 0;
  const RunRecord record = run_one(
      [&](User& user) -> Task<void> {
        RequestOptions options;
        options.want_headers = true;
        options.tokens = [](const http::Event& event) {
          return std::uint64_t{event.data == "[DONE]" ? 0u : 2u};
        };
        for (int i = 0; i < 2; ++i) {
          auto stream =
              co_await user.open({.method = "POST", .path = "/chat", .body = "hi"}, options);
          EXPECT_TRUE(stream.ok());
          EXPECT_EQ(stream.response().status, 200);
          while (true) {
            const http::Event* const event = co_await stream.next();
            if (!event) break;
            seen.push_back(event->type + "/" + event->id + "/" + event->data);
          }
          EXPECT_EQ(stream.events(), 3u);
          tokens += stream.tokens();
          end = stream.response();
          EXPECT_TRUE(user.check(end, seen.size() >= 3, "three events"));
        }
      },
      server);
  EXPECT_THAT(seen, ElementsAre("message//Hello", "word/7/world", "message/7/[DONE]",
                                "message//Hello", "word/7/world", "message/7/[DONE]"));
  EXPECT_TRUE(end.ok());
  EXPECT_EQ(tokens, 8u);
  EXPECT_EQ(end.header("transfer-encoding"), "chunked");
  EXPECT_EQ(server.connections(), 1) << "a stream that was read to its end leaves the connection";
  const record::Cell cell = all_of(record, "ok");
  EXPECT_EQ(cell.count, 2u);
  EXPECT_EQ(cell.events, 6u);
  EXPECT_EQ(cell.tokens, 8u);
  EXPECT_EQ(cell.gap.count(), 4u);
  EXPECT_EQ(cell.first_event.count(), 2u);
  EXPECT_EQ(cell.token_time.count() <= 2, true);
  EXPECT_GE(cell.first_event.min(), cell.first_byte.min());
  EXPECT_EQ(record::figure(record, {.figure = "tokens", .window = "*"}).value, 8);
  EXPECT_EQ(record::figure(record, {.figure = "gap.p50", .window = "*"}).samples, 4u);
}

// Gaps are what the service made them: each event waits for the journey's word.
TEST(EventStream, GapsAreAsLongAsTheServiceMakesThem) {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.write(events_head);
    for (int i = 0; i < 4; ++i) {
      connection.write(chunk("data: x\n\n"));
      std::this_thread::sleep_for(20ms);
    }
    connection.write("0\r\n\r\n");
    connection.wait_for_close();
  });
  const RunRecord record = run_one(
      [](User& user) -> Task<void> {
        auto stream = co_await user.open({.path = "/events"});
        while (true) {
          const http::Event* const event = co_await stream.next();
          if (!event) break;
        }
      },
      server);
  const record::Cell cell = all_of(record, "ok");
  EXPECT_EQ(cell.events, 4u);
  EXPECT_EQ(cell.tokens, 4u) << "an event is a token when nobody counts";
  EXPECT_EQ(cell.gap.count(), 3u);
  // What a busy machine makes longer here, it makes shorter there: their sum holds.
  EXPECT_GE(cell.service_time.max(), 60ms);
  EXPECT_LE(cell.gap.sum() + cell.first_event.max(), cell.service_time.max());
  EXPECT_EQ(cell.token_time.count(), 1u);
  EXPECT_NEAR(static_cast<double>(cell.token_time.sum().count()),
              static_cast<double>(cell.gap.sum().count()) / 3, 3);
  const auto speed = record::figure(record, {.figure = "tokens_per_second.p50", .window = "*"});
  ASSERT_TRUE(speed.known()) << speed.why;
  EXPECT_NEAR(speed.value * static_cast<double>(cell.token_time.max().count()), 1e9, 1e6);
}

TEST(EventStream, ChunksOfOtherAnswers) {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.write(chunk("{\"a\": 1}\n") + chunk("{\"b\"").substr(0, 5));
    connection.wait_until_taken();
    connection.write(chunk("{\"b\"").substr(5) + chunk("last") + "0\r\n\r\n");
    connection.wait_for_close();
  });
  std::vector<std::string> seen;
  run_one(
      [&](User& user) -> Task<void> {
        auto stream = co_await user.open({.path = "/lines"});
        while (true) {
          const http::Event* const event = co_await stream.next();
          if (!event) break;
          seen.push_back(event->type + event->data);
        }
      },
      server);
  EXPECT_THAT(seen, ElementsAre("{\"a\": 1}\n", "{\"b\"", "last"));
}

TEST(EventStream, DecodesWhatItAskedToBeCompressed) {
  const std::string packed = http::deflated("data: one\n\ndata: two\n\n");
  RawServer server([&](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
          "Content-Encoding: gzip\r\nContent-Length: " +
          std::to_string(packed.size()) + "\r\n\r\n" + packed);
    }
  });
  std::vector<std::string> seen;
  run_one(
      [&](User& user) -> Task<void> {
        auto stream = co_await user.open({.path = "/events"}, {.compressed = true});
        while (true) {
          const http::Event* const event = co_await stream.next();
          if (!event) break;
          seen.push_back(event->data);
        }
      },
      server);
  EXPECT_THAT(seen, ElementsAre("one", "two"));
}

// A server that sends an event a connection and then waits for its close.
RawServer::Handler one_event() {
  return [](RawConnection& connection) {
    if (connection.read_request().empty()) return;
    connection.write(events_head + chunk("data: one\n\n"));
    connection.wait_for_close();
  };
}

TEST(EventStream, OneThatIsLeftClosesItsConnectionAndIsNoFailure) {
  RawServer server(one_event());
  const auto open_and_see = [](User& user) -> Task<EventStream> {
    auto stream = co_await user.open({.path = "/events"});
    const http::Event* const event = co_await stream.next();
    EXPECT_TRUE(event && event->data == "one");
    co_return stream;
  };
  const RunRecord record = run_one(
      [&](User& user) -> Task<void> {
        {
          auto closed = co_await open_and_see(user);
          closed.close();
          EXPECT_TRUE(user.check(closed.response(), true, "it can be judged"));
          const http::Event* const none = co_await closed.next();
          EXPECT_EQ(none, nullptr);
        }
        { auto destroyed = co_await open_and_see(user); }
        auto replaced = co_await open_and_see(user);
        auto last = co_await open_and_see(user);
        EXPECT_TRUE(replaced.response().ok());
      },
      server);
  EXPECT_EQ(server.connections(), 4);
  EXPECT_EQ(all_of(record, "ok").count, 4u);
  EXPECT_EQ(all_of(record, "ok").events, 4u);
  EXPECT_EQ(record.cells.size(), 1u);
}

TEST(EventStream, TheWaitForAnEventIsLimited) {
  RawServer server(one_event());
  const RunRecord record = run_one(
      [](User& user) -> Task<void> {
        auto stream = co_await user.open({.path = "/events"}, {.event_timeout = 50ms});
        const http::Event* event = co_await stream.next();
        while (event) event = co_await stream.next();
        EXPECT_EQ(to_string(stream.response().outcome), "timeout(body)");
        EXPECT_FALSE(stream.ok());
      },
      server);
  EXPECT_EQ(all_of(record, "timeout(body)").count, 1u);
  EXPECT_THAT(all_of(record, "timeout(body)").example, HasSubstr("GET /events"));
}

TEST(EventStream, WhatBreaksInTheMiddleIsAFailureAfterItsEvents) {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.write(events_head + chunk("data: one\n\n") + chunk("data: two\n\n"));
    connection.wait_until_taken();
  });
  std::vector<std::string> seen;
  const RunRecord record = run_one(
      [&](User& user) -> Task<void> {
        auto stream = co_await user.open({.path = "/events"});
        const http::Event* event = co_await stream.next();
        for (; event; event = co_await stream.next()) seen.push_back(event->data);
        EXPECT_EQ(to_string(stream.response().outcome), "truncated");
      },
      server);
  EXPECT_THAT(seen, ElementsAre("one", "two"));
  EXPECT_EQ(all_of(record, "truncated").count, 1u);
  EXPECT_EQ(all_of(record, "ok").count, 0u);
  EXPECT_EQ(all_of(record, "ok").events, 2u) << "they came while all was well";
}

TEST(EventStream, AnErrorGivesNoEvents) {
  RawServer server([](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write(
          "HTTP/1.1 503 Busy\r\nContent-Type: text/event-stream\r\n"
          "Content-Length: 13\r\n\r\ndata: sorry\n\n");
    }
  });
  const RunRecord record = run_one(
      [](User& user) -> Task<void> {
        for (int i = 0; i < 2; ++i) {
          auto stream = co_await user.open({.path = "/events"}, {.want_body = true});
          EXPECT_FALSE(stream.ok());
          const http::Event* const event = co_await stream.next();
          EXPECT_EQ(event, nullptr);
          EXPECT_EQ(stream.response().body, "data: sorry\n\n");
        }
      },
      server);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(all_of(record, "http_error(503)").count, 2u);
  EXPECT_EQ(all_of(record, "http_error(503)").events, 0u);
}

TEST(EventStream, OneThatCannotBeOpened) {
  std::string url;
  {
    url = RawServer([](RawConnection&) {}).url();
  }
  RunOptions options;
  options.host = url;
  const auto record = run(
      [](User& user) -> Task<void> {
        auto stream = co_await user.open({.path = "/events"});
        EXPECT_EQ(to_string(stream.response().outcome), "refused");
        const http::Event* const event = co_await stream.next();
        EXPECT_EQ(event, nullptr);
      },
      users(1).operations(1), options);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(all_of(*record, "refused").count, 1u);
}

// The stop of a run destroys the journey where it waits for an event.
TEST(EventStream, OneUnderWayWhenTheRunEndsIsCancelled) {
  RawServer server(one_event());
  RunOptions options;
  options.host = server.url();
  options.stop_timeout = 50ms;
  const auto record = run(
      [](User& user) -> Task<void> {
        auto stream = co_await user.open({.path = "/events"});
        const http::Event* event = co_await stream.next();
        while (event) event = co_await stream.next();
      },
      users(3).hold(100ms), options);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(all_of(*record, "cancelled").count, 3u);
  EXPECT_EQ(all_of(*record, "ok").count, 0u);
}

}  // namespace
}  // namespace dyno::load
