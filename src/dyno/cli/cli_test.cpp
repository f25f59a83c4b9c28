// The dyno program as it is called by hand: bad input, and results that cannot be written.
#include "dyno/cli/program_for_test.h"
#include "dyno/core/files.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class BadInput : public DynoProgram {};

TEST_F(BadInput, OptionsAndCommands) {
  EXPECT_THAT(refusal({"--no-such"}), AllOf(HasSubstr("--no-such"), HasSubstr("dyno --help")));
  EXPECT_THAT(refusal({"fly"}), AllOf(HasSubstr("fly"), HasSubstr("dyno --help")));
  EXPECT_THAT(refusal({"run", "--url", "http://127.0.0.1:1/", "--no-such"}), HasSubstr("no-such"));
  EXPECT_THAT(refusal({"run"}), AllOf(HasSubstr("a scenario FILE"), HasSubstr("--url")));
  auto alone = start({});
  EXPECT_EQ(alone.wait(), 2);
  EXPECT_THAT(alone.err(), HasSubstr("no command was given; see dyno --help"));
}

TEST_F(BadInput, WhatToRequestAndHow) {
  EXPECT_THAT(refusal({"run", "--url", "localhost:8000"}),
              AllOf(HasSubstr("localhost:8000"), HasSubstr("write e.g. http://")));
  EXPECT_THAT(refusal({"run", "--url", "http://127.0.0.1:99999/"}), HasSubstr("1 to 65535"));
  const std::string url = "http://127.0.0.1:1/";
  EXPECT_THAT(refusal({"run", "--url", url, "-t", "10x"}), HasSubstr("write e.g. 300s"));
  EXPECT_THAT(refusal({"run", "--url", url, "--rate", "fast"}), HasSubstr("--rate"));
  EXPECT_THAT(refusal({"run", "--url", url, "-u", "0"}), HasSubstr("--users"));
  EXPECT_THAT(refusal({"run", "--url", url, "--header", "x"}), HasSubstr("'Name: value'"));
  EXPECT_THAT(refusal({"run", "--url", url, "--idle-timeout", "0s"}),
              HasSubstr("--idle-timeout must be above 0"));
  EXPECT_THAT(refusal({"run", "--url", url, "--timeout", "0"}),
              HasSubstr("--timeout must be above 0"));
  EXPECT_THAT(refusal({"run", "--url", url, "--event-timeout", "1s"}), HasSubstr("add --stream"));
  EXPECT_THAT(refusal({"run", "--url", url, "--body", "@none.json"}),
              AllOf(HasSubstr("none.json: No such file"), HasSubstr("check the path")));
}

TEST_F(BadInput, PathsThatCannotEvenBeLookedAt) {
  const std::string url = "http://127.0.0.1:1/";
  EXPECT_THAT(refusal({"run", "--url", url, "--body", "@" + std::string(300, 'x')}),
              AllOf(HasSubstr("--body"), HasSubstr("File name too long")));
  fs::create_symlink("loop.json", folder_ / "loop.json");
  const auto circle = AllOf(HasSubstr("loop.json"), HasSubstr("Too many levels"));
  EXPECT_THAT(refusal({"run", "loop.json", "--host", url}), circle);
  EXPECT_THAT(refusal({"report", "loop.json"}), circle);
  EXPECT_THAT(refusal({"compare", "loop.json", "loop.json"}), circle);
  EXPECT_THAT(refusal({"history", "add", "loop.json", "--history", "h"}), HasSubstr("loop.json"));
  EXPECT_THAT(refusal({"baseline", "save", "loop.json"}), HasSubstr("loop.json"));
  EXPECT_THAT(refusal({"baseline", "save", "loop.json", "--name", "n"}), circle);
}

TEST_F(BadInput, WhatToCheckAndWhere) {
  EXPECT_THAT(refusal({"selfcheck", "--rate", "fast"}), HasSubstr("--rate"));
  EXPECT_THAT(refusal({"selfcheck", "--only", "everything"}), HasSubstr("everything"));
  ASSERT_TRUE(write_file(folder_ / "file", "precious").ok());
  EXPECT_THAT(refusal({"selfcheck", "--json", "file/found.json"}), HasSubstr("cannot be written"));
  EXPECT_THAT(refusal({"oracle", "--address", "nowhere"}), HasSubstr("nowhere"));
  EXPECT_THAT(refusal({"oracle", "--port", "65536"}), HasSubstr("65536"));
}

