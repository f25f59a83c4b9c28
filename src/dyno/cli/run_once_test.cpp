// dyno run --once, and what comes once before the load and after it.
#include <condition_variable>
#include <csignal>
#include <mutex>

#include "dyno/cli/run_for_test.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class OnceOnly : public DynoRun {};

TEST_F(OnceOnly, EveryTaskIsDoneOnceAndSecretsAreNotShown) {
  file("once.json", R"({
    "set_up": {"post": "/seed", "extract": {"id": "/id"}},
    "on_start": {"post": "/login", "json": {"user": "u", "password": "hunter2-body"},
                 "extract": {"token": "/token"}},
    "wait": "1h",
    "tasks": [{"get": "/items/{{id}}?api_key=hunter2-query",
               "headers": {"Authorization": "Bearer {{token}}"}}, {"weight": 0, "get": "/rare"}],
    "tear_down": {"delete": "/seed/{{id}}"}})");
  auto program = run({"once.json", "--host", host_, "--once", "--trace"});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(service_.lines(),
              ElementsAre("POST /seed", "POST /login", "GET /items/t7?api_key=hunter2-query",
                          "GET /rare", "DELETE /seed/t7"));
  const auto shown = program.out() + program.err();
  EXPECT_THAT(shown,
              AllOf(HasSubstr("> GET /items/t7?api_key=*** HTTP/1.1\n"),
                    HasSubstr("> Authorization: ***\n"), HasSubstr("< Set-Cookie: ***\n"),
                    HasSubstr("\"password\":\"***\""), HasSubstr("\"token\": \"***\", \"n\": 1"),
                    HasSubstr("ok     GET /items/*"), Not(HasSubstr("hunter2"))));
  EXPECT_FALSE(fs::exists(folder_ / "results"));
}

TEST_F(OnceOnly, AFailureIsSaidAndIsTheStatus) {
  auto program = run({"--url", host_ + "/broken?token=hunter2", "--once"});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.out(), AllOf(HasSubstr("FAILED GET /broken  500"), HasSubstr("status 500"),
                                   Not(HasSubstr("hunter2"))));
  EXPECT_THAT(refusal({"run", "shop.json", "--host", host_, "--trace"}), HasSubstr("add --once"));
}

class SetUp : public DynoRun {};

TEST_F(SetUp, ComesOnceBeforeTheUsersAndTheTearDownAfterThem) {
  file("seeded.json", R"({
    "set_up": [{"post": "/seed", "extract": {"id": "/id"}}],
    "feeders": {"c": {"csv": "c.csv"}}, "load": {"users": 2, "iterations": 10},
    "tasks": [{"get": "/{{id}}/{{c.name}}"}],
    "tear_down": {"delete": "/seed/{{id}}"}})");
  file("c.csv", "name,unused\na,1\nb,2\n");
  auto program = run({"seeded.json", "--host", host_, "--out", "r"});
  EXPECT_THAT(program.wait(), testing::AnyOf(0, 4));
  const auto lines = service_.lines();
  ASSERT_EQ(lines.size(), 12u);
  EXPECT_EQ(lines.front(), "POST /seed");
  EXPECT_EQ(lines.back(), "DELETE /seed/t7");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "GET /t7/a"), 5);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "GET /t7/b"), 5);
  EXPECT_THAT(program.err(), AllOf(HasSubstr("first, once: POST /seed\n"),
                                   HasSubstr("feeder c: 2 rows, in turn, one a task\n"),
                                   HasSubstr("last, once: DELETE /seed/*\n")));
  EXPECT_EQ(record("r/record.json").endpoints.size(), 1u) << "they are not part of the load";
}

