#include "dyno/compare/side.h"

#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/record/record_file.h"
#include "dyno/record/suite_record.h"
#include "dyno/record/test_records.h"

namespace dyno::compare {
namespace {

using ::testing::HasSubstr;

constexpr const char* benchmarks = R"({
  "context": {"host_name": "h", "num_cpus": 2, "dyno_fingerprint": "abc123"},
  "benchmarks": [
    {"name": "Get/8", "run_name": "Get/8", "run_type": "iteration", "repetition_index": 0,
     "iterations": 1000, "real_time": 2.0, "time_unit": "us", "counter": nan, "other": -NaN},
    {"name": "Get/8", "run_name": "Get/8", "run_type": "iteration", "repetition_index": 1,
     "iterations": 1000, "real_time": 4.0, "time_unit": "us", "text": "inf \" nan", "x": -Infinity},
    {"name": "Get/8", "run_name": "Get/8", "run_type": "iteration", "repetition_index": 2,
     "iterations": 1000, "real_time": 3.0, "time_unit": "us"},
    {"name": "Get/8_median", "run_name": "Get/8", "run_type": "aggregate",
     "aggregate_name": "median", "real_time": 99.0, "time_unit": "us"},
    {"name": "Set/8_mean", "run_name": "Set/8", "run_type": "aggregate",
     "aggregate_name": "mean", "real_time": 7.0, "time_unit": "ms"},
    {"name": "Set/8_median", "run_name": "Set/8", "run_type": "aggregate",
     "aggregate_name": "median", "real_time": 5.0, "time_unit": "ms"},
    {"name": "Set/8_cv", "run_name": "Set/8", "run_type": "aggregate",
     "aggregate_name": "cv", "real_time": 0.1, "time_unit": "ms"},
    {"name": "Get_BigO", "run_name": "Get", "run_type": "aggregate", "aggregate_name": "BigO",
     "big_o": "N", "real_coefficient": 1.0},
    {"name": "Bad", "run_name": "Bad", "run_type": "iteration", "error_occurred": true,
     "error_message": "no store", "iterations": 0, "real_time": 0.0, "time_unit": "ns"}
  ]})";

class Sides : public ::testing::Test {
 protected:
  Sides() { std::filesystem::create_directories(folder_); }
  ~Sides() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("dyno_side_test_" + std::to_string(::getpid()));
};

TEST_F(Sides, BenchmarksAreMediansOfRawRepetitionsByRunName) {
  const auto process = read_benchmarks(benchmarks, "b.json");
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_EQ(process->machine, "abc123");
  ASSERT_EQ(process->figures.size(), 3U) << "the fitted complexity is left out";
  const auto& get = process->figures.at({"Get/8", "real_time"});
  EXPECT_EQ(get.value, 3000);
  EXPECT_EQ(get.band, std::pair(2000.0, 4000.0));
  EXPECT_EQ(get.samples, 3000U);
  EXPECT_EQ(process->figures.at({"Set/8", "real_time"}).value, 5e6);
  EXPECT_EQ(process->figures.at({"Bad", "real_time"}).error, "no store");
}

TEST_F(Sides, BrokenBenchmarksAreAnError) {
  EXPECT_FALSE(read_benchmarks("{", "b.json"));
  EXPECT_THAT(read_benchmarks(R"({"benchmarks": [{"real_time": 1}]})", "b.json").error().message,
              HasSubstr("not Google Benchmark's JSON"));
  EXPECT_FALSE(read_benchmarks(R"({"benchmarks": 7})", "b.json"));
  EXPECT_FALSE(read_benchmarks("[1]", "b.json"));
}

TEST_F(Sides, AFolderIsOneProcessForEachFileOrRunInIt) {
  ASSERT_TRUE(write_file(folder_ / "1.json", benchmarks));
  ASSERT_TRUE(write_file(folder_ / "2.json", benchmarks));
  ASSERT_TRUE(write_file(folder_ / "notes.txt", "x"));
  ASSERT_TRUE(record::write_record(record::test_record(), folder_ / "run" / "record.json"));
  const auto side = load_side(folder_);
  ASSERT_TRUE(side) << side.error().message;
  ASSERT_EQ(side->processes.size(), 3U);
  const auto& run = side->processes[2];
  EXPECT_EQ(run.figures.size(), 8U) << "two endpoints";
  EXPECT_EQ(run.figures.at({"CostAgentPerf.NormalLoad: GET /api/v1/costs", "rate"}).better,
            Better::more);
  EXPECT_TRUE(
      run.figures.contains({"CostAgentPerf.NormalLoad: GET /api/v1/costs", "response_time.p50"}));
}

TEST_F(Sides, ASuiteIsOneProcessOfAllItsCasesAndBenchmarks) {
  record::SuiteRecord suite;
  suite.id = "x";
  suite.benchmarks = "benchmarks";
  ASSERT_TRUE(record::write_suite_record(suite, folder_ / "record.json"));
  ASSERT_TRUE(write_file(folder_ / "benchmarks" / "tiny.json", benchmarks));
  ASSERT_TRUE(record::write_record(record::test_record(),
                                   folder_ / "cases" / "A.B" / "first" / "record.json"));
  const auto side = load_side(folder_);
  ASSERT_TRUE(side) << side.error().message;
  ASSERT_EQ(side->processes.size(), 1U);
  EXPECT_EQ(side->processes[0].figures.size(), 11U);
  EXPECT_TRUE(
      side->processes[0].figures.contains({"A.B/first: GET /api/v1/costs", "response_time.p50"}));
  EXPECT_TRUE(side->processes[0].figures.contains({"tiny: Get/8", "real_time"}));
}

TEST_F(Sides, WhatCannotBeReadIsOneClearLine) {
  EXPECT_THAT(load_side(folder_ / "nowhere").error().message, HasSubstr("no such file"));
  EXPECT_THAT(load_side(folder_).error().message, HasSubstr("holds no record"));
  ASSERT_TRUE(write_file(folder_ / "x.json", "{\"a\": 1}"));
  EXPECT_THAT(load_side(folder_ / "x.json").error().message, HasSubstr("neither a dyno record"));
  ASSERT_TRUE(write_file(folder_ / "x.json", "{\"a\": "));
  EXPECT_THAT(load_side(folder_).error().message, HasSubstr("x.json:1:"));
}

TEST_F(Sides, AnInvalidOrUnfinishedRunHasNoValue) {
  auto record = record::test_record();
  record.validity = {false, {"late"}, {}};
  Process process;
  add_run(process, record, "case");
  EXPECT_THAT(process.figures.begin()->second.error, HasSubstr("late"));
}

}  // namespace
}  // namespace dyno::compare
