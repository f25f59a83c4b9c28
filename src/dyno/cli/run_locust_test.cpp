// dyno run as people who come from Locust and k6 call it, and what of it must never be shown.
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <set>

#include <nlohmann/json.hpp>

#include "dyno/cli/program_for_test.h"
#include "dyno/core/files.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Answers 200 with a body, 500 below /broken, and keeps the requests.
struct Listener {
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex);
    return seen;
  }
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    for (const auto& request : requests())
      lines.push_back(request.substr(0, request.find(" HTTP")));
    return lines;
  }

  std::mutex mutex;
  std::vector<std::string> seen;
  std::atomic<bool> tells_memory{false};  // at /metrics
  http::RawServer server{[this](http::RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      // What is asked of every service for its name and its figures is no part of the load.
      if (!request.starts_with("GET /health ") && !request.starts_with("GET /metrics ")) {
        const std::lock_guard lock(mutex);
        seen.push_back(request);
      }
      const bool told = tells_memory && request.starts_with("GET /metrics ");
      const std::string body = told ? "process_resident_memory_bytes 5000000\n"
                                    : R"({"id": "t7", "token": "hunter2-answer", "n": 1})";
      const bool broken = request.find(" /broken") != std::string::npos;
      connection.write("HTTP/1.1 " + std::string(broken ? "500 Oh" : "200 OK") +
                       "\r\nSet-Cookie: sid=hunter2-cookie\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }};
};

constexpr auto tagged_shop = R"({
  "classes": [
    {"name": "buyer", "weight": 3, "wait": "1ms",
     "tasks": [{"get": "/items", "tags": ["read"]}, {"post": "/orders", "json": {"n": 1},
                "tags": ["write", "slow"]}]},
    {"name": "watcher", "tags": ["read"], "wait": "5ms", "tasks": [{"get": "/"}]}
  ]
})";

class AsLocust : public DynoProgram {
 protected:
  AsLocust() { file("shop.json", tagged_shop); }

  ProgramRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "run");
    return start(std::move(arguments));
  }
  ProgramRun run_in(std::vector<std::pair<std::string, std::string>> environment,
                    std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {DYNO_PROGRAM, "run"});
    return ProgramRun({std::move(arguments), std::move(environment), folder_, 0});
  }
  std::string content(const std::string& name) const {
    const auto text = read_file(folder_ / name);
    EXPECT_TRUE(text) << name;
    return text ? *text : "";
  }
  std::string first_line(const std::string& name) const {
    const auto text = content(name);
    return text.substr(0, text.find("\r\n"));
  }

  Listener service_;
  const std::string host_ = service_.server.url();
};

TEST_F(AsLocust, ItsCommandLineGivesItsFiles) {
  auto program = run({"-f",
                      "shop.json",
                      "-H",
                      host_,
                      "-u",
                      "4",
                      "-r",
                      "40",
                      "-t",
                      "2s",
                      "-s",
                      "1",
                      "--headless",
                      "--reset-stats",
                      "--csv",
                      "out/r",
                      "--csv-full-history",
                      "--json-file",
                      "out/j",
                      "--html",
                      "out/r.html",
                      "--autostart",
                      "--autoquit",
                      "1",
                      "-P",
                      "8089",
                      "--out",
                      "here"});
  EXPECT_THAT(program.wait(), testing::AnyOf(0, 4));
  EXPECT_EQ(
      first_line("out/r_stats.csv"),
      "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min "
      "Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,"
      "80%,90%,95%,98%,99%,99.9%,99.99%,100%");
  EXPECT_EQ(first_line("out/r_stats_history.csv"),
            "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,"
            "99.9%,99.99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,"
            "Total Average Response Time,Total Min Response Time,Total Max Response Time,Total "
            "Average Content Size");
  EXPECT_EQ(first_line("out/r_failures.csv"), "Method,Name,Error,Occurrences,First Seen,Last Seen");
  EXPECT_EQ(first_line("out/r_exceptions.csv"), "Count,Message,Traceback,Nodes");
  EXPECT_THAT(content("out/r_stats.csv"), HasSubstr("\n,Aggregated,"));
  const auto history = content("out/r_stats_history.csv");
  EXPECT_THAT(history, AllOf(HasSubstr(",GET,/items,"), HasSubstr(",POST,/orders,"),
                             HasSubstr(",,Aggregated,")));
  const auto json = nlohmann::json::parse(content("out/j.json"));
  std::set<std::string> names;
  std::uint64_t requests = 0;
  for (const auto& entry : json) {
    names.insert(entry.at("method").get<std::string>() + " " + entry.at("name").get<std::string>());
    std::uint64_t by_second = 0;
    for (const auto& [second, count] : entry.at("num_reqs_per_sec").items()) {
      by_second += count.get<std::uint64_t>();
    }
    EXPECT_EQ(by_second, entry.at("num_requests").get<std::uint64_t>());
    requests += by_second;
  }
  EXPECT_EQ(names, (std::set<std::string>{"GET /", "GET /items", "POST /orders"}));
  EXPECT_THAT(content("out/r_stats.csv"),
              HasSubstr("\n,Aggregated," + std::to_string(requests) + ","));
  EXPECT_LE(requests, service_.requests().size()) << "those of the ramp are left out";
  EXPECT_THAT(program.err(), AllOf(HasSubstr("--html is planned"), HasSubstr("page is planned"),
                                   HasSubstr("4 users, ramp 100 ms, hold 1.90 s; 2.00 s in all\n"),
                                   HasSubstr("held to error_share < 1 %"), HasSubstr("# reqs")));
  EXPECT_THAT(program.out(), AllOf(HasSubstr("Aggregated"), HasSubstr("99.99%")));
}

