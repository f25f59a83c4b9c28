// dyno ab as it is called by hand, on real benchmark processes.
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

}  // namespace
}  // namespace dyno::cli
