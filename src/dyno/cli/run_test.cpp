// dyno run as it is called by hand, with scenario files.
#include <map>

#include "dyno/cli/program_for_test.h"
#include "dyno/core/files.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr auto shop = R"(// A shop.
{
  "name": "corner shop",
  "load": {"users": 4, "warm_up": "100ms", "run_time": "300ms"},
  "classes": [
    {"name": "buyer", "weight": 3, "wait": "1ms-5ms",
     "tasks": [{"weight": 3, "get": "/items", "check": {"contains": "hello"}},
               {"name": "buy", "weight": 1, "steps": [{"post": "/cart", "json": {"n": 1}},
                                                       {"post": "/pay"}]}]},
    {"name": "watcher", "weight": 1, "wait": {"pacing": "10ms"}, "tasks": [{"get": "/"}]}
  ]
})";

class RunOfAFile : public DynoProgram {
 protected:
  RunOfAFile() { file("shop.json", shop); }

  // What the program says on stderr while it runs to its end. Whether the figures can be believed
  // (0 or 4) is a question of the machine and not asked here.
  static std::string said_by(ProgramRun program) {
    EXPECT_THAT(program.wait(), testing::AnyOf(0, 4));
    return program.err();
  }

  MoodyService service_;
};

std::map<std::string, std::uint64_t> requests(const record::RunRecord& run) {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& cell : run.cells) {
    const auto& endpoint = run.endpoints[cell.endpoint];
    counts[endpoint.method + " " + endpoint.name] += cell.count;
  }
  return counts;
}

TEST_F(RunOfAFile, DoesWhatTheFileSaysAndSaysSoBefore) {
  const auto said =
      said_by(start({"run", "shop.json", "--host", service_.server.url(), "--out", "r"}));
  EXPECT_THAT(
      said,
      AllOf(HasSubstr("corner shop: 4 users, warm-up 100 ms, hold 200 ms; 300 ms in all\n"),
            HasSubstr("at " + service_.server.url() + ", at most 30.0 s"),
            HasSubstr("75.0 % buyer: waits 1.00 ms to 5.00 ms\n"),
            HasSubstr("75.0 %  GET /items\n"), HasSubstr("25.0 %  buy: POST /cart, POST /pay\n"),
            HasSubstr("25.0 % watcher: one task every 10.0 ms\n")));
  const auto run = record("r/record.json");
  EXPECT_EQ(run.name, "corner_shop");
  EXPECT_FALSE(run.other_resources.empty()) << "the service was found by its port";
  EXPECT_THAT(run.reproduce, HasSubstr("dyno run shop.json --host " + service_.server.url()));
}

TEST_F(RunOfAFile, EveryTaskOfEveryClassIsDone) {
  said_by(start({"run", "shop.json", "--host", service_.server.url(), "--out", "r", "-i", "300"}));
  auto counts = requests(record("r/record.json"));
  EXPECT_EQ(counts.size(), 4u);
  EXPECT_EQ(counts["POST /cart"], counts["POST /pay"]);
  EXPECT_EQ(counts["GET /items"] + counts["POST /cart"] + counts["GET /"], 300u);
}

TEST_F(RunOfAFile, TheCommandLineWins) {
  const auto with = [&](std::vector<std::string> options) {
    std::vector<std::string> all{"run", "--host", service_.server.url(), "--out", "r"};
    all.insert(all.end(), options.begin(), options.end());
    all.emplace_back("shop.json");
    return said_by(start(all));
  };
  EXPECT_THAT(with({"-u", "5", "-t", "200ms", "--name", "mine"}),
              HasSubstr("5 users, warm-up 100 ms, hold 100 ms; 200 ms in all\n"));
  EXPECT_EQ(record("r/record.json").name, "mine");
  EXPECT_THAT(with({"--rate", "300/s", "-t", "200ms"}),
              HasSubstr("300/s Poisson, warm-up 100 ms, hold 100 ms"));
  EXPECT_THAT(with({"-i", "20", "--header", "X-A: b", "--header", "X-C: d"}),
              HasSubstr("20 iterations"));
}

TEST_F(RunOfAFile, StagesOfTheFileAreFollowed) {
  file("staged.json", R"({"host": ")" + service_.server.url() + R"(", "tasks": [{"get": "/"}],
      "load": {"stages": [{"users": 1, "hold": "100ms"},
                          {"users": 4, "ramp": "50ms", "hold": "100ms", "name": "spike"}]}})");
  EXPECT_THAT(said_by(start({"run", "staged.json", "--out", "r"})),
              HasSubstr("staged: 4 users, hold 100 ms at 1 user, ramp 50.0 ms, spike 100 ms; 250 "
                        "ms in all\n"));
}

TEST_F(RunOfAFile, AFailedCheckIsAFailure) {
  file("wrong.json", R"({"tasks": [{"get": "/", "check": {"contains": "goodbye"}}]})");
  auto program =
      start({"run", "wrong.json", "--host", service_.server.url(), "-i", "300", "--out", "r"});
  EXPECT_THAT(program.wait(), testing::AnyOf(1, 4));
  EXPECT_THAT(program.out(), HasSubstr("expected a body with \"goodbye\""));
  EXPECT_EQ(count(record("r/record.json"), "check_failed"), 300u);
}

TEST_F(RunOfAFile, WhatIsWrongIsSaidInOneLine) {
  const std::string host = service_.server.url();
  const auto with = [&](const std::string& content) {
    return refusal({"run", file("bad.json", content), "--host", host});
  };
  EXPECT_THAT(refusal({"run", "none.json", "--host", host}),
              AllOf(HasSubstr("none.json: No such file"), HasSubstr("check the path")));
  EXPECT_THAT(with("{\n  \"tasks\": [\n"), HasSubstr("bad.json:3:1: "));
  EXPECT_THAT(with("{\"tasks\": [\n  {\"get\": \"/\", \"wieght\": 2}]}"),
              HasSubstr("bad.json:2:16: unknown key \"wieght\"; did you mean \"weight\"?"));
  EXPECT_THAT(with(std::string("\0\xff\x01", 3)), HasSubstr("bad.json:1:1: "));
  EXPECT_THAT(refusal({"run", "shop.json"}), HasSubstr("add e.g. --host http://127.0.0.1:8000"));
  EXPECT_THAT(refusal({"run", "shop.json", "--host", "localhost"}), HasSubstr("localhost"));
  EXPECT_THAT(refusal({"run", "shop.json", "--url", host}), HasSubstr("--url has no meaning"));
  EXPECT_THAT(refusal({"run", "shop.json", "--host", host, "-u", "1", "--rate", "5"}),
              HasSubstr("give one of them"));
  EXPECT_THAT(refusal({"run", "shop.json", "--host", host, "--think", "1s"}),
              HasSubstr("--think has no meaning"));
  EXPECT_THAT(refusal({"run", "--url", host, "--host", host}), HasSubstr("--host is for"));
  file("staged.json",
       R"({"tasks": [{"get": "/"}], "load": {"stages": [{"users": 1, "hold": 1}]}})");
  EXPECT_THAT(refusal({"run", "staged.json", "--host", host, "-t", "5s"}),
              HasSubstr("add -u or --rate to replace them"));
}

TEST_F(RunOfAFile, HelpShowsAnExampleOfEach) {
  auto program = start({"run", "--help"});
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.out(), AllOf(HasSubstr("dyno run shop.json --host"), HasSubstr("-u 50 -r 5"),
                                   HasSubstr("--rate 200/s"), HasSubstr("dyno run --url")));
}

}  // namespace
}  // namespace dyno::cli