TEST_F(AsLocust, ItsEnvironmentIsTakenWhereTheCommandLineSaysNothing) {
  auto program = run_in({{"LOCUST_LOCUSTFILE", "shop.json"},
                         {"LOCUST_HOST", host_},
                         {"LOCUST_USERS", "3"},
                         {"LOCUST_RUN_TIME", "1h"},
                         {"LOCUST_TAGS", "write"},
                         {"LOCUST_ONLY_SUMMARY", "true"},
                         {"LOCUST_CSV", "env"}},
                        {"-t", "200ms", "--out", "r"});
  EXPECT_THAT(program.wait(), testing::AnyOf(0, 4));
  EXPECT_THAT(program.err(), HasSubstr("3 users, hold 200 ms\n"));
  EXPECT_THAT(service_.lines(), Each("POST /orders"));
  EXPECT_THAT(first_line("env_stats.csv"), StartsWith("Type,Name,"));
  EXPECT_THAT(record("r/record.json").reproduce, HasSubstr("run shop.json --host " + host_));
  auto wrong = run_in({{"LOCUST_USERS", "many"}}, {"shop.json", "--host", host_});
  EXPECT_EQ(wrong.wait(), 2);
  EXPECT_THAT(wrong.err(), StartsWith("error: LOCUST_USERS='many'"));
  auto other = run_in({{"LOCUST_HOST", host_}, {"LOCUST_USERS", "9"}},
                      {"--url", host_ + "/items", "--rate", "50/s", "-t", "200ms", "--out", "r"});
  EXPECT_THAT(other.wait(), testing::AnyOf(0, 4)) << "what would contradict is not taken";
}

TEST_F(AsLocust, TagsChooseTasks) {
  const auto lines = [&](std::vector<std::string> options) {
    service_.seen.clear();
    options.insert(options.begin(),
                   {"shop.json", "--host", host_, "-u", "4", "-i", "80", "--out", "r"});
    EXPECT_THAT(run(options).wait(), testing::AnyOf(0, 4));
    const auto seen = service_.lines();
    return std::set<std::string>(seen.begin(), seen.end());
  };
  EXPECT_EQ(lines({"-T", "read"}), (std::set<std::string>{"GET /items", "GET /"}));
  EXPECT_EQ(lines({"--exclude-tags", "read"}), (std::set<std::string>{"POST /orders"}));
  EXPECT_THAT(refusal({"run", "shop.json", "--host", host_, "-T", "wirte"}),
              HasSubstr("no task has the tag 'wirte'; did you mean 'write'?"));
  EXPECT_THAT(refusal({"run", "shop.json", "--host", host_, "-T", "slow", "-E", "write"}),
              HasSubstr("no task is left"));
  EXPECT_THAT(refusal({"run", "--url", host_, "-T", "a"}), HasSubstr("of a scenario file"));
  EXPECT_THAT(refusal({"run", "old.py", "--host", host_}), HasSubstr("a program for Locust"));
}

