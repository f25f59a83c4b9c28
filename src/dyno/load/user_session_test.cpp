// Sessions of users in whole runs: what is sent, what the journey sees, and what is recorded.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/scripted_service.h"
#include "dyno/load/engine.h"
#include "dyno/load/user_state.h"
#include "dyno/record/run_record_json.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;
using http::answer;
using http::redirect_to;
using http::ScriptedService;
using http::wire_target;
using metrics::OutcomeKind;
using record::RunRecord;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

RunRecord must_run(const Scenario& scenario, const LoadPlan& plan, ScriptedService& service,
                   const http::Settings& settings = {}, StopRequest* stop = nullptr) {
  RunOptions options;
  options.host = service.url();
  options.http = settings;
  options.stop = stop;
  options.stop_timeout = 100ms;
  auto record = run(scenario, plan, options);
  EXPECT_TRUE(record.ok()) << (record.ok() ? "" : record.error().message);
  return record.ok() ? *record : RunRecord{};
}

// The one cell of that outcome.
record::Cell cell_of(const RunRecord& record, std::string_view outcome) {
  record::Cell sum;
  for (const auto& cell : record.cells) {
    if (to_string(cell.outcome) == outcome) sum.merge(cell);
  }
  return sum;
}

http::Settings keeping_cookies() {
  http::Settings settings;
  settings.cookies = true;
  return settings;
}

TEST(UserSession, NoneIsMadeWhereNothingAsksForOne) {
  SteadyClock clock;
  async::EventLoop loop(clock);
  metrics::Recorder recorder({{metrics::WindowKind::steady, 0s, 1h, ""}}, clock.now());
  Endpoints endpoints;
  const auto with = [&](const http::Settings& settings) {
    const auto destination =
        http::make_destination(http::parse_url("http://127.0.0.1:1").value(), settings);
    http::ClientContext http{.loop = loop, .destination = destination.value()};
    UserContext context{.loop = loop,
                        .recorder = recorder,
                        .endpoints = EndpointMemory(endpoints),
                        .http = &http,
                        .timeout = 1s};
    User::State state(context);
    state.begin(0, 1, clock.now());
    const bool made = state.session != nullptr;
    state.user.cookies();
    EXPECT_NE(state.session, nullptr);
    state.begin(0, 2, clock.now());
    EXPECT_EQ(state.session != nullptr, made);  // a new user asks for nothing itself
    return made;
  };
  EXPECT_FALSE(with({}));
  EXPECT_TRUE(with(keeping_cookies()));
  UserContext no_host{
      .loop = loop, .recorder = recorder, .endpoints = EndpointMemory(endpoints), .http = nullptr};
  User::State state(no_host);
  EXPECT_THROW(state.user.cookies(), std::logic_error);
}

TEST(UserSession, AChainIsOneSampleThatTheJourneySeesTheEndOf) {
  ScriptedService service([](const std::string& request) -> std::string {
    if (wire_target(request) == "/a") {
      std::this_thread::sleep_for(5ms);
      return redirect_to("/b");
    }
    return "HTTP/1.1 200 OK\r\nX-End: yes\r\nContent-Length: 3\r\n\r\nend";
  });
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        const Response followed = co_await user.get(
            "/a", {.follow_redirects = 5, .want_body = true, .want_headers = true});
        EXPECT_EQ(followed.status, 200);
        EXPECT_EQ(followed.redirects, 1u);
        EXPECT_EQ(followed.body, "end");
        EXPECT_EQ(followed.header("x-end"), "yes");
        EXPECT_GE(followed.service_time, 5ms);
        const Response plain = co_await user.get("/a");
        EXPECT_EQ(plain.status, 302);
        EXPECT_EQ(plain.redirects, 0u);
        EXPECT_EQ(plain.head, "");
      },
      users(1).operations(1), service);
  const record::Cell ok = cell_of(record, "ok");
  EXPECT_EQ(ok.count, 2u);
  EXPECT_EQ(ok.redirects, 1u);
  EXPECT_EQ(record.endpoints.size(), 1u);
  EXPECT_GE(ok.response_time.max(), 5ms);
}

