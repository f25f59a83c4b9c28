#include "dyno/http/session.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/async/scope.h"
#include "dyno/http/body_source.h"
#include "dyno/http/scripted_service.h"

namespace dyno::http {
namespace {

using namespace std::chrono_literals;
using async::Task;
using metrics::Outcome;
using metrics::OutcomeKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Settings following(std::uint32_t most = 10) {
  Settings settings;
  settings.follow_redirects = most;
  return settings;
}

Settings keeping_cookies() {
  Settings settings = following();
  settings.cookies = true;
  return settings;
}

Settings retrying(std::uint32_t most) {
  Settings settings;
  settings.retries.most = most;
  settings.retries.first_pause = 2ms;
  return settings;
}

// The users of one loop against one host.
class Users {
 public:
  explicit Users(const std::string& url, Settings settings = {})
      : destination_(make_destination(parse_url(url).value(), std::move(settings)).value()) {
    const std::uint32_t most = destination_.settings.max_connections;
    if (most > 0) context_.pool = std::make_unique<ConnectionPool>(loop_, most);
  }

  Exchange fetch(Request request = {}, SessionOptions options = {}) {
    Exchange exchange;
    loop_.run(session_.exchange(request, {.want_body = true}, options, leave_, exchange));
    chain_ = session_.take_chain();
    EXPECT_LE(exchange.sent, exchange.first_byte);
    EXPECT_LE(exchange.first_byte, exchange.last_byte);
    return exchange;
  }
  Exchange get(std::string_view path, SessionOptions options = {}) {
    return fetch({.path = path}, options);
  }

  Session& session() { return session_; }
  const Chain& chain() const { return chain_; }
  ClientContext& context() { return context_; }
  async::EventLoop& loop() { return loop_; }
  async::StopSource& leave() { return leave_; }

