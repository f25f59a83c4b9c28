#include "dyno/compare/compare.h"

#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/core/files.h"
#include "dyno/record/test_records.h"

namespace dyno::compare {
namespace {

using namespace std::chrono_literals;
using record::Change;
using record::ComparedFigure;
using ::testing::HasSubstr;

const Key key{"Get/8", "real_time"};

Measured measured(double value) {
  Measured result;
  result.value = value;
  result.unit = "ns";
  result.band = {value * 0.9, value * 1.1};
  result.samples = 1000;
  return result;
}

Side side(const std::vector<double>& values, const std::string& machine = "m") {
  Side result{"side", {}};
  for (const auto value : values)
    result.processes.push_back({"p", machine, {{key, measured(value)}}});
  return result;
}

ComparedFigure only(const Side& base, const Side& head) {
  return compare(base, head, Options{}).figures.at(0);
}

TEST(Compare, SeveralProcessesProveARegressionAndAnImprovement) {
  const std::vector<double> fast{100, 101, 99, 102, 98, 100.5, 99.5};
  std::vector<double> slow;
  for (const auto value : fast) slow.push_back(value * 1.1 + 0.01);
  const auto regressed = only(side(fast), side(slow));
  EXPECT_EQ(regressed.change, Change::regressed) << regressed.message;
  EXPECT_NEAR(*regressed.ratio, 1.1, 0.01);
  ASSERT_TRUE(regressed.low);
  EXPECT_GT(*regressed.low, 1.05);
  EXPECT_THAT(regressed.message, HasSubstr("1.1 times (95 % interval"));
  EXPECT_EQ(only(side(slow), side(fast)).change, Change::improved);
}

TEST(Compare, TheSameIsEquivalentAndNoiseIsInconclusive) {
  const std::vector<double> x{100, 101, 99, 102, 98, 100.5, 99.5};
  const std::vector<double> y{100.2, 101.2, 99.2, 101.9, 98.2, 100.6, 99.7};
  EXPECT_EQ(only(side(x), side(y)).change, Change::equivalent);
  const auto noisy = only(side({100, 150, 80, 120, 90}), side({110, 95, 140, 85, 160}));
  EXPECT_EQ(noisy.change, Change::inconclusive);
  EXPECT_TRUE(noisy.low) << "it says what it could have seen";
  EXPECT_THAT(noisy.message, HasSubstr("within the noise"));
}

TEST(Compare, ADifferenceThatShowsIsNotCalledNoise) {
  // Beside so many others it takes more than seven processes to prove it.
  const std::vector<double> fast{100, 101, 99, 102, 98, 100.5, 99.5};
  Side base{"base", {}};
  Side head{"head", {}};
  for (const auto value : fast) {
    Process before{"p", "m", {}};
    Process after{"p", "m", {}};
    for (int i = 0; i < 16; ++i) {
      before.figures[{fmt::format("Get/{}", i), "real_time"}] = measured(value);
      after.figures[{fmt::format("Get/{}", i), "real_time"}] =
          measured(i == 0 && value != 98 ? value * 1.06 : value);
    }
    base.processes.push_back(before);
    head.processes.push_back(after);
  }
  const auto figure = compare(base, head, Options{}).figures.at(0);
  ASSERT_EQ(figure.change, Change::inconclusive) << figure.message;
  ASSERT_TRUE(figure.low);
  ASSERT_GT(*figure.low, 1) << figure.message;
  EXPECT_THAT(figure.message, HasSubstr("a difference shows, but is not proven"));
}

TEST(Compare, OneProcessASideShowsADifferenceButProvesNone) {
  const auto figure = only(side({100}), side({150}));
  EXPECT_EQ(figure.change, Change::inconclusive);
  EXPECT_DOUBLE_EQ(*figure.ratio, 1.5);
  EXPECT_THAT(figure.message, HasSubstr("one process a side"));
  EXPECT_EQ(exit_status(compare(side({100}), side({150}), {})), ExitStatus::inconclusive);
}

TEST(Compare, AGrossChangeIsCalledEvenFromSingleProcesses) {
  EXPECT_EQ(only(side({100}), side({1000})).change, Change::regressed);
  EXPECT_EQ(only(side({1000}), side({100})).change, Change::improved);
  EXPECT_EQ(only(side({100}), side({350})).change, Change::inconclusive);
  auto wide = side({1000});
  wide.processes[0].figures[key].band = {50, 5000};
  EXPECT_EQ(only(side({100}), wide).change, Change::inconclusive) << "the values overlap";
  auto without = side({1000});
  without.processes[0].figures[key].band.reset();
  EXPECT_EQ(only(side({100}), without).change, Change::inconclusive);
  auto small = side({100});
  small.processes[0].figures[key].least_difference = 2000;
  EXPECT_EQ(only(small, side({1000})).change, Change::inconclusive);
}

record::RunRecord tenfold_slower() {
  auto record = record::test_record();
  record.cells[2].response_time.reset();
  for (int i = 0; i < 2000; ++i) record.cells[2].response_time.record(100ms + i * 2450us);
  return record;
}

record::Comparison compared_runs(const record::RunRecord& base, const record::RunRecord& head) {
  Side before{"base", {{"b", "m", {}}}};
  Side after{"head", {{"h", "m", {}}}};
  add_run(before.processes[0], base, "case");
  add_run(after.processes[0], head, "case");
  return compare(before, after, {});
}

TEST(Compare, ATenfoldSlowdownOfAnEndpointIsARegression) {
  const auto comparison = compared_runs(record::test_record(), tenfold_slower());
  EXPECT_EQ(exit_status(comparison), ExitStatus::fail);
  for (const auto& figure : comparison.figures) {
    const bool slowed =
        figure.subject == "case: POST /api/v1/analyze" && figure.figure == "response_time.p50";
    EXPECT_EQ(figure.change == Change::regressed, slowed) << figure.message;
  }
}

TEST(Compare, WhileOtherProgramsHadTheCpuASingleRunShowsNothingGross) {
  auto head = tenfold_slower();
  head.other_resources = head.engine_resources;
  for (auto& sample : head.other_resources) sample.cpu_percent = 60;
  const auto comparison = compared_runs(record::test_record(), head);
  EXPECT_EQ(exit_status(comparison), ExitStatus::inconclusive);
  ASSERT_FALSE(comparison.notes.empty());
  EXPECT_THAT(comparison.notes.back(),
              HasSubstr("case (60 %): other programs had much of the CPU"));
}

TEST(Compare, TheMoreIsComparedTheMoreProofIsNeeded) {
  auto base = side({100, 101, 102, 103, 104});
  auto head = side({120, 121, 122, 123, 124});
  EXPECT_EQ(only(base, head).change, Change::regressed) << "1 in 252, alone";
  for (auto* one : {&base, &head}) {
    for (std::size_t i = 0; i < one->processes.size(); ++i) {
      const auto value = 100 + (one == &base ? 0.0 : 0.5) + static_cast<double>(i);
      for (const auto* name : {"A", "B"}) {
        one->processes[i].figures[{name, "real_time"}] = measured(value);
      }
    }
  }
  for (const auto& figure : compare(base, head, {}).figures) {
    EXPECT_NE(figure.change, Change::regressed) << figure.message;
  }
}

TEST(Compare, WhatVanishedIsMissingAndWhatIsNewIsNoFault) {
  auto other = side({100});
  other.processes[0].figures = {{{"Other", "real_time"}, measured(5)}};
  const auto comparison = compare(side({100}), other, {});
  ASSERT_EQ(comparison.figures.size(), 2U);
  EXPECT_EQ(comparison.figures[0].change, Change::missing);
  EXPECT_EQ(comparison.figures[1].change, Change::added);
  EXPECT_EQ(exit_status(comparison), ExitStatus::invalid);
}

TEST(Compare, AnErrorOnOneSideIsNoTime) {
  auto broken = side({100});
  broken.processes[0].figures[key].error = "no store";
  const auto figure = only(side({100}), broken);
  EXPECT_EQ(figure.change, Change::errored);
  EXPECT_THAT(figure.message, HasSubstr("no store"));
  EXPECT_EQ(exit_status(compare(side({100}), broken, {})), ExitStatus::invalid);
}

TEST(Compare, AnotherMachineOrLoadNeitherPassesNorFails) {
  const auto elsewhere = compare(side({100}, "a"), side({1000}, "b"), {});
  EXPECT_EQ(elsewhere.figures.at(0).change, Change::no_baseline);
  EXPECT_EQ(exit_status(elsewhere), ExitStatus::inconclusive);
  EXPECT_EQ(compare(side({100}, ""), side({1000}, "b"), {}).figures.at(0).change,
            Change::no_baseline);
  auto other_load = side({1000});
  other_load.processes[0].figures[key].condition = "200 users";
  EXPECT_EQ(only(side({100}), other_load).change, Change::no_baseline);
}

TEST(Compare, TooFewProcessesSayHowManyAreNeeded) {
  const auto figure = only(side({100, 101}), side({120, 121}));
  EXPECT_EQ(figure.change, Change::inconclusive);
  EXPECT_THAT(figure.message, HasSubstr("give 5 of each"));
}

TEST(Compare, PathsThatCannotBeReadAreAnError) {
  EXPECT_FALSE(compare_paths("/no/such", "/no/such", {}));
}

}  // namespace
}  // namespace dyno::compare