TEST_F(AsLocust, ItsExitStatusIsThereToBeAskedFor) {
  file("broken.json", R"({"tasks": [{"get": "/broken"}]})");
  const std::vector<std::string> options{"broken.json", "--host", host_, "-i", "20", "--out", "r"};
  const auto with = [&](const std::string& code) {
    auto all = options;
    all.insert(all.end(), {"--exit-code-on-error", code});
    return run(all).wait();
  };
  EXPECT_EQ(with("7"), 7);
  EXPECT_EQ(with("0"), 0);
}

TEST_F(AsLocust, JsonIsAllThatIsOnStdout) {
  auto program = run({"shop.json", "--host", host_, "-i", "20", "--json", "--out", "r"});
  EXPECT_THAT(program.wait(), testing::AnyOf(0, 4));
  EXPECT_TRUE(nlohmann::json::accept(program.out())) << program.out();
  EXPECT_THAT(program.err(), HasSubstr("Aggregated"));
}

class Stages : public AsLocust {
 protected:
  std::string planned(std::vector<std::string> options) const {
    options.insert(options.begin(), {"shop.json", "--host", host_, "--out", "r"});
    auto program = run(options);
    EXPECT_THAT(program.wait(), testing::AnyOf(0, 1, 4));
    const auto said = program.err();
    return said.substr(0, said.find('\n'));
  }
};

TEST_F(Stages, HaveNames) {
  EXPECT_EQ(planned({"--stage", "spike", "-u", "2", "-t", "500ms"}),
            "shop: 10 users, hold 200 ms at 2 users, spike 100 ms at 10 users, recovery 200 ms "
            "at 2 users; 500 ms in all");
  EXPECT_EQ(planned({"--stage", "step", "-u", "5", "-t", "250ms"}),
            "shop: 5 users, step 1 50.0 ms at 1 user, step 2 50.0 ms at 2 users, step 3 50.0 ms at "
            "3 users, step 4 50.0 ms at 4 users, step 5 50.0 ms; 250 ms in all");
  EXPECT_EQ(planned({"--stage", "soak", "-u", "2", "-r", "20", "-t", "300ms"}),
            "shop: 2 users, ramp 100 ms, endurance 200 ms; 300 ms in all");
  EXPECT_EQ(planned({"--stage", "spike", "--rate", "40/s", "-t", "500ms"}),
            "shop: 200/s Poisson, hold 200 ms at 40/s, spike 100 ms at 200/s, recovery 200 ms at "
            "40/s, at most 10000 in flight; 500 ms in all");
  EXPECT_THAT(record("r/record.json").validity.reasons,
              testing::Not(testing::Contains(HasSubstr("were asked for"))));
  EXPECT_EQ(planned({"--stage", "100ms:3", "--stage", "200ms:3", "--stage", "50ms:0"}),
            "shop: 3 users, ramp 100 ms at 3 users, hold 200 ms at 3 users, ramp 50.0 ms at 0 "
            "users; 350 ms in all");
}

TEST_F(Stages, ThatMeanNothingAreRefused) {
  const auto with = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"run", "shop.json", "--host", host_});
    return refusal(options);
  };
  EXPECT_THAT(with({"--stage", "spkie"}), HasSubstr("did you mean spike?"));
  EXPECT_THAT(with({"--stage", "30s:x"}), HasSubstr("write TIME:USERS"));
  EXPECT_THAT(with({"--stage", "30s:5"}), HasSubstr("nothing is held"));
  EXPECT_THAT(with({"--stage", "spike", "--stage", "step"}), HasSubstr("one name"));
  EXPECT_THAT(with({"--stage", "spike", "-i", "5"}), HasSubstr("goes by time"));
  EXPECT_THAT(with({"--stage", "30s:5", "-t", "1m"}), HasSubstr("leave out -u and -t"));
}

class Thresholds : public AsLocust {};

TEST_F(Thresholds, AreJudgedByEndpointAndTag) {
  file("held.json", R"({
    "thresholds": {"http_req_duration{name:/items}": ["max<10s"],
                   "http_reqs{tag:write}": ["count>0"], "iterations": ["count>10"],
                   "http_req_failed": ["rate==0"], "vus": ["max<=2"]},
    "load": {"users": 2, "run_time": "1200ms"}, "wait": "1ms",
    "tasks": [{"get": "/items"}, {"post": "/orders", "tags": ["write"]}]})");
  auto program = run({"held.json", "--host", host_, "--out", "r"});
  EXPECT_THAT(program.wait(), testing::AnyOf(0, 4));
  const auto run_record = record("r/record.json");
  std::vector<std::string> targets;
  for (const auto& verdict : run_record.verdicts) targets.push_back(verdict.target);
  EXPECT_THAT(targets,
              ElementsAre("response_time.max of /items < 10.0 s", "requests of POST /orders > 0",
                          "iterations > 10", "error_share <= 0 %", "users.max <= 2"));
  if (run_record.validity.valid) {
    for (const auto& verdict : run_record.verdicts) {
      EXPECT_EQ(verdict.kind, record::VerdictKind::pass) << verdict.message;
    }
  }
}

