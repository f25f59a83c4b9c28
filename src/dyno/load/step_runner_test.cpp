// Scenario files run against servers of the test. Nothing here asserts how fast anything is.
#include "dyno/load/step_runner.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/http/raw_server.h"
#include "dyno/load/engine.h"
#include "dyno/load/once.h"
#include "dyno/scenario/reader.h"

namespace dyno::load {
namespace {

using namespace std::chrono_literals;
using record::RunRecord;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string answer(int status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Answers by a function of the request line ("GET /path") and keeps what it was sent.
struct Service {
  using Answers = std::function<std::string(const std::string&)>;

  explicit Service(Answers by) : answers(std::move(by)) {}

  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex);
    return seen;
  }
  // "GET /a", "POST /b": in their order.
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    for (const auto& request : requests()) lines.push_back(line_of(request));
    return lines;
  }
  static std::string line_of(const std::string& request) {
    return request.substr(0, request.find(" HTTP/1.1"));
  }

  Answers answers;
  std::mutex mutex;
  std::vector<std::string> seen;
  http::RawServer server{[this](http::RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      {
        const std::lock_guard lock(mutex);
        seen.push_back(request);
      }
      connection.write(answers(line_of(request)));
    }
  }};
};

Service::Answers always(std::string text) {
  return [text = std::move(text)](const std::string&) { return text; };
}

RunRecord must_run(Service& service, std::string_view text, const LoadPlan& plan) {
  auto file = scenario::parse_scenario(text, "f.json");
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  if (!file) return {};
  RunOptions options;
  options.name = "test";
  options.host = service.server.url();
  options.stop_timeout = 2s;
  auto record = run(Scenario(file->scenario), plan, options);
  EXPECT_TRUE(record.ok()) << (record.ok() ? "" : record.error().message);
  return record.ok() ? *record : RunRecord{};
}

// "POST /login ok" → count, over the whole run.
std::map<std::string, std::uint64_t> outcomes(const RunRecord& record) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& cell : record.cells) {
    const auto& endpoint = record.endpoints[cell.endpoint];
    counts[endpoint.method + " " + endpoint.name + " " + to_string(cell.outcome)] += cell.count;
  }
  return counts;
}

std::string example(const RunRecord& record, std::string_view outcome) {
  for (const auto& cell : record.cells) {
    if (to_string(cell.outcome) == outcome) return cell.example;
  }
  return "(none)";
}

using Counts = std::map<std::string, std::uint64_t>;

TEST(StepRunner, WhatOneStepExtractsTheNextOneSends) {
  Service service([](const std::string& line) {
    if (line == "POST /login") return answer(201, R"({"token":"a/\"b\"","id":17})");
    return answer(200, "[]", "ETag: e5\r\n");
  });
  const RunRecord record = must_run(service, R"({"tasks": [{"steps": [
      {"post": "/login", "json": {"user": "u{{user}}", "n": "{{iteration}}"},
       "extract": {"token": "/token", "id": "/id"}},
      {"get": "/users/{{id}}/{{token}}?q=1", "headers": {"Authorization": "Bearer {{token}}"},
       "extract": {"tag": {"header": "etag"}}},
      {"put": "/users/{{id}}", "group": "/users/:id",
       "json": {"t": "{{token}}", "id": "{{id | raw}}", "tag": "{{tag}}"}}]}]})",
                                    users(1).operations(1));
  EXPECT_EQ(outcomes(record),
            (Counts{{"POST /login ok", 1}, {"GET /users/*/* ok", 1}, {"PUT /users/:id ok", 1}}));
  const auto requests = service.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_THAT(requests[0], StartsWith("POST /login HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(requests[0], HasSubstr("\r\nContent-Type: application/json\r\n"
                                     "Content-Length: 19\r\n\r\n{\"user\":\"u0\",\"n\":0}"));
  EXPECT_THAT(requests[1], StartsWith("GET /users/17/a%2F%22b%22?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("\r\nAuthorization: Bearer a/\"b\"\r\n"));
  EXPECT_THAT(requests[2], HasSubstr(R"({"t":"a/\"b\"","id":17,"tag":"e5"})"));
}

