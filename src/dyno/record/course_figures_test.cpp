#include "dyno/record/course_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "dyno/core/json.h"

namespace dyno::record {
namespace {

using namespace std::chrono_literals;
using metrics::OutcomeKind;

// A record of seconds, added window by window.
class Course {
 public:
  struct Second {
    Duration p95 = 3ms;
    std::uint64_t ok = 100;
    std::uint64_t failed = 0;
    std::uint32_t users = 10;
  };

  Course& window(WindowKind kind, const std::string& name, const std::vector<Second>& seconds) {
    const Duration start = record_.windows.empty() ? Duration{} : record_.windows.back().end;
    const auto index = static_cast<std::uint32_t>(record_.windows.size());
    record_.windows.push_back({kind, start, start + 1s * static_cast<int>(seconds.size()), name});
    Cell cell;
    cell.window = index;
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      SeriesPoint point;
      point.start = start + 1s * static_cast<int>(i);
      point.length = 1s;
      point.ok = seconds[i].ok;
      point.failed = seconds[i].failed;
      point.users = seconds[i].users;
      point.mean = point.p50 = seconds[i].p95 / 2;
      point.p95 = point.p99 = seconds[i].p95;
      record_.series.push_back(point);
      cell.completed_in_window += point.ok;
    }
    record_.endpoints = {{"GET", "/"}};
    record_.cells.push_back(cell);
    return *this;
  }
  Course& steady(const std::string& name, const std::vector<Second>& seconds) {
    return window(WindowKind::steady, name, seconds);
  }
  Figure figure(const std::string& name, const std::string& window = "spike") const {
    return record::figure(record_, {.figure = name, .window = window});
  }

 private:
  RunRecord record_;
};

std::vector<Course::Second> seconds_of(const nlohmann::json& p95s) {
  std::vector<Course::Second> seconds;
  for (const auto& p95 : p95s) seconds.push_back({.p95 = Duration{p95.get<std::int64_t>()}});
  return seconds;
}

std::vector<Course::Second> many(std::size_t count, Course::Second second) {
  return std::vector<Course::Second>(count, second);
}

const nlohmann::json& golden() {
  static const nlohmann::json file = *read_json(DYNO_SOURCE_DIR "/fixtures/golden/statistics.json");
  return file;
}

// scripts/oracles/statistics.py makes the file.
TEST(DriftFigure, IsScipysSlopeOverTheMedian) {
  for (const auto& expected : golden().at("drift")) {
    std::vector<Course::Second> seconds;
    for (const auto& p50 : expected["p50_ns"]) {
      seconds.push_back({.p95 = 2 * Duration{p50.get<std::int64_t>()}});
    }
    Course course;
    course.window(WindowKind::ramp, "", many(2, {.p95 = 1s})).steady("", seconds);
    const auto drift = course.figure("drift.p50", "steady");
    ASSERT_TRUE(drift.known()) << drift.why;
    EXPECT_NEAR(drift.value, expected["share"].get<double>(), 1e-9);
    EXPECT_NEAR(drift.interval->first, expected["low"].get<double>(), 1e-9);
    EXPECT_NEAR(drift.interval->second, expected["high"].get<double>(), 1e-9);
    EXPECT_EQ(drift.samples, seconds.size());
    EXPECT_EQ(drift.unit, "share");
    EXPECT_NEAR(course.figure("drift.p95", "steady").value, drift.value, 1e-9);
  }
}

TEST(DriftFigure, TakesTenSecondsWithAnswers) {
  auto seconds = many(10, {});
  seconds[3].ok = 0;
  Course course;
  course.steady("", seconds);
  EXPECT_EQ(course.figure("drift.p50", "steady").state, FigureState::no_data);
  EXPECT_EQ(record::figure({}, {.figure = "drift.p75"}).state, FigureState::no_data);
}

TEST(RecoveryFigure, IsTheFirstOfThreeSecondsWithinTheBand) {
  for (const auto& expected : golden().at("recovery")) {
    Course course;
    course.steady("before", seconds_of(expected["before"]))
        .steady("spike", seconds_of(expected["during"]))
        .steady("after", seconds_of(expected["after"]));
    const auto name = "time_to_recover." + expected["band"].dump();
    const auto figure = course.figure(name);
    ASSERT_TRUE(figure.known()) << figure.why;
    EXPECT_EQ(figure.value, expected["seconds"].get<double>() * 1e9);
    EXPECT_EQ(figure.unit, "ns");
    EXPECT_FALSE(figure.at_least);
    if (expected["band"] == 50) {
      EXPECT_EQ(course.figure("time_to_recover").value, figure.value);
    }
  }
}

TEST(RecoveryFigure, WaitsForFailuresAndForAnswersToo) {
  auto after = many(8, {});
  after[0].failed = 2;  // 2 of 102: more than a percentage point
  after[1].ok = 0;
  after[3].failed = 1;
  Course course;
  course.steady("before", many(5, {})).steady("spike", many(3, {.p95 = 1s})).steady("after", after);
  EXPECT_EQ(course.figure("time_to_recover").value, 2e9);
}

TEST(RecoveryFigure, IsALowerBoundWhereItNeverWasAsBefore) {
  Course course;
  course.steady("before", many(5, {}))
      .steady("spike", many(3, {.p95 = 1s}))
      .steady("after", many(6, {.p95 = 5ms}))
      .window(WindowKind::drain, "", many(4, {}));
  const auto figure = course.figure("time_to_recover");
  EXPECT_TRUE(figure.at_least);
  EXPECT_EQ(figure.value, 6e9) << "the drain does not count";
  EXPECT_THAT(figure.why, testing::HasSubstr("p95 of 4.50 ms"));
  EXPECT_EQ(course.figure("time_to_recover.70").value, 0);
}

TEST(RecoveryFigure, NeedsSecondsBeforeAndAfter) {
  Course course;
  course.steady("spike", many(3, {})).steady("after", many(6, {}));
  EXPECT_EQ(course.figure("time_to_recover").state, FigureState::no_data);
  EXPECT_EQ(course.figure("time_to_recover", "no such").state, FigureState::no_data);
  EXPECT_FALSE(check_figure("time_to_recover.x"));
  EXPECT_TRUE(check_figure("time_to_recover.25"));
}

TEST(GoodputFigure, IsTheLeastBeyondTheKneeOverTheMost) {
  Course course;
  course.steady("1", many(2, {.ok = 100, .users = 10}))
      .steady("2", many(2, {.ok = 400, .users = 20}))
      .steady("3", many(2, {.ok = 100, .users = 40}))
      .steady("4", many(2, {.ok = 300, .users = 80}))
      .steady("recovery", many(2, {.ok = 20, .users = 5}));
  const auto figure = course.figure("goodput_kept", "steady");
  ASSERT_TRUE(figure.known()) << figure.why;
  EXPECT_EQ(figure.value, 0.25) << "fewer users are not beyond the knee";
  EXPECT_EQ(figure.why, "most at 400/s with 20 users, beyond it 100/s with 40 users");
}

TEST(GoodputFigure, IsAllWhereItStillRises) {
  Course course;
  course.steady("1", many(2, {.ok = 100, .users = 10}));
  EXPECT_EQ(course.figure("goodput_kept", "steady").state, FigureState::no_data);
  course.steady("2", many(2, {.ok = 150, .users = 20}));
  EXPECT_EQ(course.figure("goodput_kept", "steady").value, 1);
}

}  // namespace
}  // namespace dyno::record
