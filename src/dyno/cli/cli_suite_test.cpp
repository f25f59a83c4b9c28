// dyno suite on results folders: benchmarks of several systems, and a part of the suite against a
// baseline of all of it.
#include <fmt/format.h>

#include "dyno/cli/program_for_test.h"
#include "dyno/harness/case_outcome.h"

namespace dyno::cli {
namespace {

using testing::HasSubstr;

class SuiteProgram : public DynoProgram {
 protected:
  SuiteProgram() {
    for (const std::string system : {"first", "second"}) {
      file("targets/" + system + ".json",
           fmt::format(R"({{"system": "{}", "sets": {{"benchmarks": {{"about": "all", "targets": [
               {{"figure": "response_time.mean", "endpoint": "Get", "below": "1 ms"}}]}}}}}})",
                       system));
    }
  }

  // Leaves a results folder with benchmarks of one name in each system, and judges it.
  ProgramRun suite(const std::string& name, const std::vector<std::string>& systems,
                   std::vector<std::string> options) {
    harness::CaseOutcome skipped;
    skipped.name = "A.Skipped";
    skipped.skipped = true;
    const auto outcome = folder_ / name / "cases" / "A.Skipped" / harness::case_outcome_file;
    EXPECT_TRUE(harness::write_case_outcome(skipped, outcome).ok());
    options.insert(options.begin(), {"suite", name, "--targets", "targets", "--baselines", "kept"});
    for (const auto& system : systems) {
      const auto text = fmt::format(
          R"({{"context": {{"dyno_families": "Get", "dyno_data": "{}"}}, "benchmarks": [
               {{"name": "Get", "iterations": 1000, "real_time": 10, "time_unit": "us"}}]}})",
          data_);
      options.insert(
          options.end(),
          {"--benchmarks", file(fmt::format("{}/benchmarks/{}.json", name, system), text)});
    }
    return start(std::move(options));
  }

  std::string data_ = "generated";
};

TEST_F(SuiteProgram, OnlyWhatWasAskedForIsMissed) {
  auto all = suite("all", {"first", "second"}, {"--save-baseline"});
  EXPECT_EQ(all.wait(), 0) << all.out() << all.err();
  auto again = suite("again", {"second", "first"}, {});
  EXPECT_EQ(again.wait(), 0) << again.out() << again.err();

  auto vanished = suite("vanished", {"first"}, {});
  EXPECT_EQ(vanished.wait(), 4) << vanished.out();
  EXPECT_THAT(vanished.out(), HasSubstr("second: Get"));
  auto part = suite("part", {"first"}, {"--part"});
  EXPECT_EQ(part.wait(), 0) << part.out() << part.err();
  EXPECT_THAT(part.out(), HasSubstr("a part of the suite"));

  auto kept = suite("kept_part", {"first"}, {"--part", "--save-baseline"});
  EXPECT_EQ(kept.wait(), 0) << kept.out();
  EXPECT_THAT(kept.out(), HasSubstr("not kept as a baseline: the one there is holds what was not"));
  auto whole = suite("whole", {"first", "second"}, {"--require-baseline", "--save-baseline"});
  EXPECT_EQ(whole.wait(), 0) << "as before, and in its place\n" << whole.out() << whole.err();
}

TEST_F(SuiteProgram, ARunOnOtherDataDoesNotTakeTheBaselinesPlace) {
  auto generated = suite("generated", {"first"}, {"--save-baseline"});
  EXPECT_EQ(generated.wait(), 0) << generated.out() << generated.err();
  data_ = "an export";
  auto other = suite("other", {"first"}, {"--save-baseline"});
  EXPECT_EQ(other.wait(), 0) << other.out() << other.err();
  EXPECT_THAT(other.out(), HasSubstr("not kept as a baseline: the one there is was measured on"));
}

TEST_F(SuiteProgram, BenchmarksOfAPartThatVanishedAreMissed) {
  auto all = suite("all", {"first", "second"}, {"--save-baseline"});
  EXPECT_EQ(all.wait(), 0) << all.out() << all.err();
  // The program was to run, and left nothing.
  auto crashed =
      suite("crashed", {"first"}, {"--part", "--benchmarks", "crashed/benchmarks/second.json"});
  EXPECT_EQ(crashed.wait(), 4) << crashed.out();
}

}  // namespace
}  // namespace dyno::cli
