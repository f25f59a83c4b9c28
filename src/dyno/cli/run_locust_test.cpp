// dyno run as people who come from Locust call it.
#include <set>

#include <nlohmann/json.hpp>

#include "dyno/cli/run_for_test.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AsLocust : public DynoRun {};

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

class Stages : public DynoRun {
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

}  // namespace
}  // namespace dyno::cli