TEST(StepRunner, AStepThatFailsEndsItsTask) {
  Service service(
      [](const std::string& line) { return line == "GET /a" ? answer(503, "") : answer(200, ""); });
  const RunRecord record = must_run(service, R"({"tasks": [{"steps": [
      {"get": "/first"}, {"get": "/a"}, {"get": "/never"}]}]})",
                                    users(1).operations(2));
  EXPECT_THAT(service.lines(), ElementsAre("GET /first", "GET /a", "GET /first", "GET /a"));
  EXPECT_EQ(outcomes(record), (Counts{{"GET /first ok", 2}, {"GET /a http_error(503)", 2}}));
  EXPECT_EQ(example(record, "http_error(503)"), "GET /a was answered 503");
}

TEST(StepRunner, AStepThatMayFailDoesNot) {
  Service service(always(answer(503, "")));
  const RunRecord record = must_run(service, R"({"tasks": [{"steps": [
      {"get": "/a", "on_failure": "continue"}, {"get": "/b", "check": {"status": [200, 503]}}]}]})",
                                    users(1).operations(1));
  EXPECT_EQ(outcomes(record), (Counts{{"GET /a http_error(503)", 1}, {"GET /b ok", 1}}));
}

TEST(StepRunner, AFailedCheckIsAFailedRequest) {
  Service service(always(answer(200, R"({"status":"degraded"})")));
  const RunRecord record = must_run(service, R"({"tasks": [
      {"get": "/health?x=1", "check": {"json": {"/status": "ok"}}}]})",
                                    users(1).operations(1));
  EXPECT_EQ(outcomes(record), (Counts{{"GET /health check_failed", 1}}));
  EXPECT_EQ(example(record, "check_failed"), "GET /health?x=1: expected JSON /status = \"ok\"");
}

TEST(StepRunner, WhatCannotBeExtractedFailsAndWhatNeedsItIsNotSent) {
  Service service(always(answer(200, "{}")));
  const RunRecord record = must_run(service, R"({"tasks": [{"steps": [
      {"post": "/login", "extract": {"token": "/token"}, "on_failure": "continue"},
      {"get": "/mine/{{token}}"}]}]})",
                                    users(1).operations(2));
  EXPECT_THAT(service.lines(), ElementsAre("POST /login", "POST /login"));
  EXPECT_EQ(outcomes(record),
            (Counts{{"POST /login check_failed", 2}, {"GET /mine/* check_failed", 2}}));
  EXPECT_EQ(example(record, "check_failed"), "POST /login: cannot extract token from JSON /token");
}

TEST(StepRunner, UsersDoNotShareWhatTheyExtract) {
  Service service([](const std::string& line) {
    return line.starts_with("GET /login/") ? answer(200, "{\"id\":\"" + line.substr(11) + "\"}")
                                           : answer(200, "");
  });
  const RunRecord record = must_run(service, R"({"on_start": {"get": "/login/{{user}}",
      "extract": {"id": "/id"}}, "tasks": [{"get": "/own/{{user}}/{{id}}", "group": "/own"}]})",
                                    users(4).operations(40));
  EXPECT_EQ(outcomes(record)["GET /own ok"], 40u);
  for (const auto& line : service.lines()) {
    if (!line.starts_with("GET /own/")) continue;
    EXPECT_EQ(line.substr(9, 1), line.substr(11)) << line;
  }
}

// A new user begins with nothing, also in the place of one that has left.
TEST(StepRunner, SessionsBeginWithoutValues) {
  Service service([](const std::string& line) {
    return answer(200, line == "GET /start" ? "{\"id\":1}" : "{}");
  });
  const RunRecord record = must_run(service, R"({"tasks": [
      {"name": "set", "steps": [{"get": "/start", "extract": {"id": "/id"}}]},
      {"name": "use", "steps": [{"get": "/use/{{id}}"}]}]})",
                                    rate(per_second(200)).uniform().hold(300ms));
  EXPECT_EQ(outcomes(record).count("GET /use/* ok"), 0u);
  EXPECT_GT(outcomes(record)["GET /start ok"], 0u);
}

// Paths in the order they came.
std::vector<std::string> paths(Service& service) {
  auto lines = service.lines();
  for (auto& line : lines) line.erase(0, line.find('/'));
  return lines;
}

constexpr auto three_rows = R"({"feeders": {"c": {"rows": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
    "order": "%"}}, "tasks": [{"steps": [{"get": "/{{c.id}}"}, {"get": "/{{c.id}}/again"}]}]})";

std::string ordered(std::string order) {
  std::string text = three_rows;
  return text.replace(text.find('%'), 1, order);
}

