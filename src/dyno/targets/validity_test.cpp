#include "dyno/targets/validity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/record/test_records.h"

namespace dyno::targets {
namespace {

using namespace std::chrono_literals;
using record::test_record;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Validity, ACleanRunIsValid) {
  const auto validity = assess(test_record(), 2s);
  EXPECT_TRUE(validity.valid);
  EXPECT_THAT(validity.reasons, IsEmpty());
  EXPECT_FALSE(validity.short_of_cpu);
  EXPECT_THAT(validity.warnings, IsEmpty());
}

TEST(Validity, WhatOtherProgramsHadIsSaid) {
  auto record = test_record();
  record.other_resources = record.engine_resources;
  for (auto& sample : record.other_resources) sample.cpu_percent = 10;
  EXPECT_THAT(assess(record, 2s).warnings, IsEmpty());
  for (auto& sample : record.other_resources) sample.cpu_percent = 23.4;
  EXPECT_TRUE(assess(record, 2s).valid);
  EXPECT_THAT(assess(record, 2s).warnings,
              ElementsAre("other programs had 23 % of the CPU while this was measured"));
}

TEST(Validity, LatenessMayBeFivePercentOfTheTightestLatencyJudged) {
  auto record = test_record();
  for (auto& cell : record.cells) {
    cell.lateness.reset();
    cell.lateness.record_n(20ms, cell.count);
  }
  EXPECT_TRUE(assess(record, 500ms).valid);
  EXPECT_THAT(assess(record, 300ms).reasons, ElementsAre(HasSubstr("lateness p99 is 20.0 ms")));
  EXPECT_FALSE(assess(record, std::nullopt).valid) << "5 % of the run's own median";
  EXPECT_TRUE(assess(record, 300ms).short_of_cpu);
  record.cells.front().outcome.kind = metrics::OutcomeKind::dropped;
  EXPECT_FALSE(assess(record, 300ms).short_of_cpu) << "more users are needed besides";
  record.cells.front().outcome.kind = metrics::OutcomeKind::ok;
  for (auto& cell : record.cells) {
    cell.lateness.reset();
    cell.lateness.record_n(900us, cell.count);
  }
  EXPECT_TRUE(assess(record, 1ms).valid) << "1 ms is always allowed";
}

TEST(Validity, ASetOfTargetsSaysHowLateTheEngineMayBe) {
  auto record = test_record();
  for (auto& cell : record.cells) {
    cell.lateness.reset();
    cell.lateness.record_n(20ms, cell.count);
  }
  const auto latency = [](double limit) {
    Target target;
    target.figure = "response_time.p95";
    target.limit = limit;
    return target;
  };
  Target share;
  share.figure = "error_share";
  TargetSet set;
  set.targets = {share};
  EXPECT_TRUE(assess(record, set).valid) << "no latency is judged: 50 ms";
  set.targets.push_back(latency(500e6));
  EXPECT_TRUE(assess(record, set).valid);
  set.targets.push_back(latency(300e6));
  EXPECT_FALSE(assess(record, set).valid);
}

TEST(Validity, AnOpenRunMustHaveSentWhatWasAskedFor) {
  auto record = test_record();
  record.load.model = record::LoadModel::open;
  record.load.arrivals = "uniform";
  auto& steady = record.windows.at(1);
  ASSERT_EQ(steady.kind, record::WindowKind::steady);
  ASSERT_EQ(steady.end - steady.start, 30s);
  steady.arrivals_asked = 3000;
  steady.arrivals_begun = 3000;
  EXPECT_TRUE(assess(record, 2s).valid) << "sessions, whatever the number of their requests";
  steady.arrivals_begun = 2400;
  EXPECT_THAT(assess(record, 2s).reasons,
              ElementsAre(HasSubstr("sent 80.0/s where 100.0/s were asked for")));
  steady.arrivals_begun = 3600;
  EXPECT_FALSE(assess(record, 2s).valid) << "too many are no better";
  // In another window at another rate.
  record.windows.push_back({record::WindowKind::steady, steady.end, steady.end + 10s, "spike"});
  record.windows.back().arrivals_asked = 5000;
  record.windows.back().arrivals_begun = 4990;
  record.windows.at(1).arrivals_begun = 2990;
  EXPECT_TRUE(assess(record, 2s).valid);
}

TEST(Validity, ASaturatedEngineADroppedArrivalOrANegativeDurationIsAReason) {
  auto record = test_record();
  for (auto& sample : record.engine_resources) sample.cpu_percent = 97;
  add_samples(record, 0, 3, 0s, 0s, {metrics::OutcomeKind::dropped, 0});
  record.cells[0].first_byte.record(-5ns);
  EXPECT_THAT(assess(record, 2s).reasons,
              ElementsAre(HasSubstr("97 % of its CPU"), HasSubstr("3 arrivals were dropped"),
                          HasSubstr("1 durations are negative")));
}

TEST(Validity, WithoutSteadyStateOrSamplesThereIsNothingToBelieve) {
  auto record = test_record();
  record.cells.clear();
  EXPECT_THAT(assess(record, 2s).reasons, ElementsAre(HasSubstr("nothing was sent")));
  record.windows.clear();
  EXPECT_THAT(assess(record, 2s).reasons, ElementsAre(HasSubstr("no steady window")));
}

TEST(Validity, WarnsOfWhatIsWorthKnowing) {
  auto record = test_record();
  record.environment.sanitizers = "thread";
  record.service.details = {{"faults", {{"analyze", "hold 3 s"}}}};
  record.engine_resources.clear();
  const auto validity = assess(record, 2s);
  EXPECT_TRUE(validity.valid);
  EXPECT_THAT(validity.warnings, ElementsAre(HasSubstr("CPU was not read"),
                                             HasSubstr("thread sanitizer"), HasSubstr("fault")));
}

}  // namespace
}  // namespace dyno::targets