TEST_F(Thresholds, OfTheCommandLineStandInPlaceOfTheFiles) {
  file("held.json", R"({"thresholds": {"http_reqs": ["count>1000000"]}, "wait": "1ms",
                        "tasks": [{"get": "/items"}]})");
  auto program = run({"held.json", "--host", host_, "-t", "1s", "--out", "r", "--threshold",
                      "http_req_failed: rate<0.5", "--threshold", "http_req_duration: max<1us"});
  EXPECT_THAT(program.wait(), testing::AnyOf(1, 4));
  const auto run_record = record("r/record.json");
  ASSERT_EQ(run_record.verdicts.size(), 2u);
  EXPECT_EQ(run_record.verdicts[1].figure, "response_time.max");
  EXPECT_THAT(run_record.reproduce, HasSubstr("--threshold 'http_req_failed: rate<0.5'"));
  EXPECT_THAT(
      refusal({"run", "held.json", "--host", host_, "--threshold", "http_reqs{name:/x}: count>1"}),
      HasSubstr("no step is counted as \"/x\""));
  EXPECT_THAT(refusal({"run", "--url", host_, "--threshold", "http_reqs{tag:x}: count>1"}),
              HasSubstr("tags are of scenario files"));
}

TEST_F(Thresholds, MayAskForAnExactCount) {
  const auto with = [&](const std::string& threshold) {
    auto program =
        run({"--url", host_ + "/items", "-i", "20", "--out", "r", "--threshold", threshold});
    program.wait();
    return record("r/record.json").verdicts.at(0);
  };
  EXPECT_THAT(with("http_reqs: count==20").kind,
              testing::AnyOf(record::VerdictKind::pass, record::VerdictKind::invalid));
  const auto missed = with("http_reqs: count!=20");
  EXPECT_THAT(missed.kind, testing::AnyOf(record::VerdictKind::fail, record::VerdictKind::invalid));
  EXPECT_EQ(missed.target, "requests != 20");
  EXPECT_THAT(with("http_req_failed: rate==1").kind,
              testing::AnyOf(record::VerdictKind::fail, record::VerdictKind::invalid));
}

TEST_F(Thresholds, MayEndTheRun) {
  file("ends.json", R"({"thresholds": {"http_req_failed": [
      {"threshold": "rate<0.1", "abortOnFail": true, "delayAbortEval": "500ms"}]},
      "wait": "1ms", "tasks": [{"get": "/broken"}]})");
  auto program = run({"ends.json", "--host", host_, "-t", "1h", "--out", "r"});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.err(), HasSubstr("ending the run: error_share < 10 % was crossed"));
  const auto run_record = record("r/record.json");
  EXPECT_EQ(run_record.completion, record::Completion::stopped);
  EXPECT_THAT(run_record.notes, Contains(HasSubstr("error_share < 10 % was crossed")));
}

TEST_F(Thresholds, OutOfReachAreMarkedBeforeTheRun) {
  file("slow.json", R"({"thresholds": {"http_reqs": ["rate>500"]}, "wait": "2s",
      "load": {"users": 50, "run_time": "300ms"}, "tasks": [{"get": "/items"}]})");
  auto program = run({"slow.json", "--host", host_, "--out", "r"});
  program.wait();
  EXPECT_THAT(program.err(),
              AllOf(HasSubstr("warning: unreachable: throughput.all > 500/s: 50 users who wait "
                              "2.00 s a round make at most 25 such requests/s"),
                    HasSubstr("-u 1000 would do, or waits of 100 ms a round")));
  EXPECT_THAT(refusal({"run", "slow.json", "--host", host_, "--strict"}),
              HasSubstr("unreachable: throughput.all > 500/s"));
  EXPECT_THAT(refusal({"run", "slow.json", "--host", host_, "--strict", "--rate", "40/s"}),
              HasSubstr("--rate 500/s would do"));
}