TEST(StepRunner, AFeederGivesEachTaskTheNextRow) {
  Service service(always(answer(200, "")));
  must_run(service, ordered("sequential"), users(1).operations(4));
  EXPECT_THAT(paths(service),
              ElementsAre("/a", "/a/again", "/b", "/b/again", "/c", "/c/again", "/a", "/a/again"));
}

TEST(StepRunner, UniqueRowsRunOut) {
  Service service(always(answer(200, "")));
  const RunRecord record = must_run(service, ordered("unique"), users(2).operations(5));
  auto sent = paths(service);
  std::sort(sent.begin(), sent.end());
  EXPECT_THAT(sent, ElementsAre("/a", "/a/again", "/b", "/b/again", "/c", "/c/again"));
  EXPECT_EQ(outcomes(record)["GET /* check_failed"], 2u);
  EXPECT_THAT(example(record, "check_failed"), HasSubstr("not sent: no row is left for c.id"));
}

TEST(StepRunner, RandomRowsAreAllDrawnAndTheSameForASeed) {
  Service service(always(answer(200, "")));
  must_run(service, ordered("random"), users(1).operations(40));
  const auto first = paths(service);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 6u);
  for (std::size_t i = 0; i + 1 < first.size(); i += 2)
    EXPECT_EQ(first[i] + "/again", first[i + 1]);
  service.seen.clear();
  must_run(service, ordered("random"), users(1).operations(40));
  EXPECT_EQ(paths(service), first);
}

TEST(StepRunner, ARowPerUserStaysWithTheUser) {
  Service service(always(answer(200, "")));
  std::string text = ordered("unique");
  text.insert(text.find("\"order\""), "\"per\": \"user\", ");
  text.insert(text.rfind("\"tasks\""), "\"on_start\": {\"get\": \"/in/{{c.id}}/{{user}}\"}, ");
  text.replace(text.find("/again"), 6, "/{{user}}");
  must_run(service, text, users(3).operations(12));
  std::map<std::string, std::string> rows;  // by user, as said at the start
  std::size_t seen = 0;
  for (const auto& path : paths(service)) {
    if (path.starts_with("/in/")) rows[path.substr(6)] = path.substr(4, 1);
  }
  for (const auto& path : paths(service)) {
    if (path.size() != 4) continue;  // "/a/0"
    EXPECT_EQ(rows[path.substr(3)], path.substr(1, 1));
    ++seen;
  }
  EXPECT_EQ(rows.size(), 3u);
  EXPECT_EQ(seen, 12u);
}

TEST(StepRunner, TasksThatEndAreCounted) {
  Service service(always(answer(200, "")));
  const RunRecord record =
      must_run(service, R"({"tasks": [{"steps": [{"get": "/a"}, {"get": "/b"}]}],
                   "on_start": {"get": "/in"}})",
               users(2).operations(7));
  std::uint64_t ended = 0;
  for (const auto& point : record.series) ended += point.iterations;
  EXPECT_EQ(ended, 7u);
}

TEST(StepRunner, SecretsOfAQueryAreNotInExamples) {
  Service service(always(answer(500, "")));
  const RunRecord record =
      must_run(service, R"({"tasks": [{"get": "/a?token=hunter2&page={{uniform 3 3}}"}]})",
               users(1).operations(1));
  EXPECT_THAT(example(record, "http_error(500)"),
              AllOf(HasSubstr("/a?token=***&page=3"), Not(HasSubstr("hunter2"))));
}

struct Shown {
  std::string sent;
  std::string answer;
  std::string failure;
};

TEST(Once, DoesTheStepsInTheirOrderAndKeepsWhatTheyExtract) {
  Service service([](const std::string& line) {
    return line == "POST /seed" ? answer(201, R"({"id": 7})") : answer(404, "gone");
  });
  const auto file = scenario::parse_scenario(
      R"({"set_up": [{"post": "/seed", "json": {"a": 1}, "extract": {"id": "/id"}},
                     {"get": "/{{id}}", "on_failure": "continue"}, {"get": "/never/{{id}}",
                      "check": {"status": 404}}, {"get": "/x"}, {"get": "/y"}],
          "tasks": [{"get": "/"}]})",
      "f.json");
  ASSERT_TRUE(file) << file.error().message;
  std::vector<Shown> seen;
  OnceOptions options;
  options.host = service.server.url();
  options.observer = [&](const OnceRequest& request) {
    seen.push_back({std::string(request.sent), request.exchange.head + request.exchange.body,
                    std::string(request.failure)});
  };
  auto once = Once::make(*file->scenario, std::move(options));
  ASSERT_TRUE(once) << once.error().message;
  EXPECT_EQ((*once)->perform(file->scenario->set_up), 2u);
  EXPECT_THAT(service.lines(), ElementsAre("POST /seed", "GET /7", "GET /never/7", "GET /x"));
  EXPECT_EQ((*once)->values(), (std::map<std::string, std::string>{{"id", "7"}}));
  EXPECT_EQ((*once)->first_failure(), "GET /*: status 404");
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_THAT(seen[0].sent, AllOf(StartsWith("POST /seed HTTP/1.1\r\n"), HasSubstr("{\"a\":1}")));
  EXPECT_THAT(seen[0].answer, AllOf(StartsWith("HTTP/1.1 201 X"), HasSubstr("{\"id\": 7}")));
  EXPECT_EQ(seen[0].failure, "");
  EXPECT_EQ(seen[1].failure, "status 404");
}