 private:
  SteadyClock clock_;
  async::EventLoop loop_{clock_};
  Destination destination_;
  ClientContext context_{.loop = loop_, .destination = destination_};
  Client client_{context_};
  async::StopSource leave_;
  Session session_{client_, context_, 1};
  Chain chain_;
};

Outcome http_error(std::uint16_t status) { return {OutcomeKind::http_error, status}; }

TEST(Session, IsNeededOnlyWhereAskedFor) {
  EXPECT_FALSE(need_session({}));
  Settings fixed;
  fixed.credentials = bearer("t").value();
  fixed.max_requests_per_connection = 1;
  EXPECT_FALSE(need_session(fixed));
  EXPECT_TRUE(need_session(following()));
  EXPECT_TRUE(need_session(retrying(1)));
  Settings settings;
  settings.cookies = true;
  EXPECT_TRUE(need_session(settings));
  settings = {};
  settings.max_connections = 1;
  EXPECT_TRUE(need_session(settings));
}

TEST(Session, FollowsRedirectsAndMeasuresTheWhole) {
  ScriptedService service([](const std::string& request) -> std::string {
    if (wire_target(request) == "/api/a") return redirect_to("b?x", 302, "X-Pad: 123456\r\n");
    if (wire_target(request) == "/api/b?x") return redirect_to("/c", 307);
    return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  });
  Users users(service.url() + "/api", following());
  const Exchange exchange = users.fetch({.method = "POST", .path = "/a", .body = "body"});
  EXPECT_TRUE(exchange.outcome.ok()) << exchange.reason;
  EXPECT_EQ(exchange.status, 200);
  EXPECT_EQ(exchange.body, "hello");
  EXPECT_EQ(users.chain().redirects, 2u);
  EXPECT_EQ(service.connections(), 1);
  std::uint64_t sent = 0;
  for (const std::string& request : service.requests()) sent += request.size();
  EXPECT_EQ(exchange.bytes_sent, sent);
  EXPECT_EQ(exchange.bytes_received,
            redirect_to("b?x", 302, "X-Pad: 123456\r\n").size() + redirect_to("/c", 307).size() +
                std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").size());
  EXPECT_GT(exchange.connect, 0ns);  // of the first, which is not forgotten
  EXPECT_THAT(service.take_lines(), ElementsAre("POST /api/a [body]", "GET /api/b?x", "GET /c"));
}

TEST(Session, A307KeepsMethodAndBody) {
  ScriptedService service([](const std::string& request) {
    return wire_target(request) == "/a" ? redirect_to("/b", 307) : answer(201);
  });
  Users users(service.url(), following());
  const Exchange exchange =
      users.fetch({.method = "PUT", .path = "/a", .body = "body", .content_type = "text/plain"});
  EXPECT_EQ(exchange.status, 201);
  EXPECT_THAT(service.take_lines(), ElementsAre("PUT /a [body] Content-Type: text/plain",
                                                "PUT /b [body] Content-Type: text/plain"));
}

TEST(Session, ABodyFromASourceIsSentAgainFromItsBeginning) {
  int asked = 0;
  ScriptedService service([&](const std::string& request) {
    if (wire_target(request) == "/a") return redirect_to("/b", 307);
    if (wire_target(request) == "/c") return redirect_to("/d", 303);
    return ++asked == 1 ? answer(503) : answer(200);
  });
  Settings settings = following();
  settings.retries.most = 1;
  settings.retries.first_pause = 1ms;
  Users users(service.url(), settings);
  users.session().cookies().set("n", "1");
  GeneratedBody body(
      [](std::uint64_t offset, std::span<char> buffer) -> std::size_t {
        const std::string_view left = std::string_view("body").substr(offset, buffer.size());
        std::copy(left.begin(), left.end(), buffer.begin());
        return left.size();
      },
      4);
  EXPECT_EQ(users.fetch({.method = "PUT", .path = "/a", .source = &body}).status, 200);
  EXPECT_THAT(service.take_lines(),
              ElementsAre("PUT /a [body] Cookie: n=1", "PUT /b [body] Cookie: n=1",
                          "PUT /b [body] Cookie: n=1"));
  body.rewind();
  EXPECT_EQ(users.fetch({.method = "PUT", .path = "/c", .source = &body}).status, 200);
  EXPECT_THAT(service.take_lines(), ElementsAre("PUT /c [body] Cookie: n=1", "GET /d Cookie: n=1"));
}

TEST(Session, AnswersThatAreNotFollowed) {
  ScriptedService service([](const std::string&) { return redirect_to("/b"); });
  Users users(service.url(), following());
  EXPECT_EQ(users.get("/a", {.follow_redirects = 0}).status, 302);
  const Exchange accepted = users.get("/a", {.accept = {302}});
  EXPECT_TRUE(accepted.outcome.ok());
  EXPECT_EQ(accepted.status, 302);
  EXPECT_EQ(service.requests().size(), 2u);
  Users others(service.url());
  EXPECT_TRUE(others.get("/a").outcome.ok());
  EXPECT_EQ(others.chain().redirects, 0u);
  EXPECT_EQ(others.get("/a", {.follow_redirects = 3}).outcome, http_error(302));
  EXPECT_EQ(others.chain().redirects, 3u);
}

TEST(Session, ALoopEndsAtTheLimitAndSaysSo) {
  ScriptedService service([](const std::string& request) {
    return redirect_to(wire_target(request) == "/a" ? "/b?secret" : "/a", 301);
  });
  Users users(service.url(), following(4));
  const Exchange exchange = users.get("/a");
  EXPECT_EQ(exchange.outcome, http_error(301));
  EXPECT_THAT(exchange.reason, HasSubstr("after 4 redirects in a row (a loop?)"));
  EXPECT_THAT(exchange.reason, HasSubstr(service.url() + "/b"));
  EXPECT_THAT(exchange.reason, Not(HasSubstr("secret")));
  EXPECT_EQ(service.requests().size(), 5u);
}

TEST(Session, ARedirectElsewhereIsRefusedAndNothingIsSentThere) {
  ScriptedService other([](const std::string&) { return answer(200); });
  ScriptedService service([&](const std::string&) {
    return redirect_to(other.url() + "/x?token=secret", 307, "Set-Cookie: a=1\r\n");
  });
  Settings settings = keeping_cookies();
  settings.credentials = bearer("topsecret").value();
  Users users(service.url(), settings);
  const Exchange exchange = users.fetch({.method = "POST", .path = "/a", .body = "body"});
  EXPECT_EQ(exchange.outcome, http_error(307));
  EXPECT_THAT(exchange.reason, HasSubstr("leads to " + other.url() + "/x, not the service"));
  EXPECT_THAT(exchange.reason, Not(HasSubstr("secret")));
  EXPECT_EQ(other.connections(), 0);
}

TEST(Session, ARedirectWithoutALocationIsAFailure) {
  ScriptedService service([](const std::string&) { return answer(303); });
  Users users(service.url(), following());
  const Exchange exchange = users.get("/a");
  EXPECT_EQ(exchange.outcome, http_error(303));
  EXPECT_THAT(exchange.reason, HasSubstr("Location"));
}

TEST(Session, AFailureAfterARedirectSaysWhere) {
  ScriptedService service([](const std::string& request) {
    return wire_target(request) == "/a" ? redirect_to("/b?secret") : std::string();
  });
  Users users(service.url(), following());
  const Exchange exchange = users.get("/a");
  EXPECT_EQ(exchange.outcome.kind, OutcomeKind::reset);
  EXPECT_TRUE(exchange.reason.ends_with(" (redirected to /b)")) << exchange.reason;
}

TEST(Session, CookiesAreKeptAndSentBack) {
  ScriptedService service([](const std::string& request) -> std::string {
    if (wire_target(request) == "/login") {
      return redirect_to("/home", 302,
                         "Set-Cookie: sid=7; Path=/; HttpOnly\r\nSet-Cookie: tls=1; Secure\r\n"
                         "Set-Cookie: home=2; Path=/home\r\n");
    }
    if (wire_target(request) == "/logout") {
      return answer(200, "Set-Cookie: sid=; Path=/; Max-Age=0\r\n");
    }
    return answer(200);
  });
  Users users(service.url(), keeping_cookies());
  users.fetch({.method = "POST", .path = "/login", .body = "u"});
  users.get("/");
  const Header own[] = {{"Cookie", "mine=1"}};
  users.fetch({.path = "/", .headers = own});
  users.session().cookies().set("added", "3");
  users.get("/homes");
  users.get("/logout");
  users.get("/");
  EXPECT_THAT(
      service.take_lines(),
      ElementsAre("POST /login [u]", "GET /home Cookie: home=2; sid=7", "GET / Cookie: sid=7",
                  "GET / Cookie: mine=1", "GET /homes Cookie: sid=7; added=3",
                  "GET /logout Cookie: sid=7; added=3", "GET / Cookie: added=3"));
}

TEST(Session, CookiesOfANewUserAreNoneAndWithoutTheSettingNoneAreKept) {
  ScriptedService service([](const std::string&) { return answer(200, "Set-Cookie: a=1\r\n"); });
  Users users(service.url(), keeping_cookies());
  users.get("/");
  users.get("/");
  users.session().begin(2);
  users.get("/");
  EXPECT_THAT(service.take_lines(), ElementsAre("GET /", "GET / Cookie: a=1", "GET /"));
  Users without(service.url(), following());
  without.get("/");
  without.get("/");
  EXPECT_THAT(service.take_lines(), ElementsAre("GET /", "GET /"));
  without.session().cookies();  // from now on
  without.get("/");
  without.get("/");
  EXPECT_THAT(service.take_lines(), ElementsAre("GET /", "GET / Cookie: a=1"));
}

TEST(Session, AUserMayHaveCredentialsOfItsOwn) {
  ScriptedService service([](const std::string&) { return answer(200); });
  Settings settings = following();
  settings.credentials = bearer("run").value();
  Users users(service.url(), settings);
  users.get("/");
  users.session().authenticate(basic("a", "b").value());
  users.get("/");
  users.session().authenticate({});
  users.get("/");
  users.session().begin(1);
  users.get("/");
  EXPECT_THAT(service.take_lines(),
              ElementsAre("GET / Authorization: Bearer run", "GET / Authorization: Basic YTpi",
                          "GET /", "GET / Authorization: Bearer run"));
}

TEST(Session, RetriesWhatTheServiceTurnsAwayAndTimesTheWhole) {
  int asked = 0;
  ScriptedService service([&](const std::string&) {
    return ++asked < 3 ? answer(503, "Retry-After: 0\r\n") : answer(200);
  });
  Users users(service.url(), retrying(5));
  const TimePoint before = users.loop().now();
  const Exchange exchange = users.fetch({.method = "POST", .path = "/a", .body = "x"});
  EXPECT_EQ(exchange.status, 200);
  EXPECT_EQ(users.chain().retries, 2u);
  EXPECT_THAT(service.take_lines(), ElementsAre("POST /a [x]", "POST /a [x]", "POST /a [x]"));
  EXPECT_GE(exchange.last_byte - exchange.sent, 1ms + 2ms);  // the two pauses, at their shortest
  EXPECT_LE(exchange.last_byte - exchange.sent, users.loop().now() - before);
  EXPECT_EQ(exchange.bytes_received,
            2 * answer(503, "Retry-After: 0\r\n").size() + answer(200).size());
}

TEST(Session, RetriesEndAtTheirNumberOrWhatTheRequestAccepts) {
  ScriptedService service([](const std::string&) { return answer(429); });
  Users users(service.url(), retrying(2));
  EXPECT_EQ(users.get("/a").status, 429);  // judged by who asked, as any status
  EXPECT_EQ(users.chain().retries, 2u);
  users.get("/a", {.accept = {429}});
  EXPECT_EQ(users.chain().retries, 0u);
  EXPECT_EQ(service.requests().size(), 4u);
}

TEST(Session, AResetIsRetriedUnlessItMayHaveBeenDone) {
  ScriptedService service([](const std::string&) { return std::string(); });
  Users users(service.url(), retrying(2));
  const Exchange get = users.get("/a");
  EXPECT_EQ(get.outcome.kind, OutcomeKind::reset);
  EXPECT_TRUE(get.reason.ends_with(" (attempt 3)")) << get.reason;
  EXPECT_EQ(service.requests().size(), 3u);
  EXPECT_EQ(users.fetch({.method = "POST", .path = "/a"}).outcome.kind, OutcomeKind::reset);
  EXPECT_EQ(users.chain().retries, 0u);
}

TEST(Session, WhoIsToLeaveDoesNotWaitForAnotherAttempt) {
  ScriptedService service([](const std::string&) { return answer(503, "Retry-After: 30\r\n"); });
  Users users(service.url(), retrying(2));
  users.leave().request();
  EXPECT_EQ(users.get("/a").status, 503);
  EXPECT_EQ(users.chain().retries, 0u);
}

TEST(Session, ALongRetryAfterIsNotWaitedFor) {
  ScriptedService service([](const std::string&) { return answer(503, "Retry-After: 31\r\n"); });
  Users users(service.url(), retrying(2));
  EXPECT_EQ(users.get("/a").status, 503);
  EXPECT_EQ(service.requests().size(), 1u);
}

TEST(Session, AConnectionIsReplacedAfterItsNumberOfRequests) {
  ScriptedService service([](const std::string&) { return answer(200); });
  Settings settings;
  settings.max_requests_per_connection = 3;
  Users users(service.url(), settings);
  for (int i = 0; i < 7; ++i) users.get("/");
  EXPECT_EQ(service.connections(), 3);
  EXPECT_EQ(users.context().retries, 0u);
}

// One user beside that of Users.
struct Another {
  Another(ClientContext& context) : client(context), session(client, context, 2) {}
  Client client;
  Session session;
  async::StopSource leave;
  Exchange exchange;
};

Task<void> get(Another& user, std::string_view path) {
  const Request request{.path = path};
  co_await user.session.exchange(request, {}, {}, user.leave, user.exchange);
}

TEST(Session, UsersShareALimitedNumberOfConnections) {
  std::atomic<int> there{0};
  std::atomic<int> most{0};
  ScriptedService service([&](const std::string&) {
    const int now = ++there;
    if (now > most) most = now;
    std::this_thread::sleep_for(2ms);
    --there;
    return answer(200);
  });
  Settings settings;
  settings.max_connections = 2;
  Users users(service.url(), settings);
  std::vector<std::unique_ptr<Another>> others;
  for (int i = 0; i < 6; ++i) others.push_back(std::make_unique<Another>(users.context()));
  users.loop().run([](auto& all) -> Task<void> {
    async::Scope scope;
    for (auto& user : all) scope.spawn(get(*user, "/"));
    co_await scope.join();
  }(others));
  EXPECT_EQ(service.connections(), 2);
  EXPECT_LE(most, 2);
  EXPECT_EQ(users.context().pool->taken(), 0u);
  std::vector<Duration> waits;
  for (auto& user : others) {
    EXPECT_TRUE(user->exchange.outcome.ok());
    waits.push_back(user->session.take_chain().queued);
  }
  EXPECT_EQ(waits[0], 0ns);
  EXPECT_EQ(waits[1], 0ns);
  EXPECT_GE(waits[2], 2ms);  // somebody had to be served before it
  EXPECT_GE(waits[5], 4ms);
}

TEST(Session, WhoIsBrokenOffLeavesItsConnectionToOthers) {
  std::atomic<int> asked{0};
  ScriptedService service([&](const std::string& request) {
    if (wire_target(request) == "/slow") {
      ++asked;
      std::this_thread::sleep_for(20ms);
    }
    return answer(200);
  });
  Settings settings;
  settings.max_connections = 1;
  Users users(service.url(), settings);
  Another slow(users.context());
  Another waiting(users.context());
  users.loop().run(
      [](Users& on, Another& first, Another& second, std::atomic<int>& reached) -> Task<void> {
        async::Scope broken;
        async::Scope scope;
        broken.spawn(get(first, "/slow"));
        scope.spawn(get(second, "/"));
        while (reached == 0) co_await on.loop().sleep(1ms);
        const Chain chain = first.session.take_chain();
        EXPECT_NE(chain.sent, TimePoint{});
        broken.cancel();
        co_await scope.join();
      }(users, slow, waiting, asked));
  EXPECT_TRUE(waiting.exchange.outcome.ok()) << waiting.exchange.reason;
  EXPECT_EQ(service.connections(), 2);
  EXPECT_EQ(users.context().pool->taken(), 0u);
}

}  // namespace
}  // namespace dyno::http
