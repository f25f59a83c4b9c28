#include "dyno/harness/benchmark_main.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace dyno::harness {
namespace {

struct Ran {
  int status = 0;
  std::string out;
};

// Runs the sample program with the flags given; `2>&1` in them merges what it says on stderr.
Ran run(const std::string& flags) {
  Ran ran;
  const auto command =
      fmt::format("{} --benchmark_min_time=0.001 {}", DYNO_BENCHMARK_SAMPLE, flags);
  auto* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    ran.out.append(buffer, n);
  }
  ran.status = WEXITSTATUS(pclose(pipe));
  return ran;
}

TEST(BenchmarkMain, JsonIsAlwaysValidAndHasTheContext) {
  const auto ran = run("--benchmark_format=json 2>/dev/null");
  const auto json = nlohmann::json::parse(ran.out, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << ran.out;
  for (const auto* key : {"dyno_cpu_model", "dyno_governor", "dyno_kernel", "dyno_compiler",
                          "dyno_flags", "dyno_commit", "dyno_fingerprint", "dyno_families"}) {
    EXPECT_TRUE(json.at("context").contains(key)) << key;
  }
  const auto& benchmarks = json.at("benchmarks");
  ASSERT_EQ(benchmarks.size(), 4u);
  EXPECT_EQ(benchmarks[0].at("name"), "Allocating/1");
  // Two a loop; the library's own few are spread over the sixteen loops of its memory run.
  EXPECT_NEAR(benchmarks[0].at("allocs_per_iter").get<double>(), 2, 0.3);
  // A vector's 100 integers and its head, held once at a time.
  EXPECT_GE(benchmarks[0].at("max_bytes_used"), 424);
  EXPECT_LT(benchmarks[0].at("max_bytes_used"), 10'000);
  EXPECT_EQ(benchmarks[2].at("kept"), 7);
  EXPECT_FALSE(benchmarks[2].contains("nan"));
  EXPECT_EQ(benchmarks[3].at("error_message"), "the database is down");
  EXPECT_EQ(json.at("context").at("dyno_families"), "Allocating,NotANumber,Failing,Vanished");
}

TEST(BenchmarkMain, EveryRepetitionHasItsOwnMemory) {
  for (const auto* order : {"", " --benchmark_enable_random_interleaving=true"}) {
    const auto ran = run(std::string("--benchmark_repetitions=9 --benchmark_format=json "
                                     "--benchmark_filter='Allocating|NotANumber'") +
                         order + " 2>/dev/null");
    const auto json = nlohmann::json::parse(ran.out, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << ran.out;
    int repetitions = 0;
    for (const auto& run : json.at("benchmarks")) {
      if (run.at("run_type") != "iteration" || run.at("name") == "NotANumber") continue;
      ++repetitions;
      EXPECT_NEAR(run.at("allocs_per_iter").get<double>(), 2, 0.3);
      EXPECT_GE(run.at("max_bytes_used"), 424) << order;
      EXPECT_LT(run.at("max_bytes_used"), 10'000) << order;
    }
    EXPECT_EQ(repetitions, 18);
  }
}

TEST(BenchmarkMain, TheContextSaysOnWhatDataItMeasured) {
  const auto data_of = [](const std::string& flags) {
    const auto ran = run(flags + " --benchmark_format=json 2>/dev/null");
    const auto json = nlohmann::json::parse(ran.out, nullptr, false);
    if (json.is_discarded()) return "no JSON: " + ran.out;
    return json.at("context").value("dyno_data", std::string("none"));
  };
  ASSERT_EQ(setenv("SAMPLE_DATA", "size small, seed 7", 1), 0);
  EXPECT_EQ(data_of("--benchmark_filter=Allocating"), "size small, seed 7");
  ASSERT_EQ(unsetenv("SAMPLE_DATA"), 0);
  EXPECT_EQ(data_of("--benchmark_filter=Allocating"), "none");
}

TEST(BenchmarkMain, AFailedOrVanishedBenchmarkIsAFailure) {
  const auto all = run("2>&1");
  EXPECT_EQ(all.status, 4);
  EXPECT_THAT(all.out, testing::HasSubstr("benchmark failed: Failing: the database is down"));
  EXPECT_THAT(all.out, testing::HasSubstr("'Vanished' should have run and did not"));
}

TEST(BenchmarkMain, AFilterNarrowsWhatIsExpected) {
  EXPECT_EQ(run("--benchmark_filter=Allocating 2>&1").status, 0);
  EXPECT_EQ(run("--benchmark_filter='-Failing|Vanished' 2>&1").status, 0);
  const auto nothing = run("--benchmark_filter=Nothing 2>&1");
  EXPECT_EQ(nothing.status, 4);
  EXPECT_THAT(nothing.out, testing::HasSubstr("selects no benchmark"));
}

TEST(BenchmarkMain, AnUnknownFlagIsUsage) {
  EXPECT_EQ(run("--benchmark_nonsense=1 2>&1").status, 2);
}

TEST(BenchmarkMain, ListingRunsNothingAndPasses) {
  const auto listed = run("--benchmark_list_tests 2>&1");
  EXPECT_EQ(listed.status, 0);
  EXPECT_THAT(listed.out, testing::HasSubstr("Allocating/1\nAllocating/2\n"));
}

TEST(BenchmarkMain, WritesTheFileBesideTheConsole) {
  const std::string file = testing::TempDir() + "benchmark_main_test.json";
  const auto ran = run("--benchmark_filter=NotANumber --benchmark_out=" + file + " 2>&1");
  EXPECT_EQ(ran.status, 0);
  auto* stream = std::fopen(file.c_str(), "r");
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(nlohmann::json::parse(stream).at("benchmarks").size(), 1u);
  std::fclose(stream);
}

}  // namespace
}  // namespace dyno::harness