// What is handed on is constant from then on, which a row is not.
TEST(Once, HandsOnWhatIsExtractedNotWhatIsFed) {
  Service service(always(answer(200, R"({"id": 7})")));
  const auto file = scenario::parse_scenario(
      R"({"feeders": {"c": {"rows": [{"id": "r1"}, {"id": "r2"}]}},
          "set_up": {"post": "/seed/{{c.id}}", "extract": {"seed": "/id"}},
          "tasks": [{"get": "/{{c.id}}"}]})",
      "f.json");
  ASSERT_TRUE(file) << file.error().message;
  OnceOptions options;
  options.host = service.server.url();
  auto once = Once::make(*file->scenario, std::move(options));
  ASSERT_TRUE(once) << once.error().message;
  EXPECT_EQ((*once)->perform(file->scenario->set_up), 0u);
  EXPECT_THAT(service.lines(), ElementsAre("POST /seed/r1"));
  EXPECT_EQ((*once)->values(), (std::map<std::string, std::string>{{"seed", "7"}}));
}

TEST(Once, AskedToStopItMakesNoOtherRequestButToCleanUp) {
  StopRequest stop;
  Service service([&](const std::string& line) {
    if (line == "GET /last") stop.request("stopped by test");
    return answer(200, "");
  });
  const auto file = scenario::parse_scenario(
      R"({"tasks": [{"steps": [{"get": "/last", "think": "1h"}, {"get": "/never"}]}],
          "tear_down": [{"delete": "/a"}, {"delete": "/b"}]})",
      "f.json");
  ASSERT_TRUE(file) << file.error().message;
  OnceOptions options;
  options.host = service.server.url();
  options.stop = &stop;
  auto once = Once::make(*file->scenario, std::move(options));
  ASSERT_TRUE(once) << once.error().message;
  EXPECT_EQ((*once)->perform(file->scenario->classes.front().tasks.front()), 0u);
  EXPECT_EQ((*once)->perform(file->scenario->tear_down), 0u);
  EXPECT_THAT(service.lines(), ElementsAre("GET /last"));
  EXPECT_EQ((*once)->perform(file->scenario->tear_down, Once::WhenStopped::go_on), 0u);
  EXPECT_THAT(service.lines(), ElementsAre("GET /last", "DELETE /a", "DELETE /b"));
}

TEST(Once, AskedTwiceItBreaksOffTheRequestUnderWay) {
  StopRequest stop;
  std::atomic<int> requests{0};
  http::RawServer service([&](http::RawConnection& connection) {
    connection.read_request();
    ++requests;
    stop.request("stopped by test");
    stop.request("stopped by test");
    connection.wait_for_close();
  });
  const auto file = scenario::parse_scenario(
      R"({"tasks": [{"get": "/"}], "tear_down": [{"delete": "/a"}, {"delete": "/b"}]})", "f.json");
  ASSERT_TRUE(file) << file.error().message;
  OnceOptions options;
  options.host = service.url();
  options.timeout = 1h;
  options.stop = &stop;
  auto once = Once::make(*file->scenario, std::move(options));
  ASSERT_TRUE(once) << once.error().message;
  EXPECT_EQ((*once)->perform(file->scenario->tear_down, Once::WhenStopped::go_on), 1u);
  EXPECT_EQ((*once)->first_failure(), "broken off, stopped by test");
  EXPECT_EQ((*once)->perform(file->scenario->classes.front().tasks.front()), 0u);
  EXPECT_EQ(requests, 1);
}

