// dyno ab as it is called by hand, on real benchmark processes.
#include <csignal>

#include "dyno/cli/program_for_test.h"
#include "dyno/monitor/affinity.h"

namespace dyno::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Ab : public DynoProgram {
 protected:
  ProgramRun pair_of_samples(const std::vector<std::string>& options) const {
    std::vector<std::string> arguments{
        "ab",  BENCHMARK_SAMPLE, BENCHMARK_SAMPLE, "--pairs", "1", "--further", "0", "--out",
        "here"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(),
                     {"--", "--benchmark_min_time=0.001", "--benchmark_filter=Allocating/1"});
    return start(arguments);
  }
};

TEST_F(Ab, OnePairProvesNothingAndSaysWhereItWasMeasured) {
  const auto allowed = monitor::allowed_cores();
  auto program = pair_of_samples({"--cores", std::to_string(allowed.back())});
  EXPECT_EQ(program.wait(), 3) << program.err();
  EXPECT_THAT(program.out(), AllOf(HasSubstr("%, 1 pair\n"), Not(HasSubstr("1 pairs")),
                                   HasSubstr("measured on core " + std::to_string(allowed.back())),
                                   HasSubstr("every pair: here/pairs.jsonl")));
}

TEST_F(Ab, APairThatCannotBeKeptIsSaidAfterTheVerdict) {
  fs::create_directories(folder_ / "here");
  fs::create_symlink("/dev/full", folder_ / "here" / "pairs.jsonl");
  auto program = pair_of_samples({});
  EXPECT_EQ(program.wait(), 2);
  EXPECT_THAT(program.out(), AllOf(HasSubstr("inconclusive"), Not(HasSubstr("every pair"))));
  EXPECT_THAT(program.err(), HasSubstr("error: cannot write here/pairs.jsonl: No space left"));
}

TEST_F(Ab, ACoreThatIsNotThereIsRefused) {
  EXPECT_THAT(refusal({"ab", BENCHMARK_SAMPLE, BENCHMARK_SAMPLE, "--cores", "4096"}),
              HasSubstr("core 4096 is not to be had"));
}

TEST_F(Ab, ReportsLieBesideThePairs) {
  auto program = pair_of_samples({});
  program.wait();
  EXPECT_THAT(*read_file(folder_ / "here/summary.md"),
              AllOf(HasSubstr(": INCONCLUSIVE"), HasSubstr("Allocating/1")));
  EXPECT_THAT(*read_file(folder_ / "here/junit.xml"), HasSubstr("<skipped message="));
}

TEST_F(Ab, CtrlCDecidesOnThePairsThereAre) {
  auto program =
      start({"ab", BENCHMARK_SAMPLE, BENCHMARK_SAMPLE, "--pairs", "1000", "--out", "here", "--",
             "--benchmark_min_time=0.001", "--benchmark_filter=Allocating"});
  ASSERT_TRUE(program.says("pair 2 of 1000"));
  program.signal(SIGINT);
  EXPECT_EQ(program.wait(), 3) << program.err();
  EXPECT_THAT(program.out(), HasSubstr("stopped after"));
  EXPECT_TRUE(fs::exists(folder_ / "here/summary.md"));
}

TEST_F(Ab, SidesThatCannotBeMeantAreRefused) {
  EXPECT_THAT(refusal({"ab", BENCHMARK_SAMPLE}), HasSubstr("BASE and HEAD are needed"));
  EXPECT_THAT(refusal({"ab", "--head", "HEAD"}), HasSubstr("say with --base"));
  EXPECT_THAT(refusal({"ab", "--base", "HEAD", "--repository", "/"}),
              HasSubstr("is in no git repository"));
  EXPECT_THAT(refusal({"ab", "--load", "s.json", "a {port}", "b {port}"}),
              HasSubstr("needs --rate"));
  EXPECT_THAT(refusal({"ab", "--load", "s.json", "--rate", "9/s", "a", "b"}),
              HasSubstr("where its port goes"));
  EXPECT_THAT(refusal({"ab", "--load", "s.json", "--rate", "9/s", "a {port}", "b {port}"}),
              HasSubstr("s.json"));
}

class AbLoad : public DynoProgram {
 protected:
  ProgramRun services_under(const std::string& scenario) const {
    const auto service = std::string(DYNO_PROGRAM) + " oracle --port {port}";
    return start({"ab", "--load", file("s.json", scenario), "--rate", "300/s", "-t", "1s",
                  "--warm-up", "100ms", "--pairs", "1", "--further", "0", "--out", "here", service,
                  service});
  }
};

TEST_F(AbLoad, ServicesAreStartedAfreshAndComparedByFigure) {
  auto program = services_under(R"({"tasks": [{"get": "/"}]})");
  const auto status = program.wait();
  EXPECT_TRUE(status == 3 || status == 4) << program.err();  // 4: a busy machine makes it invalid
  EXPECT_THAT(program.out(),
              AllOf(HasSubstr("all requests response_time.p50"), HasSubstr("all requests rate")));
  const auto base = record("here/001-base");
  const auto head = record("here/001-head");
  EXPECT_EQ(count(base, "ok"), count(head, "ok"));  // the same arrivals
  EXPECT_NE(base.service.url, head.service.url);
}

TEST_F(AbLoad, ASideWithErrorsIsNotCompared) {
  auto program = services_under(R"({"tasks": [{"get": "/", "check": {"status": 404}}]})");
  EXPECT_EQ(program.wait(), 4) << program.err();
  EXPECT_THAT(program.out(), AllOf(HasSubstr("errored"), HasSubstr("of the requests failed")));
}

}  // namespace
}  // namespace dyno::cli