TEST(UserSession, CookiesAreOfOneUserAndEndWithIt) {
  ScriptedService service([](const std::string& request) {
    const std::string sent(http::find_header(request, "Cookie"));
    return answer(200, sent.empty() ? "Set-Cookie: n=1\r\n" : "");
  });
  const auto twice = [](User& user) -> Task<void> {
    co_await user.get("/first");
    EXPECT_EQ(user.cookies().get("n"), "1");
    co_await user.get("/second");
  };
  // Sessions that follow each other, so that the second goes over what the first has left.
  must_run(twice, rate(per_second(4)).uniform().hold(500ms).max_in_flight(1), service,
           keeping_cookies());
  EXPECT_THAT(service.take_lines(), ElementsAre("GET /first", "GET /second Cookie: n=1",
                                                "GET /first", "GET /second Cookie: n=1"));
}

TEST(UserSession, AUserMayAuthenticateItself) {
  ScriptedService service([](const std::string&) { return answer(401, "X: y\r\n"); });
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        const auto name = fmt::format("user{}", user.index());
        user.authenticate(http::basic(name, "topsecret").value());
        const http::Header header[] = {{"X-Own", "1"}};
        co_await user.request({.path = "/x", .headers = header}, {.headers = header});
        user.authenticate(http::bearer("topsecret").value());
        co_await user.get("/x");
      },
      users(1).operations(1), service);
  EXPECT_THAT(service.take_lines(),
              ElementsAre("GET /x Authorization: Basic " + http::base64("user0:topsecret"),
                          "GET /x Authorization: Bearer topsecret"));
  EXPECT_EQ(cell_of(record, "http_error(401)").count, 2u);
  const std::string all = record::to_json(record).dump();
  EXPECT_THAT(all,
              AllOf(Not(HasSubstr("topsecret")), Not(HasSubstr(http::base64("user0:topsecret")))));
}

TEST(UserSession, HeadersOfOptionsComeBesidesThoseOfTheRequest) {
  ScriptedService service([](const std::string&) { return answer(200); });
  must_run(
      [](User& user) -> Task<void> {
        const http::Header own[] = {{"X-A", "1"}, {"X-B", "2"}};
        const http::Header further[] = {{"X-B", "3"}, {"X-C", "4"}};
        co_await user.request({.path = "/", .headers = own}, {.headers = further});
      },
      users(1).operations(1), service);
  ASSERT_EQ(service.requests().size(), 1u);
  const std::string request = service.requests().front();
  EXPECT_THAT(request, HasSubstr("\r\nX-A: 1\r\nX-B: 3\r\nX-C: 4\r\n"));
  EXPECT_THAT(request, Not(HasSubstr("X-B: 2")));
}

TEST(UserSession, RetriesAreCountedAndTheSampleIsOfAllAttempts) {
  int asked = 0;
  ScriptedService service([&](const std::string&) {
    return ++asked % 3 == 0 ? answer(200) : answer(503, "Retry-After: 0\r\n");
  });
  http::Settings settings;
  settings.retries.most = 2;
  settings.retries.first_pause = 4ms;
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        const Response response = co_await user.get("/");
        EXPECT_EQ(response.retries, 2u);
        EXPECT_GE(response.service_time, 2ms + 4ms);  // the pauses at their shortest
      },
      users(1).operations(4), service, settings);
  EXPECT_EQ(cell_of(record, "ok").count, 4u);
  EXPECT_EQ(cell_of(record, "ok").retries, 8u);
  EXPECT_GE(cell_of(record, "ok").response_time.min(), 6ms);
  EXPECT_THAT(record.notes, Contains(HasSubstr("further attempts of requests that were turned "
                                               "away: 8")));
}

TEST(UserSession, WaitingForAConnectionIsRecordedAsThatAndNotAsLateness) {
  ScriptedService service([](const std::string&) {
    std::this_thread::sleep_for(5ms);
    return answer(200);
  });
  http::Settings settings;
  settings.max_connections = 2;
  const RunRecord record = must_run([](User& user) -> Task<void> { co_await user.get("/"); },
                                    users(8).operations(8), service, settings);
  const record::Cell ok = cell_of(record, "ok");
  EXPECT_EQ(ok.count, 8u);
  EXPECT_EQ(service.connections(), 2);
  EXPECT_EQ(ok.queued.count(), 6u);
  EXPECT_GE(ok.queued.max(), 15ms);               // behind three others on its connection
  EXPECT_GE(ok.response_time.max(), 20ms);        // which the response time tells, …
  EXPECT_LT(ok.lateness.max(), ok.queued.max());  // … and lateness does not
  EXPECT_THAT(record.notes, Contains(HasSubstr("at most 2 connections: 6 requests waited")));
}