TEST(Once, AServiceThatIsGoneIsAFailureNotAnError) {
  const auto file = scenario::parse_scenario(R"({"tasks": [{"get": "/"}]})", "f.json");
  ASSERT_TRUE(file);
  OnceOptions options;
  {
    Service gone(always(""));
    options.host = gone.server.url();
  }
  auto once = Once::make(*file->scenario, std::move(options));
  ASSERT_TRUE(once);
  EXPECT_EQ((*once)->perform(file->scenario->classes.front().tasks.front()), 1u);
  EXPECT_THAT((*once)->first_failure(), HasSubstr("refused"));
}

TEST(StepRunner, FailuresOfTheConnectionAreWhatTheyAre) {
  http::RawServer resets([](http::RawConnection& connection) {
    connection.read_request();
    connection.reset();
  });
  const auto file = scenario::parse_scenario(
      R"({"tasks": [{"get": "/x", "check": {"contains": "a"}}]})", "f.json");
  ASSERT_TRUE(file);
  RunOptions options;
  options.host = resets.url();
  const auto record = run(Scenario(file->scenario), users(1).operations(1), options);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(outcomes(*record), (Counts{{"GET /x reset", 1}}));
}

TEST(StepRunner, TimeOutsAndLargeBodies) {
  const std::string large(300'000, 'x');
  Service service([&](const std::string& line) {
    if (line == "GET /large") return answer(200, large + "end");
    return std::string("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nab");
  });
  const RunRecord record = must_run(service, R"({"tasks": [{"steps": [
      {"get": "/large", "check": {"contains": "xend", "size": {"at_least": 300003}}},
      {"get": "/stalls", "timeout": "50ms"}]}]})",
                                    users(1).operations(1));
  EXPECT_EQ(outcomes(record), (Counts{{"GET /large ok", 1}, {"GET /stalls timeout(body)", 1}}));
}

// Chi-square with 9 degrees of freedom: 27.9 is its 99.9 % point. The draws are those of the seed.
TEST(StepRunner, TasksAreChosenByTheirWeights) {
  Service service(always(answer(200, "")));
  const double weights[] = {10, 5, 3, 3, 3, 2, 2, 2, 1, 1};
  std::string tasks;
  for (std::size_t i = 0; i < std::size(weights); ++i) {
    tasks += (i ? "," : "") + std::string("{\"weight\": ") + std::to_string(weights[i]) +
             ", \"get\": \"/t" + std::to_string(i) + "\"}";
  }
  constexpr std::uint64_t total = 6400;
  const RunRecord record =
      must_run(service, "{\"tasks\": [" + tasks + "]}", users(8).operations(total));
  auto counts = outcomes(record);
  double chi_square = 0;
  for (std::size_t i = 0; i < std::size(weights); ++i) {
    const double expected = total * weights[i] / 32;
    const auto got = static_cast<double>(counts["GET /t" + std::to_string(i) + " ok"]);
    chi_square += (got - expected) * (got - expected) / expected;
  }
  EXPECT_LT(chi_square, 27.9);
}

TEST(StepRunner, DataAndJourneysAreTasksOfOneScenario) {
  Service service(always(answer(200, "")));
  const auto file = scenario::parse_scenario(R"({"tasks": [{"get": "/data"}]})", "f.json");
  ASSERT_TRUE(file);
  Scenario both(file->scenario);
  both.classes.front().tasks.push_back(
      {"journey", 1, [](User& user) -> Task<void> { co_await user.get("/journey"); }});
  RunOptions options;
  options.host = service.server.url();
  const auto record = run(both, users(2).operations(100), options);
  ASSERT_TRUE(record.ok());
  auto counts = outcomes(*record);
  EXPECT_GT(counts["GET /data ok"], 20u);
  EXPECT_GT(counts["GET /journey ok"], 20u);
}

TEST(StepRunner, AUserThinksAfterAStepThatSaysSo) {
  Service service(always(answer(200, "")));
  const RunRecord record = must_run(service, R"({"tasks": [{"steps": [
      {"get": "/a", "think": "30ms"}, {"get": "/b", "think": {"exponential": "1ms"}}]}]})",
                                    users(1).operations(3));
  EXPECT_EQ(outcomes(record), (Counts{{"GET /a ok", 3}, {"GET /b ok", 3}}));
  EXPECT_GE(record.length, 90ms);
}

}  // namespace
}  // namespace dyno::load