TEST_F(BadInput, AHostThatIsNotThere) {
  std::string url;
  {
    const MoodyService gone;
    url = gone.server.url();
  }
  EXPECT_THAT(refusal({"run", "--url", url, "-t", "1h", "--out", "r"}),
              AllOf(HasSubstr(url), HasSubstr("Connection refused"),
                    HasSubstr("is the service running there?")));
  EXPECT_FALSE(fs::exists(folder_ / "r"));
  EXPECT_THAT(refusal({"run", "--url", "http://no.such.host.invalid/", "-t", "1h"}),
              AllOf(HasSubstr("no.such.host.invalid"), HasSubstr("check its spelling")));
}

TEST_F(BadInput, FilesThatAreMissing) {
  EXPECT_THAT(refusal({"report", "none"}), HasSubstr("none: No such file or directory"));
  EXPECT_THAT(refusal({"compare", "none", "nothing"}), HasSubstr("none"));
  EXPECT_THAT(refusal({"suite", "none", "--targets", "x"}), HasSubstr("none"));
  EXPECT_THAT(refusal({"run", "--url", "http://127.0.0.1:1/", "--targets", "none.json:x"}),
              HasSubstr("none.json: No such file"));
  EXPECT_THAT(refusal({"report", folder_.string()}), HasSubstr("name the folder of a run"));
}

TEST_F(BadInput, FilesThatAreMalformed) {
  const auto broken = file("broken.json", "{\n  \"version\": \n");
  const auto other = file("other.json", "{\"a\": 1}\n");
  EXPECT_THAT(refusal({"report", broken}), HasSubstr("broken.json:3:1"));
  EXPECT_THAT(refusal({"report", other}), HasSubstr("other.json"));
  EXPECT_THAT(refusal({"report", file("j.jsonl", "")}), HasSubstr("the journal is empty"));
  EXPECT_THAT(refusal({"compare", broken, broken}), HasSubstr("broken.json:3:1"));
  EXPECT_THAT(refusal({"compare", other, other}),
              HasSubstr("neither a dyno record nor Google Benchmark's JSON"));
  EXPECT_THAT(refusal({"compare", file("b.json", R"({"benchmarks": [{"name": 3}]})"), other}),
              HasSubstr("b.json"));
  const std::vector<std::string> run{"run", "--url", "http://127.0.0.1:1/", "--targets"};
  const auto with = [&](const std::string& targets) {
    auto arguments = run;
    arguments.push_back(targets);
    return arguments;
  };
  EXPECT_THAT(refusal(with(broken + ":x")), HasSubstr("broken.json:3:1"));
  EXPECT_THAT(refusal(with(other)), HasSubstr("write FILE:SET"));
  EXPECT_THAT(refusal(with(file("t.json", R"({"sets": {"a": {"targets": [{"figure": "speed",
                                              "below": 1}]}}})") +
                           ":a")),
              AllOf(HasSubstr("t.json"), HasSubstr("speed")));
}

class Results : public DynoProgram {};

TEST_F(Results, AFolderThatCannotBeWrittenIsFoundBeforeTheRun) {
  const MoodyService service;
  ASSERT_TRUE(write_file(folder_ / "file", "precious").ok());
  auto program = start({"run", "--url", service.server.url(), "-t", "1h", "--out", "file/sub"});
  EXPECT_EQ(program.wait(), 2);
  EXPECT_THAT(program.err(), AllOf(StartsWith("error: results cannot be written to file/sub"),
                                   HasSubstr("check the path")));
  EXPECT_EQ(*read_file(folder_ / "file"), "precious");
}

// A limit on the size of files fails writes half-way, as a disk that fills up during the run does.
TEST_F(Results, ADiskThatIsFullAtTheEndLeavesTheVerdictAndEarlierResults) {
  const MoodyService service;
  const std::vector<std::string> run{
      "run", "--url", service.server.url(), "-u", "2", "-t", "1s", "--out", "here", "--name"};
  const auto named = [&](const std::string& name) {
    auto arguments = run;
    arguments.push_back(name);
    return arguments;
  };
  ASSERT_EQ(start(named("first")).wait(), 0);
  auto program = start(named("second"), 4);
  EXPECT_EQ(program.wait(), 2);
  EXPECT_THAT(program.out(), AllOf(StartsWith("second"), HasSubstr("Verdicts"), HasSubstr("PASS")));
  const auto said = program.err();
  EXPECT_THAT(said, HasSubstr("error: cannot write here/record.json: File too large"));
  EXPECT_EQ(said.find("error:"), said.rfind("error:")) << said;
  const auto earlier = record::read_record(folder_ / "here" / "record.json");
  ASSERT_TRUE(earlier) << earlier.error().message;
  EXPECT_EQ(earlier->name, "first");
}

}  // namespace
}  // namespace dyno::cli