TEST_F(SetUp, LeavesEachTaskItsOwnRow) {
  file("fed.json", R"({"feeders": {"c": {"rows": [{"id": "r1"}, {"id": "r2"}, {"id": "r3"}]}},
      "set_up": {"post": "/seed/{{c.id}}"}, "tear_down": {"delete": "/seed/{{c.id}}"},
      "tasks": [{"get": "/x1/{{c.id}}"}, {"get": "/x2/{{c.id}}"}, {"get": "/x3/{{c.id}}"}]})");
  auto program = run({"fed.json", "--host", host_, "--once"});
  EXPECT_EQ(program.wait(), 0) << program.err();
  EXPECT_THAT(service_.lines(), ElementsAre("POST /seed/r1", "GET /x1/r1", "GET /x2/r2",
                                            "GET /x3/r3", "DELETE /seed/r1"));
}

TEST_F(SetUp, ThatFailsEndsItAndIsTornDown) {
  file("bad.json", R"({"set_up": [{"post": "/seed"}, {"post": "/broken"}],
      "tasks": [{"get": "/"}], "tear_down": {"delete": "/seed"}})");
  auto program = run({"bad.json", "--host", host_, "-t", "1h", "--out", "r"});
  EXPECT_EQ(program.wait(), 2);
  EXPECT_THAT(program.err(), HasSubstr("error: the set-up has failed: POST /broken: status 500\n"));
  EXPECT_THAT(service_.lines(), ElementsAre("POST /seed", "POST /broken", "DELETE /seed"));
}

// Signals of two kinds, as two of one kind may become one.
class StoppedByHand : public DynoRun {
 protected:
  StoppedByHand() {
    file("held.json", R"({"set_up": {"post": "/held/seed"}, "tear_down": {"delete": "/held/seed"},
        "tasks": [{"get": "/held/item"}, {"get": "/next"}]})");
  }

  // Waits until so many requests below /held have come.
  void await_held(int count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 1min, [&] { return came_ >= count; }));
  }
  void answer_held(int count) {
    const std::lock_guard lock(mutex_);
    answered_ = count;
    changed_.notify_all();
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  int came_ = 0;
  int answered_ = 0;  // so many of those below /held are answered
  http::RawServer held_{[this](http::RawConnection& connection) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      std::unique_lock lock(mutex_);
      if (!request.starts_with("GET /health ") && !request.starts_with("GET /metrics ")) {
        lines_.push_back(request.substr(0, request.find(" HTTP")));
      }
      if (request.find(" /held/") != std::string::npos) {
        const int number = ++came_;
        changed_.notify_all();
        if (!changed_.wait_for(lock, 1min, [&] { return answered_ >= number; })) return;
      }
      lock.unlock();
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  }};
};

TEST_F(StoppedByHand, OncePassesTheRestOverButForTheTearDown) {
  auto program = run({"held.json", "--host", held_.url(), "--once"});
  answer_held(1);
  await_held(2);
  program.signal(SIGINT);
  answer_held(3);
  EXPECT_EQ(program.wait(), 4);
  EXPECT_THAT(program.out(), HasSubstr("stopped by SIGINT before its end\n"));
  EXPECT_THAT(lines(), ElementsAre("POST /held/seed", "GET /held/item", "DELETE /held/seed"));
}

TEST_F(StoppedByHand, TwiceEndsTheRequestUnderWay) {
  auto program = run({"held.json", "--host", held_.url(), "--once", "--timeout", "1h"});
  answer_held(1);
  await_held(2);
  program.signal(SIGINT);
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(30s), 4);
  EXPECT_THAT(lines(), ElementsAre("POST /held/seed", "GET /held/item"));
  answer_held(2);
}

TEST_F(StoppedByHand, TheSetUpIsTornDown) {
  auto program = run({"held.json", "--host", held_.url(), "-t", "1h", "--out", "r"});
  await_held(1);
  program.signal(SIGTERM);
  answer_held(2);
  EXPECT_EQ(program.wait(), 4);
  EXPECT_THAT(program.err(), HasSubstr("error: stopped by SIGTERM during the set-up\n"));
  EXPECT_THAT(lines(), ElementsAre("POST /held/seed", "DELETE /held/seed"));
}

}  // namespace
}  // namespace dyno::cli
