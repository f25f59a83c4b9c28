#include "dyno/ab/benchmarks.h"

#include <fstream>

#include <gtest/gtest.h>

#include "dyno/ab/canary.h"
#include "dyno/ab/instructions.h"

namespace dyno::ab {
namespace {

namespace fs = std::filesystem;

fs::path fresh_folder(const std::string& name) {
  const auto folder = fs::path(testing::TempDir()) / ("ab_" + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

void make_program(const fs::path& path, const std::string& script) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
  fs::permissions(path, fs::perms::owner_all);
}

TEST(Programs, AreABinaryOrThoseOfABuildDirectory) {
  const auto folder = fresh_folder("programs");
  make_program(folder / "bin/b_bench", "exit 0");
  make_program(folder / "bin/a_bench", "exit 0");
  make_program(folder / "bin/other", "exit 0");
  std::ofstream(folder / "bin/text_bench") << "no program";
  const auto found = programs_at(folder);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).filename(), "a_bench");
  EXPECT_EQ(programs_at(folder / "bin/other")->size(), 1u);
  EXPECT_NE(programs_at(folder / "nothing").error().message.find("is not there"),
            std::string::npos);
  EXPECT_NE(programs_at(fresh_folder("empty")).error().message.find("build the benchmarks first"),
            std::string::npos);
  EXPECT_NE(programs_at(folder / "bin/text_bench").error().message.find("cannot be executed"),
            std::string::npos);
}

TEST(Programs, AFilterMatchesTheNamesAndNothingElse) {
  EXPECT_EQ(filter_of({"parse/8"}), "^(parse/8)$");
  EXPECT_EQ(filter_of({"sum<int>", "a.b(c)"}), R"(^(sum<int>|a\.b\(c\))$)");
}

TEST(Processes, MeasureARealBinaryWholeAndInPart) {
  const auto folder = fresh_folder("real");
  const auto measure = measure_benchmarks(
      {{BENCHMARK_SAMPLE}, {BENCHMARK_SAMPLE}, {"--benchmark_min_time=0.001"}, folder, {}});
  const auto all = measure(Which::base, {});
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_GT(all->figures.size(), 1u);
  const std::string name = "Allocating/1";
  ASSERT_TRUE(all->figures.contains({name, "real_time"}));
  // Two in each iteration, and what Google Benchmark itself needs for all of them.
  const auto allocations = all->figures.at({name, "allocs_per_iter"});
  EXPECT_GE(allocations.value, 2);
  EXPECT_LT(allocations.value, 6);
  EXPECT_GE(allocations.samples, 1u);
  EXPECT_LE(allocations.samples, 16u);
  const auto one = measure(Which::head, {name});
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_GT(one->figures.size(), 1u);
  for (const auto& [key, measured] : one->figures) EXPECT_EQ(key.first, name);
}

TEST(Processes, WhatFailsSaysSo) {
  const auto folder = fresh_folder("failing");
  make_program(folder / "broken", "echo 'cannot open database' >&2; exit 3");
  make_program(folder / "silent", "echo hello");
  const auto result_of = [&](const char* name) {
    return measure_benchmarks({{folder / name}, {}, {}, folder})(Which::base, {});
  };
  const auto broken = result_of("broken");
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("exited with 3: cannot open database"), std::string::npos)
      << broken.error().message;
  const auto silent = result_of("silent");
  ASSERT_FALSE(silent);
  EXPECT_NE(silent.error().message.find("is it a Google Benchmark binary?"), std::string::npos);
}

TEST(Processes, AFilterMayMeanSomeOfThePrograms) {
  const auto folder = fresh_folder("filtered");
  make_program(folder / "other",
               "for one; do case $one in --benchmark_out=*) : >\"${one#*=}\";; esac; done; "
               "echo 'Failed to match any benchmarks against regex: A' >&2; exit 2");
  const auto run = [&](const std::vector<fs::path>& programs) {
    return measure_benchmarks({programs,
                               programs,
                               {"--benchmark_filter=Allocating/1$", "--benchmark_min_time=0.001"},
                               folder})(Which::base, {});
  };
  const auto some = run({folder / "other", BENCHMARK_SAMPLE});
  ASSERT_TRUE(some) << some.error().message;
  EXPECT_TRUE(some->figures.contains({"benchmark_sample: Allocating/1", "real_time"}));
  const auto none = run({folder / "other"});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("no benchmark matches"), std::string::npos)
      << none.error().message;
}

// valgrind cannot run what is built with a sanitizer.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(Instructions, AreCountedOfEachBenchmarkAndComparedWithoutNoise) {
  if (!find_valgrind()) GTEST_SKIP() << "valgrind is not installed";
  const auto folder = fresh_folder("instructions");
  record::Comparison comparison;
  comparison.figures.resize(1);
  comparison.figures[0].change = record::Change::inconclusive;
  comparison.figures[0].subject = "Allocating/1";
  comparison.figures[0].figure = "real_time";
  compare_instructions(comparison, {{BENCHMARK_SAMPLE}, {BENCHMARK_SAMPLE}, {}, folder, {}}, 0);
  ASSERT_EQ(comparison.notes.size(), 1u);
  EXPECT_NE(comparison.notes[0].find("counted of 1 of 1 benchmark"), std::string::npos)
      << comparison.notes[0];
  EXPECT_EQ(comparison.figures.size(), 1u);  // the same program: no difference to be added
}
#endif

TEST(Canary, IsWorkThatTakesTime) {
  SteadyClock clock;
  EXPECT_GT(canary(clock), Duration::zero());
}

}  // namespace
}  // namespace dyno::ab