TEST_F(Thresholds, OutOfReachAreIterationsTooAndEachWindowByItsOwnLevel) {
  file("stages.json", R"({"wait": "1s", "tasks": [{"get": "/items"}],
      "load": {"stages": [{"users": 100, "hold": "30s", "name": "peak"},
                          {"users": 10, "hold": "30s", "name": "after"}]}})");
  EXPECT_THAT(refusal({"run", "stages.json", "--host", host_, "--strict", "--threshold",
                       "iterations{window:after}: rate>90"}),
              HasSubstr("unreachable: iteration_rate in after > 90/s: 10 users who wait 1.00 s a "
                        "round make at most 10 iterations/s, however fast the service is; 90 users "
                        "there would do"));
  EXPECT_THAT(refusal({"run", "stages.json", "--host", host_, "--strict", "--threshold",
                       "http_reqs{window:after}: rate>90", "--threshold",
                       "http_reqs{window:peak}: rate>90"}),
              AllOf(HasSubstr("throughput.all in after"), Not(HasSubstr("in peak"))));
}

TEST_F(Thresholds, OnResourcesOfTheServiceMayEndTheRun) {
  service_.tells_memory = true;
  file("t.json", R"({"sets": {"small": {"targets": [
      {"figure": "service.rss.max", "below": "1 kB", "critical": "2 kB",
       "abort": {"grace": "1 s"}}]}}})");
  auto program = run({"--url", host_ + "/items", "--think", "10ms", "-t", "40s", "--targets",
                      "t.json:small", "--out", "r"});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.err(), HasSubstr("ending the run: service.rss.max < 1.00 kB was crossed"));
  EXPECT_EQ(record("r/record.json").completion, record::Completion::stopped);
}

class OnceOnly : public AsLocust {};

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

class Secrets : public AsLocust {};

// Of a run in which everything fails, so that every example there can be is there.
TEST_F(Secrets, NeverReachARecordALogOrAReproduceLine) {
  file("secret.json", R"({
    "variables": {"key": "hunter2-variable"},
    "headers": {"X-Api-Key": "hunter2-header"},
    "tasks": [{"get": "/broken/a?access_token=hunter2-query&key={{key}}",
               "headers": {"Cookie": "sid=hunter2-sent", "Authorization": "Basic hunter2-basic"}},
              {"post": "/items", "json": {"password": "hunter2-body"},
               "check": {"json": {"/gone": {"exists": true}}}}]})");
  auto program =
      run({"secret.json", "--host", host_, "-i", "40", "--out", "r", "--csv", "r/csv",
           "--json-file", "r/j", "--header", "X-Auth-Token: hunter2-option", "--cookies"});
  EXPECT_THAT(program.wait(), testing::AnyOf(1, 4));
  auto url = run({"--url", host_ + "/broken?token=hunter2-url", "--bearer", "hunter2-bearer",
                  "--body", R"({"password": "hunter2-data"})", "--method", "POST", "-i", "20",
                  "--out", "u", "--headless"});
  EXPECT_THAT(url.wait(), testing::AnyOf(1, 4));
  std::string all = program.out() + program.err() + url.out() + url.err();
  std::size_t files = 0;
  for (const auto* folder : {"r", "u"}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / folder)) {
      if (!entry.is_regular_file()) continue;
      all += content((fs::path(folder) / entry.path().filename()).string());
      ++files;
    }
  }
  EXPECT_GE(files, 15u);
  EXPECT_THAT(all, AllOf(HasSubstr("access_token=***"), HasSubstr("/broken/a")));
  for (std::size_t at = all.find("hunter2"); at != std::string::npos;
       at = all.find("hunter2", at + 1)) {
    ADD_FAILURE() << all.substr(at > 100 ? at - 100 : 0, 140);
  }
  auto refused = run({"--url", host_, "--header", "Authorization hunter2-typo"});
  EXPECT_EQ(refused.wait(), 2);
  EXPECT_THAT(refused.err(), Not(HasSubstr("hunter2")));
  auto password = run({"shop.json", "--host", "http://bob:hunter2@localhost"});
  EXPECT_EQ(password.wait(), 2);
  EXPECT_THAT(password.err(), Not(HasSubstr("hunter2")));
}

class SetUp : public AsLocust {};

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
class StoppedByHand : public AsLocust {
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
