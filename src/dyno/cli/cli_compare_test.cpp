// dyno compare and dyno baseline as they are called by hand.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "dyno/cli/program_for_test.h"
#include "dyno/core/environment.h"
#include "dyno/core/json.h"
#include "dyno/core/random.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int processes = 30;

class CompareProgram : public DynoProgram {
 protected:
  struct Said {
    int status = 0;
    std::string out;
    std::string err;
  };

  Said said(const std::vector<std::string>& arguments) const {
    auto program = start(arguments);
    const int status = program.wait();
    return {status, program.out(), program.err()};
  }

  Said compare(const std::vector<std::string>& options = {}) const {
    std::vector<std::string> arguments{"compare", "base", "head"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return said(arguments);
  }

  // What one process could have written: two benchmarks with a noise of 1 %.
  std::string process(double factor, const std::string& machine, bool with_write = true) {
    const auto noisy = [&](double value) { return value * (0.99 + 0.02 * random_.uniform()); };
    std::string rows = fmt::format(
        R"({{"name": "parse/8", "iterations": 1000, "real_time": {}, "time_unit": "us",
            "items_per_second": {}, "allocs_per_iter": 3}})",
        noisy(100 * factor), noisy(1e4 / factor));
    if (with_write) {
      rows += fmt::format(
          R"(, {{"name": "write/8", "iterations": 1000, "real_time": {}, "time_unit": "ns"}})",
          noisy(250));
    }
    return fmt::format(
        R"({{"context": {{"dyno_fingerprint": "{}", "dyno_commit": "c0ffee"}},
             "benchmarks": [{}]}})",
        machine, rows);
  }

  void directory(const std::string& name, int count, double factor,
                 const std::string& machine = "0123456789ab", bool with_write = true) {
    for (int i = 0; i < count; ++i) {
      file(fmt::format("{}/{:02}.json", name, i), process(factor, machine, with_write));
    }
  }

  Random random_{20261121};
};

TEST_F(CompareProgram, ThirtyEqualProcessesASideAreEquivalent) {
  directory("base", processes, 1);
  directory("head", processes, 1);
  const auto answer = compare();
  EXPECT_EQ(answer.status, 0) << answer.out << answer.err;
  EXPECT_THAT(answer.out, AllOf(HasSubstr("concluded: 4 equivalent"),
                                HasSubstr("not concluded: nothing"), HasSubstr("next: nothing")));
}

TEST_F(CompareProgram, TwentyPercentSlowerIsARegression) {
  directory("base", processes, 1);
  directory("head", processes, 1.2);
  const auto answer = compare({"--json", "c.json", "--md", "c.md"});
  EXPECT_EQ(answer.status, 1) << answer.out << answer.err;
  EXPECT_THAT(answer.out, AllOf(HasSubstr("concluded: 2 regressed, 2 equivalent"),
                                HasSubstr("dyno baseline accept WHAT")));
  const auto json = read_json(folder_ / "c.json");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->at("exit_status"), 1);
  EXPECT_EQ(json->at("base_commit"), "c0ffee");
  EXPECT_EQ(json->at("figures").size(), 4U);
  const auto markdown = read_file(folder_ / "c.md");
  ASSERT_TRUE(markdown);
  EXPECT_THAT(*markdown, HasSubstr("| regressed | parse/8 | "));
  EXPECT_EQ(compare({"--margin", "40"}).status, 3) << "beyond 5 %, within the margin";
  EXPECT_THAT(compare({"--md", "-"}).out, testing::StartsWith("# head against base: FAIL"));
}

TEST_F(CompareProgram, AMissingBenchmarkIsNoPass) {
  directory("base", processes, 1);
  directory("head", processes, 1, "0123456789ab", false);
  const auto answer = compare();
  EXPECT_EQ(answer.status, 4) << answer.out;
  EXPECT_THAT(answer.out, AllOf(HasSubstr("write/8 real_time: missing"),
                                HasSubstr("next: measure the head again")));
}

TEST_F(CompareProgram, ABrokenFileIsNamed) {
  directory("base", processes, 1);
  directory("head", processes, 1);
  file("head/17.json", process(1, "0123456789ab").substr(0, 150));
  const auto answer = compare();
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, AllOf(HasSubstr("head/17.json:"), HasSubstr("Measure again")));
  EXPECT_EQ(std::count(answer.err.begin(), answer.err.end(), '\n'), 1);
}

