#include "dyno/targets/silence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/record/test_records.h"
#include "dyno/targets/judge.h"

namespace dyno::targets {
namespace {

using namespace std::chrono_literals;
using metrics::Outcome;
using metrics::OutcomeKind;
using record::RunRecord;
using ::testing::HasSubstr;

// 50 users for 30 s, the last answer at `last`, and then nothing but `count` times `outcome`.
RunRecord silent_since(Duration last, Outcome outcome, std::uint64_t count) {
  auto record = record::test_record();
  for (auto& cell : record.cells) cell.last_seen = last;
  std::erase_if(record.series, [&](const auto& point) { return point.start >= last; });
  add_samples(record, 0, count, 1ms, 2ms, outcome);
  record.cells.back().first_seen = last + 1ms;
  record.cells.back().last_seen = record.length;
  return record;
}

TEST(Silence, AnsweringToTheEndIsNone) { EXPECT_FALSE(judge_silence(record::test_record())); }

TEST(Silence, ADeadServiceFailsHoweverFewTheRefusals) {
  const auto verdict = judge_silence(silent_since(20s, {OutcomeKind::refused}, 10));
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->kind, record::VerdictKind::fail);
  EXPECT_THAT(verdict->message, HasSubstr("did not answer in the last 16.0 s of the run"));
  EXPECT_THAT(verdict->message, HasSubstr("10 requests in vain, most often refused on GET"));
  EXPECT_FALSE(judge_silence(silent_since(20s, {OutcomeKind::refused}, 9))) << "of 50 users";
  EXPECT_FALSE(judge_silence(silent_since(35500ms, {OutcomeKind::refused}, 50))) << "half a second";
}

TEST(Silence, AHangingServiceFailsByWhatTheRunGaveUpOn) {
  auto record = silent_since(20s, {OutcomeKind::cancelled}, 50);
  EXPECT_TRUE(judge_silence(record));
  record.completion = record::Completion::stopped;  // broken off by the user, not by the service
  EXPECT_FALSE(judge_silence(record));
  auto alone = silent_since(20s, {OutcomeKind::timeout}, 1);
  alone.load.users = 1;
  EXPECT_TRUE(judge_silence(alone));
}

TEST(Silence, ASlowServiceIsNotSilentBeforeTwiceItsLongestAnswer) {
  auto record = silent_since(28s, {OutcomeKind::cancelled}, 50);
  EXPECT_TRUE(judge_silence(record));
  add_samples(record, 1, 1, 5s, 5s);
  record.cells.back().last_seen = 28s;
  EXPECT_FALSE(judge_silence(record));
}

TEST(Silence, ErrorsAreAnswers) {
  EXPECT_FALSE(judge_silence(silent_since(20s, {OutcomeKind::http_error, 500}, 5000)));
}

TEST(Silence, FailuresOfBeforeAreToldFromThoseOfTheEndByTheSeries) {
  auto record = silent_since(20s, {OutcomeKind::refused}, 1000);
  record.cells.back().first_seen = 6s;
  EXPECT_FALSE(judge_silence(record));
  record::SeriesPoint point;
  point.start = 21s;
  point.failed = 12;
  record.series.push_back(point);
  EXPECT_TRUE(judge_silence(record));
}

TEST(Silence, IsAVerdictBesidesThoseOfTheTargets) {
  TargetSet set;
  EXPECT_EQ(judge(silent_since(20s, {OutcomeKind::refused}, 50), set).size(), 1U);
  EXPECT_TRUE(judge(record::test_record(), set).empty());
}

TEST(Silence, AnInvalidRunIsNotJudged) {
  auto record = silent_since(20s, {OutcomeKind::refused}, 50);
  record.validity.valid = false;
  EXPECT_FALSE(judge_silence(record));
}

}  // namespace
}  // namespace dyno::targets
