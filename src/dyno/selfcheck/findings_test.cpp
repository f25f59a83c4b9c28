// The bounds, on findings made by hand, and how they are told.
#include "dyno/selfcheck/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::selfcheck {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Row row(Duration truth, Duration measured, bool judged = true) {
  return {99, truth, measured, measured, judged};
}

Findings good() {
  Findings findings;
  findings.engine_cores = {1};
  findings.oracle_cores = {0};
  CaseFinding found{.name = "fixed", .what = "a load", .scheduled = 1000, .answered = 1000};
  found.rows = {row(5ms, 5050us)};
  findings.cases = {found};
  LatenessFinding lateness{.what = "10000/s", .scheduled = 1000, .sent = 999};
  lateness.bare_timer.record_n(60us, 1000);
  lateness.engine.record_n(100us, 999);
  findings.lateness = {lateness};
  return findings;
}

TEST(Findings, APercentileMayBeOffByTwoPercentOrHalfAMillisecond) {
  EXPECT_TRUE(row(5ms, 5500us).within());
  EXPECT_FALSE(row(5ms, 5501us).within());
  EXPECT_TRUE(row(5ms, 4500us).within());
  EXPECT_FALSE(row(5ms, 4499us).within());
  EXPECT_TRUE(row(1s, 1020ms).within());
  EXPECT_FALSE(row(1s, 1021ms).within());
  EXPECT_FALSE(row(1s, 979ms).within());
}

TEST(Findings, EveryBoundCounts) {
  EXPECT_TRUE(good().within());
  auto off = good();
  off.cases[0].rows.push_back(row(5ms, 6ms));
  EXPECT_FALSE(off.within());
  off.cases[0].rows.back().judged = false;
  EXPECT_TRUE(off.within());
  auto unanswered = good();
  unanswered.cases[0].answered = 999;
  EXPECT_FALSE(unanswered.within());
  auto unsent = good();
  unsent.lateness[0].sent = 998;
  EXPECT_FALSE(unsent.within());
  auto late = good();
  late.lateness[0].engine.record_n(120us, 100);
  EXPECT_FALSE(late.within());
}

TEST(Findings, WhatToDoDependsOnWhatWasSeen) {
  EXPECT_THAT(advice(good()), ElementsAre());
  auto bad = good();
  bad.cases[0].rows[0].response_time = 7ms;
  EXPECT_THAT(advice(bad), ElementsAre(HasSubstr("nothing else runs on the engine's core")));
  bad.cases[0].oracle_late_p99 = 2ms;
  EXPECT_THAT(advice(bad), ElementsAre(HasSubstr("the oracle itself answered late")));
  bad.engine_cores = {};
  EXPECT_THAT(advice(bad), ElementsAre(HasSubstr("oracle"), HasSubstr("a machine with two")));
  auto busy = good();
  busy.lateness[0].bare_timer.record_n(3ms, 20);
  EXPECT_THAT(advice(busy), ElementsAre());
  busy.lateness[0].engine.record_n(4ms, 20);
  EXPECT_THAT(advice(busy), ElementsAre(HasSubstr("only waits was itself late by p99 3.00 ms")));
  auto unanswered = good();
  unanswered.cases[0].answered = 900;
  EXPECT_THAT(advice(unanswered), ElementsAre(HasSubstr("100 of 1000 requests failed")));
}

TEST(Findings, TextMarkdownAndJsonTellTheSame) {
  auto findings = good();
  const auto text = to_text(findings);
  EXPECT_THAT(text, HasSubstr("5.00 ms  5.05 ms   +50.0 µs"));
  EXPECT_THAT(text, HasSubstr("PASS"));
  EXPECT_THAT(text, HasSubstr("999 of 1000 arrivals sent, 99.900 %"));
  EXPECT_THAT(to_markdown(findings), HasSubstr("| fixed | p99        | 5.00 ms | 5.05 ms  |"));
  const auto json = to_json(findings);
  EXPECT_EQ(json["within"], true);
  EXPECT_EQ(json["cases"][0]["percentiles"][0]["off_by_ns"], 50'000);
  EXPECT_EQ(json["lateness"]["p99_beyond_ns"], 40'000);
  EXPECT_EQ(json["lateness"]["bare_timer"]["p99_ns"], 60'000);
  findings.cases[0].rows[0].response_time = 4ms;
  EXPECT_THAT(to_text(findings), HasSubstr("-1.00 ms"));
  EXPECT_THAT(to_text(findings), HasSubstr("OUT OF BOUNDS"));
  EXPECT_THAT(to_text(findings), HasSubstr("FAIL"));
  EXPECT_THAT(to_text(findings), Not(HasSubstr("PASS")));
}

}  // namespace
}  // namespace dyno::selfcheck
