#include "dyno/record/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dyno/record/test_records.h"

namespace dyno::record {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Figure get(const RunRecord& record, std::string name, std::string endpoint = "*",
           std::string window = "steady", std::string outcome = "ok") {
  return figure(record,
                {std::move(name), std::move(endpoint), std::move(window), std::move(outcome)});
}

double in_ns(Duration duration) { return static_cast<double>(duration.count()); }

TEST(Figures, ALatencyIsOverTheSteadySuccessesOfTheEndpoint) {
  const auto record = test_record();
  const auto p95 = get(record, "response_time.p95", "/api/v1/costs");
  ASSERT_TRUE(p95.known()) << p95.why;
  EXPECT_NEAR(p95.value, in_ns(95ms), in_ns(1ms));
  EXPECT_EQ(p95.unit, "ns");
  EXPECT_EQ(p95.samples, 2000U);
  ASSERT_TRUE(p95.interval);
  EXPECT_LT(p95.interval->first, p95.value);
  EXPECT_GT(p95.interval->second, p95.value);
  EXPECT_EQ(get(record, "service_time.min", "GET /api/v1/costs").value, in_ns(1ms));
  EXPECT_EQ(get(record, "response_time.max", "*").value,
            get(record, "response_time.max", "/api/v1/analyze").value);
  EXPECT_EQ(get(record, "service_time.p50", "*", "ramp").samples, 300U);
  EXPECT_EQ(get(record, "service_time.p50", "*", "*").samples, 4300U);
  EXPECT_EQ(get(record, "lateness.p99").samples, 4000U);
}

TEST(Figures, FastFailuresDoNotImproveThePercentileOfSuccesses) {
  auto record = test_record();
  const auto before = get(record, "response_time.p95", "/api/v1/analyze");
  add_samples(record, 1, 50'000, 10us, 20us, {metrics::OutcomeKind::refused, 0});
  const auto after = get(record, "response_time.p95", "/api/v1/analyze");
  EXPECT_EQ(after.value, before.value);
  EXPECT_EQ(get(record, "response_time.p95", "*", "steady", "failed").samples, 50'020U);
  EXPECT_EQ(get(record, "response_time.p95", "*", "steady", "http_error(*)").samples, 20U);
}

TEST(Figures, RateIsWhatCompletedInTheWindowOverItsLength) {
  const auto record = test_record();
  EXPECT_DOUBLE_EQ(get(record, "rate").value, 4000 / 30.0);
  EXPECT_DOUBLE_EQ(get(record, "throughput.all").value, 4020 / 30.0);
  EXPECT_DOUBLE_EQ(get(record, "rate", "/api/v1/costs").value, 2000 / 30.0);
  EXPECT_EQ(get(record, "rate").unit, "1/s");
}

TEST(Figures, IterationsAndUsersAreOfTheSecondsWithinTheWindow) {
  RunRecord record;
  record.windows = {{WindowKind::ramp, 0s, 2s, {}}, {WindowKind::steady, 2s, 4500ms, {}}};
  for (std::uint32_t second = 0; second < 5; ++second) {
    SeriesPoint point;
    point.start = second * 1s;
    point.length = 1s;
    point.users = second + 1;
    point.iterations = 10;
    record.series.push_back(point);
  }
  EXPECT_EQ(get(record, "iterations").value, 25) << "half of the last second";
  EXPECT_EQ(get(record, "iteration_rate").value, 10);
  EXPECT_EQ(get(record, "iteration_rate").unit, "1/s");
  EXPECT_EQ(get(record, "iterations", "*", "ramp").value, 20);
  EXPECT_EQ(get(record, "users.min").value, 3);
  EXPECT_EQ(get(record, "users.max").value, 5);
  EXPECT_EQ(get(record, "users.last").value, 5);
  EXPECT_EQ(get(record, "users.mean").value, 4);
  EXPECT_FALSE(get(record, "iterations", "*", "spike").known());
  EXPECT_FALSE(check_figure("users.increase"));
}

TEST(Figures, AListOfEndpointsIsByName) {
  const auto record = test_record();
  const auto requests = [&](std::vector<std::string> endpoints) {
    return figure(record, {.figure = "requests", .endpoints = std::move(endpoints)});
  };
  const std::string costs = "GET /api/v1/costs", analyze = "POST /api/v1/analyze";
  EXPECT_EQ(requests({costs}).value, 2000);
  EXPECT_EQ(requests({costs, analyze}).value, get(record, "requests").value);
  EXPECT_FALSE(requests({"GET /api/*"}).known()) << "no globs";
  EXPECT_THAT(requests({"GET /a", "GET /b"}).why, testing::HasSubstr("GET /a, GET /b"));
}

TEST(Figures, ErrorShareOfNoneOrAllHasAnExactBound) {
  for (const std::uint64_t requests : {7, 1'000, 64'612}) {
    auto record = test_record();
    record.cells.clear();
    add_samples(record, 0, requests, 1ms, 1ms, {metrics::OutcomeKind::ok, 0});
    EXPECT_EQ(get(record, "error_share").interval->first, 0);
    record.cells.clear();
    add_samples(record, 0, requests, 1ms, 1ms, {metrics::OutcomeKind::refused, 0});
    EXPECT_EQ(get(record, "error_share").interval->second, 1);
  }
}

TEST(Figures, ErrorShareLeavesOutWhatWasDroppedOrCancelled) {
  auto record = test_record();
  add_samples(record, 0, 500, 1ms, 1ms, {metrics::OutcomeKind::cancelled, 0});
  add_samples(record, 0, 700, 1ms, 1ms, {metrics::OutcomeKind::dropped, 0});
  const auto share = get(record, "error_share");
  EXPECT_DOUBLE_EQ(share.value, 20 / 4020.0);
  EXPECT_EQ(share.samples, 4020U);
  ASSERT_TRUE(share.interval);
  EXPECT_GT(share.interval->first, 0);
  EXPECT_EQ(get(record, "requests").value, 4020);
  EXPECT_EQ(get(record, "failures").value, 20);
  EXPECT_EQ(get(record, "dropped").value, 700);
}

TEST(Figures, RedirectsRetriesAndWaitingForAConnection) {
  auto record = test_record();
  record.cells[1].redirects = 5;
  record.cells[1].retries = 7;
  record.cells[3].retries = 2;  // of failures, in the same window
  record.cells[1].resent = 100;
  record.cells[3].resent = 101;
  record.cells[1].queued.record(9ms);
  EXPECT_EQ(get(record, "redirects").value, 5);
  EXPECT_EQ(get(record, "retries").value, 9);
  EXPECT_EQ(get(record, "retries").unit, "");
  EXPECT_EQ(get(record, "resent").value, 201);
  EXPECT_EQ(get(record, "resent_share").value, 0.05);
  EXPECT_EQ(get(record, "resent_share").unit, "share");
  EXPECT_EQ(get(record, "resent_share").samples, 4020U);
  EXPECT_TRUE(get(record, "resent_share").interval);
  EXPECT_EQ(get(record, "queued.max").value, 9e6);
  EXPECT_EQ(get(record, "queued.max").samples, 1U);
}

TEST(Figures, WhatOtherProgramsHadIsByWindow) {
  auto record = test_record();
  EXPECT_EQ(get(record, "others.cpu_percent.mean").state, FigureState::not_applicable);
  EXPECT_FALSE(disturbance(record));
  for (int second = 0; second <= 35; ++second) {
    ResourceSample sample;
    sample.at = std::chrono::seconds{second};
    sample.cpu_percent = second < 5 ? 80 : 9;
    record.other_resources.push_back(sample);
  }
  EXPECT_EQ(get(record, "others.cpu_percent.mean").value, 9);
  EXPECT_EQ(get(record, "others.cpu_percent.max", "*", "ramp").value, 80);
  EXPECT_FALSE(disturbance(record)) << "that was before the steady window";
  for (auto& sample : record.other_resources) sample.cpu_percent = 23;
  EXPECT_EQ(disturbance(record), 23);
}

TEST(Figures, ResourcesAreThoseWithinTheWindow) {
  auto record = test_record();
  record.service_resources.front().rss_bytes = 900'000'000;  // in the ramp
  EXPECT_EQ(get(record, "service.rss.max").value, 100e6);
  EXPECT_EQ(get(record, "service.rss.max", "*", "*").value, 900e6);
  EXPECT_NEAR(get(record, "service.cpu_percent.mean").value, 40.5, 0.1);
  EXPECT_EQ(get(record, "engine.cpu_percent.max").value, 10);
  EXPECT_EQ(get(record, "service.fds.max").unit, "");
  EXPECT_EQ(get(record, "gauge.db_pool_in_use.max").value, 7);
  EXPECT_EQ(get(record, "gauge.db_pool_in_use.increase").value, -2);
}

TEST(Figures, GrowthIsARobustSlope) {
  auto record = test_record();
  EXPECT_EQ(get(record, "service.rss.growth_per_minute").value, 0);
  for (auto& sample : record.service_resources) {
    sample.rss_bytes = 100'000'000 + 1'000'000 * static_cast<std::uint64_t>(sample.at / 1s);
  }
  record.service_resources[20].rss_bytes = 5'000'000'000;
  const auto growth = get(record, "service.rss.growth_per_minute");
  EXPECT_NEAR(growth.value, 60e6, 1e3);
  EXPECT_EQ(growth.unit, "bytes/min");
  EXPECT_TRUE(growth.interval);
  record.service_resources.resize(12);
  EXPECT_FALSE(get(record, "service.rss.growth_per_minute").known());
}

TEST(Figures, GrowthIsTheSlopeTimesTheLengthOfTheWindow) {
  auto record = test_record();
  for (auto& sample : record.service_resources) {
    sample.rss_bytes = 100'000'000 + 1'000'000 * static_cast<std::uint64_t>(sample.at / 1s);
    sample.fds = 64 + static_cast<std::uint64_t>(sample.at / 1s) % 2;
  }
  record.service_resources.at(35).rss_bytes = 5'000'000'000;  // the last in the window
  const auto growth = get(record, "service.rss.growth");
  EXPECT_NEAR(growth.value, 30e6, 1e3) << "30 s of 1 MB/s";
  EXPECT_EQ(growth.unit, "bytes");
  const auto slope = get(record, "service.rss.growth_per_minute");
  ASSERT_TRUE(growth.interval && slope.interval);
  EXPECT_DOUBLE_EQ(growth.interval->first, slope.interval->first / 2);
  EXPECT_DOUBLE_EQ(growth.interval->second, slope.interval->second / 2);
  EXPECT_EQ(get(record, "service.fds.growth").value, 0);
  EXPECT_EQ(get(record, "service.fds.growth").unit, "");
  EXPECT_EQ(unit_of("service.rss.growth"), "bytes");
  record.service_resources.resize(12);
  EXPECT_FALSE(get(record, "service.rss.growth").known());
}

TEST(Figures, TheShareOfCacheHitsIsOfTheWindowAlone) {
  auto record = test_record();  // steady from 5 s to 35 s
  EXPECT_EQ(get(record, "cache_hit_share").state, FigureState::no_data) << "spawned: should be";
  const std::string embedded = "{kind=\"embedded\"}";
  record.gauges = {
      {"cache_hits_total" + embedded,
       {{1s, 900}, {5s, 1000}, {6s, 1010}, {34s, 1060}, {36s, 5000}}},
      {"cache_misses_total" + embedded, {{1s, 7}, {5s, 100}, {6s, 115}, {34s, 120}, {36s, 9000}}}};
  const auto share = get(record, "cache_hit_share");
  ASSERT_TRUE(share.known()) << share.why;
  EXPECT_DOUBLE_EQ(share.value, 60 / 80.0);
  EXPECT_EQ(share.samples, 80U);
  EXPECT_EQ(share.unit, "share");
  EXPECT_EQ(unit_of("cache_hit_share"), "share");
  record.gauges.push_back({"cache_hits_total{kind=\"redis\"}", {{5s, 0}, {34s, 20}}});
  EXPECT_DOUBLE_EQ(get(record, "cache_hit_share").value, 80 / 100.0) << "all caches that it has";
  EXPECT_THAT(get(record, "cache_hit_share", "/x").why, HasSubstr("leave 'endpoint' out"));
  EXPECT_THAT(get(record, "cache_hit_share", "*", "drain").why, HasSubstr("two readings"));
  record.gauges[0].points = {{5s, 1000}, {6s, 10}, {34s, 15}};
  EXPECT_DOUBLE_EQ(get(record, "cache_hit_share").value, 35 / 55.0) << "it began anew in between";
}

TEST(Figures, NoLookupsOrNoMetricsAreNoShareOfHits) {
  auto record = test_record();
  record.gauges = {{"cache_hits_total", {{5s, 9}, {34s, 9}}},
                   {"cache_misses_total", {{5s, 4}, {34s, 4}}}};
  const auto idle = get(record, "cache_hit_share");
  EXPECT_EQ(idle.state, FigureState::no_data);
  EXPECT_THAT(idle.why, HasSubstr("nothing was looked up"));
  record.service.mode = ServiceMode::remote;
  EXPECT_EQ(get(record, "cache_hit_share").state, FigureState::no_data);
  record.gauges.pop_back();
  EXPECT_EQ(get(record, "cache_hit_share").state, FigureState::not_applicable);
  record.gauges.clear();
  EXPECT_EQ(get(record, "cache_hit_share").state, FigureState::not_applicable);
  EXPECT_THAT(get(record, "cache_hit_share").why, HasSubstr("no /metrics"));
}

TEST(Figures, WhatIsNotThereSaysWhy) {
  auto record = test_record();
  EXPECT_THAT(get(record, "response_time.p95", "/api/v1/cost").why,
              HasSubstr("did you mean '/api/v1/costs'?"));
  EXPECT_THAT(get(record, "response_time.p95", "/api/v1/costs", "drain").why,
              HasSubstr("no sample with outcome 'ok' in window 'drain'"));
  EXPECT_THAT(get(record, "response_tme.p95").why, HasSubstr("did you mean 'response_time.p95'?"));
  EXPECT_THAT(get(record, "gauge.db_pool_inuse.max").why,
              HasSubstr("did you mean 'db_pool_in_use'?"));
  EXPECT_THAT(get(record, "rate", "*", "warm_up").why, HasSubstr("no window 'warm_up'"));
  record.cells.clear();
  EXPECT_EQ(get(record, "error_share").state, FigureState::no_data);
  EXPECT_EQ(get(record, "rate").state, FigureState::no_data);
}

TEST(Figures, WhatARemoteServiceDoesNotTellIsNotApplicable) {
  auto record = test_record();
  record.service_resources.clear();
  EXPECT_EQ(get(record, "service.rss.max").state, FigureState::no_data) << "spawned: should be";
  record.service.mode = ServiceMode::remote;
  EXPECT_EQ(get(record, "service.rss.max").state, FigureState::not_applicable);
  EXPECT_EQ(get(record, "gauge.anything.max").state, FigureState::no_data);
  record.gauges.clear();
  EXPECT_EQ(get(record, "gauge.anything.max").state, FigureState::not_applicable);
  EXPECT_EQ(get(record, "engine.rss.max").state, FigureState::known);
}

TEST(Figures, OfStreams) {
  auto record = test_record();
  EXPECT_EQ(get(record, "gap.p95").state, FigureState::no_data);
  EXPECT_EQ(get(record, "tokens_per_second.p50").state, FigureState::no_data);
  EXPECT_EQ(get(record, "token_rate").state, FigureState::no_data);
  EXPECT_EQ(get(record, "events").value, 0);
  Cell cell;
  cell.endpoint = 1;
  cell.window = 1;
  cell.events = 300;
  cell.tokens = 600;
  for (int i = 1; i <= 100; ++i) {
    cell.gap.record(1ms * i);
    cell.first_event.record(10ms * i);
    cell.token_time.record(1ms * i);
  }
  record.cells.push_back(std::move(cell));
  EXPECT_NEAR(get(record, "gap.p95").value, in_ns(95ms), in_ns(1ms));
  EXPECT_NEAR(get(record, "first_event.p50").value, in_ns(500ms), in_ns(1ms));
  EXPECT_EQ(get(record, "gap.max", "/api/v1/analyze").samples, 100U);
  EXPECT_EQ(get(record, "events").value, 300);
  EXPECT_EQ(get(record, "tokens").value, 600);
  EXPECT_DOUBLE_EQ(get(record, "token_rate").value, 600 / 30.0);
  EXPECT_EQ(get(record, "requests").value, get(test_record(), "requests").value);
  // The slowest 5 % of the streams take 95 ms and more for a token.
  const auto slow = get(record, "tokens_per_second.p5");
  ASSERT_TRUE(slow.known()) << slow.why;
  EXPECT_NEAR(slow.value, 1000 / 95.0, 0.1);
  EXPECT_EQ(slow.unit, "1/s");
  ASSERT_TRUE(slow.interval);
  EXPECT_LT(slow.interval->first, slow.value);
  EXPECT_GT(slow.interval->second, slow.value);
  EXPECT_NEAR(get(record, "tokens_per_second.max").value, 1000, 1);
  EXPECT_NEAR(get(record, "tokens_per_second.min").value, 10, 0.1);
  EXPECT_NEAR(get(record, "tokens_per_second.mean").value, 1000 / 50.5, 0.1);
  EXPECT_EQ(get(record, "tokens_per_second.stddev").state, FigureState::no_data);
  EXPECT_EQ(percentile_of("tokens_per_second.p5"), 95);
  EXPECT_EQ(percentile_of("tokens_per_second.p50"), 50);
  EXPECT_EQ(percentile_of("gap.p95"), 95);
}

TEST(Figures, NamesAreChecked) {
  for (const auto* good :
       {"response_time.p99.9", "lateness.mean", "rate", "throughput.all", "error_share",
        "service.fds.growth_per_minute", "engine.cpu_percent.max", "gauge.a.b{c=\"d\"}.last",
        "first_event.p99", "gap.max", "token_time.mean", "tokens_per_second.p5", "token_rate",
        "tokens", "events", "others.cpu_percent.max", "engine.threads.growth", "cache_hit_share",
        "gauge.cache_hits_total.increase"}) {
    EXPECT_TRUE(check_figure(good)) << good;
  }
  for (const auto* bad :
       {"", "response_time", "response_time.", "response_time.p101", "response_time.px", "gauge.x",
        "gauge.x.p95", "service.rss", "client.rss.max", "rates", "others.rss.max",
        "service.rss.increase", "users.growth", "cache_hit_share.mean"}) {
    EXPECT_FALSE(check_figure(bad)) << bad;
  }
  EXPECT_EQ(percentile_of("response_time.p99.9"), 99.9);
  EXPECT_FALSE(percentile_of("response_time.mean"));
}

TEST(Figures, ValuesReadAsPeopleWriteThem) {
  EXPECT_EQ(value_to_string(1.24e6, "ns"), "1.24 ms");
  EXPECT_EQ(value_to_string(0.0123, "share"), "1.23 %");
  EXPECT_EQ(value_to_string(81.26, "percent"), "81.3 %");
  EXPECT_EQ(value_to_string(512e6, "bytes"), "512 MB");
  EXPECT_EQ(value_to_string(98.44, "1/s"), "98.4/s");
  EXPECT_EQ(value_to_string(1234, "1/s"), "1234/s");
  EXPECT_EQ(value_to_string(12, ""), "12");
  EXPECT_EQ(value_to_string(3e6, "bytes/min"), "3.00 MB/min");
}

}  // namespace
}  // namespace dyno::record