TEST_F(CompareProgram, OneFileASideProvesNothing) {
  directory("base", 1, 1);
  directory("head", 1, 1.2);
  const auto answer = said({"compare", "base/00.json", "head/00.json"});
  EXPECT_EQ(answer.status, 3);
  EXPECT_THAT(answer.out, AllOf(HasSubstr("one process a side proves no ordinary difference"),
                                HasSubstr("that is no pass"), HasSubstr("measure more processes")));
}

TEST_F(CompareProgram, OfManyFiguresOnlyThoseThatMatterAreShown) {
  const auto benchmarks = [](double first) {
    std::string rows;
    for (int i = 0; i < 45; ++i) {
      rows += fmt::format(R"({}{{"name": "b{}", "iterations": 10000000, "real_time": {}}})",
                          i == 0 ? "" : ", ", i, i == 0 ? first : 100.0);
    }
    return fmt::format(R"({{"context": {{}}, "benchmarks": [{}]}})", rows);
  };
  file("base.json", benchmarks(100));
  file("head.json", benchmarks(1000));
  const auto answer = said({"compare", "base.json", "head.json", "--json", "c.json"});
  EXPECT_EQ(answer.status, 1) << answer.err;
  EXPECT_THAT(answer.out, AllOf(HasSubstr("\nregressed  b0 "), Not(HasSubstr("b17 ")),
                                HasSubstr("... 44 inconclusive: --all shows them\n")));
  const auto json = read_json(folder_ / "c.json");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->at("figures").size(), 45U) << "files are complete";
  EXPECT_THAT(said({"compare", "base.json", "head.json", "--all"}).out,
              AllOf(HasSubstr("\ninconclusive  b17 "), Not(HasSubstr("--all"))));
}

TEST_F(CompareProgram, AnotherMachinesFilesAreNoBaseline) {
  directory("base", processes, 1, "ba9876543210");
  directory("head", processes, 1);
  const auto answer = compare();
  EXPECT_EQ(answer.status, 3);
  EXPECT_THAT(answer.out, AllOf(HasSubstr("no baseline"), HasSubstr("dyno baseline save")));
  EXPECT_EQ(compare({"--any-machine"}).status, 0);
}

TEST_F(CompareProgram, ABaselineIsKeptListedUsedAndPruned) {
  directory("base", processes, 1);
  directory("head", processes, 1.2);
  directory("elsewhere", processes, 1, "ba9876543210");
  const auto kept = said({"baseline", "save", "base", "--name", "main"});
  EXPECT_EQ(kept.status, 0) << kept.err;
  EXPECT_THAT(said({"baseline", "list"}).out,
              AllOf(HasSubstr("0123456789ab"), HasSubstr("main"), HasSubstr("c0ffee")));
  EXPECT_THAT(said({"baseline", "show", "main", "--fingerprint", "0123456789ab"}).out,
              AllOf(HasSubstr("30 processes"), HasSubstr("parse/8")));
  EXPECT_EQ(said({"compare", "--baseline", "main", "head"}).status, 1);
  EXPECT_EQ(said({"compare", "--baseline", "main", "base"}).status, 0);
  const auto other = said({"compare", "--baseline", "main", "elsewhere"});
  EXPECT_EQ(other.status, 3) << other.err;
  EXPECT_THAT(other.out, AllOf(HasSubstr("no baseline for this machine and build"),
                               HasSubstr("dyno baseline save")));
  EXPECT_THAT(said({"baseline", "prune", "--other-machines", "--dry-run"}).out,
              HasSubstr("would remove"));
  EXPECT_EQ(said({"compare", "--baseline", "main", "base"}).status, 0);
  EXPECT_EQ(said({"baseline", "prune", "--other-machines"}).status, 0);
  EXPECT_THAT(said({"baseline", "list"}).out, HasSubstr("no baseline in results/baselines"));
}

TEST_F(CompareProgram, OnlyWhatIsValidAndKnowsItsMachineIsKept) {
  file("broken/1.json", R"({"context": {"dyno_fingerprint": "0123456789ab"}, "benchmarks":
      [{"name": "A", "error_occurred": true, "error_message": "no store"}]})");
  EXPECT_THAT(refusal({"baseline", "save", "broken", "--name", "x"}), HasSubstr("no store"));
  directory("nowhere", 1, 1, "");
  EXPECT_THAT(refusal({"baseline", "save", "nowhere", "--name", "x"}),
              HasSubstr("does not say of which machine"));
  EXPECT_THAT(refusal({"baseline", "save", "nowhere"}), HasSubstr("--name"));
  EXPECT_THAT(refusal({"baseline", "save", "nowhere", "--name", "../x"}), HasSubstr("no name"));
  EXPECT_THAT(refusal({"baseline", "show", "x"}), HasSubstr("dyno baseline list"));
  EXPECT_THAT(refusal({"baseline", "prune"}), HasSubstr("--older-than"));
  EXPECT_THAT(refusal({"baseline"}), HasSubstr("subcommand"));
  EXPECT_THAT(refusal({"compare", "nowhere"}), HasSubstr("give BASE and HEAD"));
}

