// What a request may cost besides time: nothing is allocated for it once a run has warmed up.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/allocations.h"
#include "dyno/http/raw_server.h"
#include "dyno/load/engine.h"
#include "dyno/load/sending.h"
#include "dyno/scenario/reader.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t warm_up = 500;
constexpr std::int64_t counted = 4000;
// A histogram takes a page when a latency is the first of its power of two: a few in all, at any
// time.
constexpr std::int64_t pages = 100;

constexpr auto hello = "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 5\r\n\r\nhello";

// What the engine's thread allocates for `counted` iterations of one user.
std::int64_t allocations_of(const Journey& journey) {
  http::RawServer server([](http::RawConnection& connection) {
    while (!connection.read_request().empty()) {
      connection.write(hello);
    }
  });
  std::int64_t before = 0;
  std::int64_t after = 0;
  Scenario scenario([&](User& user) -> Task<void> {
    if (user.iteration() == warm_up) before = allocations_of_this_thread();
    co_await journey(user);
    if (user.iteration() == warm_up + counted) after = allocations_of_this_thread();
  });
  RunOptions options;
  options.name = "test";
  options.host = server.url();
  start_counting_allocations();
  const auto record = run(scenario, users(1).operations(warm_up + counted + 2), options);
  stop_counting_allocations();
  EXPECT_TRUE(record.ok());
  EXPECT_GT(after, 0) << "the run has ended early";
  return after - before;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SKIP_UNDER_SANITIZERS() GTEST_SKIP() << "frames of coroutines come from the heap here"
#else
#define SKIP_UNDER_SANITIZERS() static_assert(true)
#endif

TEST(RequestCost, AGetAllocatesNothing) {
  SKIP_UNDER_SANITIZERS();
  EXPECT_LT(allocations_of([](User& user) -> Task<void> {
              auto response = co_await user.get("/hello?a=1", {.timeout = 2s});
              user.check(response, response.status == 200, "200");
            }),
            pages);
}

TEST(RequestCost, APostAllocatesNothing) {
  SKIP_UNDER_SANITIZERS();
  EXPECT_LT(allocations_of([](User& user) -> Task<void> {
              co_await user.post_json("/hello", R"({"text":"long enough to be on the heap"})",
                                      {.name = "an operation with a long name of its own"});
            }),
            pages);
}

TEST(RequestCost, ARequestOfTheEnginesOwnJourneysAllocatesNothing) {
  SKIP_UNDER_SANITIZERS();
  http::Request request;
  std::string wire;
  EXPECT_LT(allocations_of([&](User& user) -> Task<void> {
              if (wire.empty()) wire = user.wire(request);
              request.wire = wire;
              const Outcome outcome = co_await send(user, request);
              EXPECT_TRUE(outcome.ok());
            }),
            pages);
}

// With all that a file may ask for: templates, a feeder, checks, an extraction, tags.
TEST(RequestCost, AStepOfAScenarioFileAllocatesNothing) {
  SKIP_UNDER_SANITIZERS();
  const auto file = scenario::parse_scenario(R"({
      "feeders": {"c": {"rows": [{"id": "one of a length that needs the heap, once"}, {"id": 2}]}},
      "tasks": [{"get": "/items/{{c.id}}/{{uniform 1 1000}}", "group": "/items/*", "tags": ["a"],
                 "headers": {"X-User": "{{user}}"}, "check": {"status": 200, "contains": "hello"},
                 "extract": {"word": {"regex": "h(el+)o"}}}]})",
                                             "f.json");
  ASSERT_TRUE(file) << file.error().message;
  http::RawServer server([](http::RawConnection& connection) {
    while (!connection.read_request().empty()) connection.write(hello);
  });
  Scenario steps(file->scenario);
  std::int64_t before = 0;
  std::int64_t after = 0;
  // Whose turn it is is drawn: a journey beside the steps looks at the count.
  std::uint64_t looks = 0;
  steps.classes.front().tasks.push_back({"look", 0.01, [&](User& user) -> Task<void> {
                                           if (user.iteration() > warm_up && before == 0) {
                                             before = allocations_of_this_thread();
                                           }
                                           after = allocations_of_this_thread();
                                           ++looks;
                                           co_return;
                                         }});
  RunOptions options;
  options.name = "test";
  options.host = server.url();
  start_counting_allocations();
  const auto record = run(steps, users(1).operations(warm_up + counted), options);
  stop_counting_allocations();
  ASSERT_TRUE(record.ok());
  EXPECT_GT(looks, 2u);
  EXPECT_GT(before, 0) << "nothing was counted";
  EXPECT_LT(after - before, pages);
}

// The count does count.
TEST(RequestCost, AStringPerRequestIsSeen) {
  EXPECT_GE(allocations_of([](User& user) -> Task<void> {
              const std::string text(100, 'x');
              co_await user.request({.method = "POST", .path = "/", .body = text});
            }),
            counted);
}

}  // namespace
}  // namespace dyno::load
