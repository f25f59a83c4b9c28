#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "dyno/core/clock.h"
#include "dyno/core/environment.h"
#include "dyno/core/exit_status.h"
#include "dyno/core/json.h"
#include "dyno/core/random.h"
#include "dyno/core/rate.h"
#include "dyno/core/text.h"

namespace dyno {
namespace {

using namespace std::chrono_literals;

TEST(Clock, ManualClockMovesOnlyForwardAndOnlyWhenTold) {
  ManualClock clock;
  const auto start = clock.now();
  EXPECT_EQ(clock.now(), start);
  clock.sleep_until(start + 5s);
  EXPECT_EQ(clock.now(), start + 5s);
  clock.sleep_until(start + 1s);
  EXPECT_EQ(clock.now(), start + 5s);
}

TEST(Clock, SteadyClockReachesTheTimeItSleepsUntil) {
  SteadyClock clock;
  const auto until = clock.now() + 2ms;
  clock.sleep_until(until);
  EXPECT_GE(clock.now(), until);
}

TEST(Clock, Iso8601RoundTrips) {
  const auto time = from_iso8601("2026-02-28T23:59:58.250000Z");
  EXPECT_EQ(to_iso8601(time), "2026-02-28T23:59:58.250000Z");
  EXPECT_EQ(to_file_stamp(time), "20260228T235958Z");
  EXPECT_EQ(from_iso8601("2026-02-28T23:59:58Z"), time - 250ms);
  EXPECT_EQ(from_iso8601("2026-02-31T00:00:00Z"), UtcTime{});
  EXPECT_EQ(from_iso8601("yesterday"), UtcTime{});
}

TEST(Text, DurationsAreReadInLocustsForms) {
  EXPECT_EQ(*parse_duration("300"), 300s);
  EXPECT_EQ(*parse_duration("300s"), 300s);
  EXPECT_EQ(*parse_duration("20m"), 20min);
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("50us"), 50us);
  for (const auto* bad : {"", "s", "-1s", "1x", "1h30", "ten", "1e400s", "99999999999h"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Text, DurationsAreWrittenWithThreeDigits) {
  EXPECT_EQ(to_string(Duration{812ns}), "812 ns");
  EXPECT_EQ(to_string(Duration{1239us}), "1.24 ms");
  EXPECT_EQ(to_string(Duration{12390us}), "12.4 ms");
  EXPECT_EQ(to_string(Duration{2s}), "2.00 s");
  EXPECT_EQ(to_string(Duration{185s}), "3 min 5 s");
  EXPECT_EQ(to_string(Duration{9000s}), "2 h 30 min");
  EXPECT_EQ(to_string(Duration{999600ns}), "1.00 ms");
}

TEST(Text, BytesAreDecimal) {
  EXPECT_EQ(bytes_to_string(512e6), "512 MB");
  EXPECT_EQ(bytes_to_string(1.5e9), "1.50 GB");
  EXPECT_EQ(bytes_to_string(12), "12 B");
}

TEST(Text, NearestFindsTheTypoAndNothingFarAway) {
  const std::vector<std::string> names{"response_time", "service_time", "rate"};
  EXPECT_EQ(nearest("respnse_time", names), "response_time");
  EXPECT_EQ(nearest("elephants", names), std::nullopt);
}

TEST(Text, LinesAreWhatStandsBetweenLineEnds) {
  using Lines = std::vector<std::string_view>;
  EXPECT_EQ(lines_of(""), Lines{});
  EXPECT_EQ(lines_of("a\n\nb"), (Lines{"a", "", "b"}));
  EXPECT_EQ(lines_of("a\nb\n"), (Lines{"a", "b"})) << "none behind the last line end";
}

TEST(Text, ColumnsAreOfCharacters) {
  EXPECT_EQ(columns_of(""), 0U);
  EXPECT_EQ(columns_of("12 µs …"), 7U);
}

TEST(Text, GlobMatchesWholeTexts) {
  EXPECT_TRUE(matches_glob("/analytics/*", "/analytics/trends"));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("a*c*e", "abcde"));
  EXPECT_FALSE(matches_glob("/analytics/*", "/admin"));
  EXPECT_FALSE(matches_glob("a", "ab"));
}

TEST(Rate, ReadsUnitsAndRefusesNonsense) {
  EXPECT_DOUBLE_EQ(parse_rate("2000")->per_second(), 2000);
  EXPECT_DOUBLE_EQ(parse_rate("2000/s")->per_second(), 2000);
  EXPECT_DOUBLE_EQ(parse_rate("90/min")->per_second(), 1.5);
  EXPECT_EQ(Rate::per_second(2000).interval(), 500us);
  for (const auto* bad : {"", "0", "-5/s", "5/parsec", "/s", "5/"}) {
    EXPECT_FALSE(parse_rate(bad)) << bad;
  }
}

TEST(Json, AllowsCommentsAndPointsAtErrors) {
  EXPECT_EQ(parse_json("{/* a */ \"x\": 1 // b\n}", "f")->at("x"), 1);
  const auto bad = parse_json("{\n  \"x\": 1,\n  oops\n}", "f.json");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message.substr(0, 12), "f.json:3:3: ") << bad.error().message;
}

TEST(ExitStatus, TheOrderIsUsageInvalidFailInconclusivePass) {
  using enum ExitStatus;
  EXPECT_EQ(worst(pass, inconclusive), inconclusive);
  EXPECT_EQ(worst(inconclusive, fail), fail);
  EXPECT_EQ(worst(fail, invalid), invalid);
  EXPECT_EQ(worst(invalid, usage), usage);
}

TEST(Random, IsTheReferenceGenerator) {
  // First outputs of xoshiro256++ from the state that SplitMix64 makes of seed 0, computed with the
  // authors' reference code.
  Random random(0);
  EXPECT_EQ(random.next(), 5987356902031041503u);
  EXPECT_EQ(random.next(), 7051070477665621255u);
  EXPECT_EQ(random.next(), 6633766593972829180u);
}

TEST(Random, ExponentialHasItsMean) {
  Random random(7);
  double sum = 0;
  constexpr int n = 100'000;
  for (int i = 0; i < n; ++i) sum += static_cast<double>(random.exponential(1ms).count());
  EXPECT_NEAR(sum / n, 1e6, 4 * 1e6 / std::sqrt(n));
}

TEST(Random, BelowStaysBelowAndReachesEverything) {
  Random random(3);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(*seen.rbegin(), 6u);
}

TEST(Environment, FingerprintChangesWithWhatMovesTimesOnly) {
  auto environment = current_environment();
  EXPECT_GE(environment.cores, 1);
  const auto before = fingerprint(environment);
  EXPECT_EQ(before.size(), 12u);
  environment.hostname = "elsewhere";
  environment.commit = "other";
  EXPECT_EQ(fingerprint(environment), before);
  environment.flags += " -O3";
  EXPECT_NE(fingerprint(environment), before);
}

TEST(Environment, RoundTripsThroughJson) {
  const auto environment = current_environment();
  nlohmann::json json = environment;
  EXPECT_EQ(json.get<Environment>(), environment);
  EXPECT_EQ(json.at("fingerprint"), fingerprint(environment));
}

}  // namespace
}  // namespace dyno