TEST(UserSession, AStopBreaksOffWhoWaitsForAConnection) {
  std::atomic<bool> release{false};
  StopRequest stop;
  ScriptedService service([&](const std::string&) {
    stop.request_now("enough");
    while (!release) std::this_thread::sleep_for(1ms);
    return answer(200);
  });
  http::Settings settings;
  settings.max_connections = 1;
  const RunRecord record = must_run([](User& user) -> Task<void> { co_await user.get("/"); },
                                    users(3).hold(1h), service, settings, &stop);
  release = true;
  const record::Cell cancelled = cell_of(record, "cancelled");
  EXPECT_EQ(cancelled.count, 3u);
  EXPECT_EQ(cancelled.queued.count(), 2u);
  EXPECT_EQ(cancelled.response_time.below_range(), 0u);
  EXPECT_EQ(cancelled.lateness.below_range(), 0u);
}

TEST(UserSession, ThreadsDivideTheConnectionsAmongThem) {
  ScriptedService service([](const std::string&) { return answer(200); });
  RunOptions options;
  options.host = service.url();
  options.http.max_connections = 3;
  options.threads = 4;
  const auto record = run([](User& user) -> Task<void> { co_await user.get("/"); },
                          users(9).operations(90), options);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->load.threads, 3u);
  EXPECT_LE(service.connections(), 3);
}

// A journey that reads one stream to its end.
Task<void> listen(User& user, std::string_view path) {
  EventStream stream = co_await user.open({.path = path}, {});
  while (true) {
    const http::Event* const event = co_await stream.next();
    if (!event) break;
  }
}

std::string two_events(const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + headers +
         "Content-Length: 18\r\n\r\ndata: 1\n\ndata: 2\n\n";
}

TEST(UserSession, AStreamIsOfTheSessionToo) {
  ScriptedService service([](const std::string& request) {
    const std::string sent(http::find_header(request, "Cookie"));
    return two_events(sent.empty() ? "Set-Cookie: n=1\r\n" : "");
  });
  const RunRecord record = must_run(
      [](User& user) -> Task<void> {
        user.authenticate(http::bearer("topsecret").value());
        co_await listen(user, "/first");
        co_await listen(user, "/second");
        co_await user.get("/third");
      },
      users(1).operations(1), service, keeping_cookies());
  EXPECT_THAT(service.take_lines(),
              ElementsAre("GET /first Authorization: Bearer topsecret",
                          "GET /second Authorization: Bearer topsecret Cookie: n=1",
                          "GET /third Authorization: Bearer topsecret Cookie: n=1"));
  EXPECT_EQ(cell_of(record, "ok").events, 4u);
  EXPECT_EQ(service.connections(), 1);
}

TEST(UserSession, AStreamTakesOneOfTheConnectionsThatThereAre) {
  ScriptedService service([](const std::string&) {
    std::this_thread::sleep_for(5ms);
    return two_events();
  });
  http::Settings settings;
  settings.max_connections = 2;
  const RunRecord record = must_run([](User& user) -> Task<void> { co_await listen(user, "/"); },
                                    users(8).operations(8), service, settings);
  const record::Cell ok = cell_of(record, "ok");
  EXPECT_EQ(ok.count, 8u);
  EXPECT_EQ(service.connections(), 2);
  EXPECT_EQ(ok.queued.count(), 6u);
  EXPECT_GE(ok.queued.max(), 15ms);
  EXPECT_LT(ok.lateness.max(), ok.queued.max());
}

TEST(UserSession, AStreamThatIsLeftGivesItsConnectionUp) {
  ScriptedService service([](const std::string&) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
           "chunked\r\n\r\n"
           "9\r\ndata: 1\n\n\r\n";  // and no end
  });
  http::Settings settings;
  settings.max_connections = 1;
  must_run(
      [](User& user) -> Task<void> {
        for (int i = 0; i < 3; ++i) {
          EventStream stream = co_await user.open({.path = "/"}, {});
          const http::Event* const event = co_await stream.next();
          EXPECT_TRUE(event);
        }
      },
      users(2).operations(2), service, settings);
  EXPECT_EQ(service.connections(), 6);
}

}  // namespace
}  // namespace dyno::load
