#include "dyno/targets/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/record/test_records.h"

namespace dyno::targets {
namespace {

using namespace std::chrono_literals;
using record::test_record;
using record::Verdict;
using record::VerdictKind;
using ::testing::HasSubstr;

Verdict judge(const record::RunRecord& record, const std::string& target) {
  const auto file =
      parse_targets("{\"sets\": {\"set\": {\"targets\": [" + target + "]}}}", "t.json");
  EXPECT_TRUE(file) << file.error().message;
  return judge(record, file->sets.at(0)).at(0);
}

Target target(const std::string& text) {
  const auto file = parse_targets("{\"sets\": {\"set\": {\"targets\": [" + text + "]}}}", "t.json");
  EXPECT_TRUE(file) << file.error().message;
  return file->sets.at(0).targets.at(0);
}

TEST(Judge, PassWarnAndFailByTier) {
  const auto record = test_record();  // POST /api/v1/analyze has a p95 of about 476 ms
  const std::string p95 = R"({"figure": "response_time.p95", "endpoint": "/api/v1/analyze",)";
  EXPECT_EQ(judge(record, p95 + R"("below": "500 ms"})").kind, VerdictKind::pass);
  EXPECT_EQ(judge(record, p95 + R"("below": "400 ms", "acceptable": "500 ms"})").kind,
            VerdictKind::warn);
  EXPECT_EQ(judge(record, p95 + R"("below": "300 ms", "acceptable": "400 ms"})").kind,
            VerdictKind::fail);
  EXPECT_EQ(judge(record, R"({"figure": "rate", "at_least": "134/s"})").kind, VerdictKind::fail);
  EXPECT_EQ(judge(record, R"({"figure": "rate", "at_least": "133/s"})").kind, VerdictKind::pass);
}

TEST(Judge, TheEvidenceSaysWhatWhereHowMuchHowSureAndWhatNext) {
  const auto record = test_record();
  const auto slow = judge(record, R"({"figure": "response_time.p95", "below": "100 ms"})");
  EXPECT_EQ(slow.target, "set: response_time.p95 < 100 ms");
  EXPECT_EQ(slow.samples, 4000U);
  EXPECT_THAT(slow.message, HasSubstr("response_time.p95 is 451 ms, 4.5 times the limit"));
  EXPECT_THAT(slow.message, HasSubstr("95 % interval"));
  EXPECT_THAT(slow.message, HasSubstr("4000 samples"));
  EXPECT_THAT(slow.message, HasSubstr("slowest is POST /api/v1/analyze"));
  const auto errors = judge(record, R"({"figure": "error_share", "below": "0.1 %"})");
  EXPECT_THAT(errors.message, HasSubstr("most often http_error(503) on POST /api/v1/analyze"));
  const auto rate = judge(record, R"({"figure": "rate", "at_least": "200/s"})");
  EXPECT_THAT(rate.message, HasSubstr("33.3 % under the limit"));
  EXPECT_THAT(rate.message, HasSubstr("50 users with a mean response time of"));
  EXPECT_EQ(rate.message.find('\n'), std::string::npos);
}

TEST(Judge, AMissWhileOtherProgramsHadTheCpuIsInDoubt) {
  auto record = test_record();
  record.other_resources = record.engine_resources;
  for (auto& sample : record.other_resources) sample.cpu_percent = 23;
  const auto missed = judge(record, R"({"figure": "response_time.p95", "below": "100 ms"})");
  EXPECT_EQ(missed.kind, VerdictKind::fail) << "a doubt is no pass";
  EXPECT_THAT(missed.message, HasSubstr("in doubt: other programs had 23 % of the CPU"));
  const auto held = judge(record, R"({"figure": "response_time.p95", "below": "1 s"})");
  EXPECT_EQ(held.kind, VerdictKind::pass) << "and it held all the same";
  EXPECT_THAT(held.message, testing::Not(HasSubstr("in doubt")));
}

TEST(Judge, AnInvalidRunPassesAndFailsNothing) {
  auto record = test_record();
  record.validity = {false, {"the engine sent late"}, {}};
  for (const auto* limit : {"1 ns", "1 h"}) {
    const auto verdict =
        judge(record, std::string(R"({"figure": "response_time.p95", "below": ")") + limit + "\"}");
    EXPECT_EQ(verdict.kind, VerdictKind::invalid);
    EXPECT_TRUE(verdict.measured) << "it is shown all the same";
    EXPECT_THAT(verdict.message, HasSubstr("the engine sent late"));
  }
}

TEST(Judge, NoDataNeverPasses) {
  const auto record = test_record();
  const auto nowhere =
      judge(record, R"({"figure": "response_time.p95", "endpoint": "/nowhere", "below": "9 s"})");
  EXPECT_EQ(nowhere.kind, VerdictKind::no_data);
  EXPECT_EQ(judge(record, R"({"figure": "error_share", "endpoint": "/no", "below": "9 %"})").kind,
            VerdictKind::no_data);
  EXPECT_EQ(exit_status({nowhere}), ExitStatus::invalid);
}

TEST(Judge, APercentileNeedsItsSamples) {
  EXPECT_EQ(samples_needed(target(R"({"figure": "response_time.p95", "below": "1 s"})")), 200U);
  EXPECT_EQ(samples_needed(target(R"({"figure": "response_time.p99", "below": "1 s"})")), 1000U);
  EXPECT_EQ(samples_needed(target(R"({"figure": "response_time.p99.9", "below": "1 s"})")),
            10'000U);
  EXPECT_EQ(samples_needed(
                target(R"({"figure": "response_time.p95", "below": "1 s", "min_samples": 10})")),
            200U)
      << "fewer cannot be asked for";
  EXPECT_EQ(samples_needed(
                target(R"({"figure": "response_time.p95", "below": "1 s", "min_samples": 500})")),
            500U);
  EXPECT_EQ(samples_needed(target(R"({"figure": "rate", "at_least": "1/s"})")), 1U);
  const auto verdict = judge(test_record(), R"({"figure": "response_time.p99.9", "below": "9 s"})");
  EXPECT_EQ(verdict.kind, VerdictKind::no_data);
  EXPECT_THAT(verdict.message, HasSubstr("not judged on 4000 samples, 10000 are needed"));
}

TEST(Judge, FewSamplesPassNothingButMayProveAMiss) {
  const auto held = [](std::uint64_t count, Duration low, Duration high) {
    auto record = test_record();
    record.cells.clear();
    add_samples(record, 1, count, low, high);
    return judge(record, R"({"figure": "response_time.p95", "below": "2 s"})");
  };
  const auto all = held(6, 3s, 3100ms);
  EXPECT_EQ(all.kind, VerdictKind::fail);
  EXPECT_THAT(all.message, HasSubstr("55.0 % over the limit (target < 2.00 s; 6 samples)"));
  EXPECT_THAT(all.message, HasSubstr("6 samples are too few to pass, but 6 of them"));
  EXPECT_EQ(held(2, 3s, 3s).kind, VerdictKind::no_data) << "0.05 squared is no proof";
  EXPECT_EQ(held(3, 3s, 3s).kind, VerdictKind::fail);
  EXPECT_EQ(held(6, 1s, 1100ms).kind, VerdictKind::no_data);
  EXPECT_EQ(held(20, 1s, 2050ms).kind, VerdictKind::no_data) << "1 of 20 beyond is no proof";
  auto acceptable = test_record();
  acceptable.cells.clear();
  add_samples(acceptable, 1, 6, 3s, 3s);
  EXPECT_EQ(
      judge(acceptable, R"({"figure": "response_time.p95", "below": "2 s", "acceptable": "4 s"})")
          .kind,
      VerdictKind::no_data);
}

TEST(Judge, WhatARemoteServiceDoesNotTellIsNotApplicable) {
  auto record = test_record();
  record.service.mode = record::ServiceMode::remote;
  record.service_resources.clear();
  const auto verdict = judge(record, R"({"figure": "service.rss.max", "below": "512 MB"})");
  EXPECT_EQ(verdict.kind, VerdictKind::not_applicable);
  EXPECT_THAT(verdict.message, HasSubstr("/metrics"));
}

TEST(Judge, ARunThatEndedEarlyMayFailButPassesNothing) {
  auto record = test_record();
  record.completion = record::Completion::stopped;
  EXPECT_EQ(judge(record, R"({"figure": "response_time.p95", "below": "9 s"})").kind,
            VerdictKind::invalid);
  EXPECT_EQ(judge(record, R"({"figure": "response_time.p95", "below": "9 ms"})").kind,
            VerdictKind::fail);
}

TEST(Judge, TheLimitMayBeAnotherFigure) {
  auto record = test_record();
  record.gauges.push_back({"db_pool_size", {{10s, 8}}});
  const std::string within =
      R"({"figure": "gauge.db_pool_in_use.max", "at_most": "gauge.db_pool_size.max"})";
  EXPECT_EQ(judge(record, within).kind, VerdictKind::pass);
  record.gauges[1].points[0].second = 6;
  EXPECT_EQ(judge(record, within).kind, VerdictKind::fail);
  record.gauges.pop_back();
  EXPECT_EQ(judge(record, within).kind, VerdictKind::no_data);
}

TEST(Judge, AGrowthFailsOnlyWhenItsWholeIntervalMissesTheLimit) {
  auto record = test_record();
  const std::string growth = R"({"figure": "service.rss.growth_per_minute", "below": "5 MB/min"})";
  EXPECT_EQ(judge(record, growth).kind, VerdictKind::pass);
  for (auto& sample : record.service_resources) {
    sample.rss_bytes = 100'000'000 + 1'000'000 * static_cast<std::uint64_t>(sample.at / 1s);
  }
  EXPECT_EQ(judge(record, growth).kind, VerdictKind::fail);
  for (std::size_t i = 0; i < record.service_resources.size(); ++i) {
    record.service_resources[i].rss_bytes = 100'000'000 + 200'000 * i + i * 37 % 11 * 9'000'000;
  }
  const auto noisy = judge(record, growth);
  EXPECT_EQ(noisy.kind, VerdictKind::warn) << noisy.message;
  EXPECT_THAT(noisy.message, HasSubstr("run it longer"));
}

TEST(Judge, AGrowthOverTheWindowIsJudgedLikeItsSlope) {
  auto record = test_record();
  const std::string growth = R"({"figure": "service.rss.growth", "below": "10 MB"})";
  EXPECT_EQ(judge(record, growth).kind, VerdictKind::pass);
  for (auto& sample : record.service_resources) {
    sample.rss_bytes = 100'000'000 + 1'000'000 * static_cast<std::uint64_t>(sample.at / 1s);
  }
  const auto leak = judge(record, growth);
  EXPECT_EQ(leak.kind, VerdictKind::fail);
  EXPECT_THAT(leak.message, HasSubstr("service.rss.growth is 30.0 MB, 3.0 times the limit"));
  for (std::size_t i = 0; i < record.service_resources.size(); ++i) {
    record.service_resources[i].rss_bytes = 100'000'000 + 400'000 * i + i * 37 % 11 * 9'000'000;
  }
  const auto noisy = judge(record, growth);
  EXPECT_EQ(noisy.kind, VerdictKind::warn) << noisy.message;
  EXPECT_THAT(noisy.message, HasSubstr("run it longer"));
  for (auto& sample : record.service_resources) sample.rss_bytes = 100'000'000;
  record.service_resources.at(35).rss_bytes = 900'000'000;
  EXPECT_EQ(judge(record, growth).kind, VerdictKind::pass)
      << "the last reading alone would be a growth of 800 MB";
}

TEST(Judge, ARecoveryThatWasNotOverIsNoDataOrAMiss) {
  auto record = test_record();
  record.windows = {{record::WindowKind::steady, 0s, 10s, "before"},
                    {record::WindowKind::steady, 10s, 20s, "spike"},
                    {record::WindowKind::steady, 20s, 30s, "after"}};
  for (auto& cell : record.cells) cell.window = 0;
  record.series.clear();
  for (int second = 0; second < 30; ++second) {
    record::SeriesPoint point;
    point.start = second * 1s;
    point.length = 1s;
    point.ok = 100;
    point.p95 = second < 10 ? 10ms : 100ms;
    record.series.push_back(point);
  }
  const std::string recovery = R"({"figure": "time_to_recover", "window": "spike", "below": )";
  const auto missed = judge(record, recovery + "\"5 s\"}");
  EXPECT_EQ(missed.kind, VerdictKind::fail);
  EXPECT_THAT(missed.message, HasSubstr("time_to_recover is at least 10.0 s, 2.0 times the limit"));
  EXPECT_THAT(missed.message, HasSubstr("as before is a p95 of 15.0 ms"));
  EXPECT_EQ(judge(record, recovery + "\"30 s\"}").kind, VerdictKind::no_data);
  for (std::size_t i = 23; i < 30; ++i) record.series[i].p95 = 11ms;
  const auto met = judge(record, recovery + "\"5 s\"}");
  EXPECT_EQ(met.kind, VerdictKind::pass) << met.message;
  EXPECT_EQ(met.measured, 3e9);
}

TEST(Judge, OnlyWhatEndsARunIsBreached) {
  const auto record = test_record();
  const std::string p95 = R"({"figure": "response_time.p95", "below": "100 ms")";
  EXPECT_FALSE(is_breached(record, target(p95 + "}")));
  EXPECT_TRUE(is_breached(record, target(p95 + R"(, "critical": "200 ms"})")));
  EXPECT_FALSE(is_breached(record, target(p95 + R"(, "critical": "2 s"})")));
  EXPECT_TRUE(is_breached(record, target(p95 + R"(, "abort": true})")));
  EXPECT_FALSE(is_breached(
      record, target(R"({"figure": "response_time.p99.9", "below": "1 ms", "abort": true})")))
      << "too few samples";
}

}  // namespace
}  // namespace dyno::targets