TEST_F(CompareProgram, AnAcceptedChangeCostsNoStatusUntilItExpires) {
  directory("base", processes, 1);
  directory("head", processes, 1.2);
  const std::vector<std::string> accept{"baseline",   "accept",   "parse/*",   "--commit",
                                        "abc",        "--reason", "it checks", "--expires",
                                        "2999-12-31", "--range",  "1.1..1.3"};
  ASSERT_EQ(said(accept).status, 0);
  EXPECT_THAT(refusal(accept), HasSubstr("already"));
  EXPECT_EQ(compare().status, 1) << "the rate fell to 0.83, which is in no accepted range";
  ASSERT_EQ(said({"baseline", "accept", "parse/* items_per_second", "--commit", "abc", "--reason",
                  "it checks", "--expires", "2999-12-31", "--range", "0.7..0.9"})
                .status,
            0);
  const auto accepted = compare();
  EXPECT_EQ(accepted.status, 0) << accepted.out << accepted.err;
  EXPECT_THAT(accepted.out,
              AllOf(HasSubstr("regressed*"), HasSubstr("until 2999-12-31: it checks")));
  const auto path = folder_ / "results/baselines/accepted.json";
  auto text = *read_file(path);
  for (std::size_t at = 0; (at = text.find("2999", at)) != std::string::npos;) {
    text.replace(at, 4, "2020");
  }
  ASSERT_TRUE(write_file(path, text));
  const auto expired = compare();
  EXPECT_EQ(expired.status, 1);
  EXPECT_THAT(expired.out, HasSubstr("its acceptance expired on 2020-12-31"));
  EXPECT_THAT(said({"baseline", "list"}).out, HasSubstr("accepted, expired: parse/*"));
  EXPECT_EQ(said({"baseline", "prune", "--expired"}).status, 0);
  EXPECT_THAT(said({"baseline", "list"}).out, Not(HasSubstr("parse/*")));
  ASSERT_TRUE(write_file(path, "{"));
  EXPECT_THAT(refusal({"compare", "base", "head"}), HasSubstr("accepted.json:1:"));
  auto past = accept;
  past[8] = "2020-01-01";
  ASSERT_TRUE(
      write_file(path, R"({"schema": "dyno.accepted", "schema_version": 1, "accepted": []})"));
  EXPECT_THAT(refusal(past), HasSubstr("is past"));
}

TEST_F(CompareProgram, ADiskThatIsFullLeavesTheVerdict) {
  directory("base", 1, 1);
  directory("head", 1, 1);
  const auto answer = compare({"--json", "/proc/none/c.json"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.out, HasSubstr("not concluded: "));
  EXPECT_THAT(answer.err, HasSubstr("/proc/none"));
}

// Processes of a real benchmark program of other people's making, whose work is known.
TEST_F(CompareProgram, RealProcessesOfKnownWork) {
  const auto measure = [&](const std::string& name, const char* work) {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    ProgramRun program(
        {{BENCHMARK_GOTCHAS, "--benchmark_filter=^Known", "--benchmark_min_time=0.002",
          "--benchmark_out=" + name, "--benchmark_out_format=json"},
         {{"KNOWN_WORK", work}},
         folder_});
    ASSERT_EQ(program.wait(), 0) << program.err();
  };
  for (int i = 0; i < processes; ++i) {
    measure(fmt::format("base/{}.json", i), "1");
    measure(fmt::format("head/{}.json", i), "1.2");
    measure(fmt::format("same/{}.json", i), "1");
  }
  const auto slower = compare();
  EXPECT_EQ(slower.status, 1) << slower.out << slower.err;
  EXPECT_THAT(slower.out, AllOf(HasSubstr("Known/20000 real_time regressed"),
                                HasSubstr("Known/50000 real_time regressed"),
                                HasSubstr("Known/50000 instructions regressed"),
                                HasSubstr("--more-is-better rounds")));
  const auto same = said({"compare", "base", "same", "--sensitivity", "20"});
  EXPECT_NE(same.status, 1) << same.out;
}

}  // namespace
}  // namespace dyno::cli
