// Of what the monitors read; what ends a run by its samples is tested with real loads
// (perf_case_test, cli tests).
#include "dyno/harness/breach_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dyno::harness {
namespace {

using namespace std::chrono_literals;

targets::TargetSet set_of(const std::string& target) {
  const auto file =
      targets::parse_targets(R"({"sets": {"s": {"targets": [)" + target + "]}}}", "t");
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  return file->sets.at(0);
}

// Second by second, until the watch ends the run: after how many seconds that is.
class BreachByReadings : public testing::Test {
 protected:
  template <typename F>
  int ended_after(const std::string& target, F reading) {
    BreachWatch watch(set_of(target));
    record::RunRecord as_known;
    as_known.windows = {{metrics::WindowKind::ramp, 0s, 5s, ""},
                        {metrics::WindowKind::steady, 5s, 5min, ""},
                        {metrics::WindowKind::drain, 5min, 5min, ""}};
    watch.start(as_known);
    const metrics::CellTable interval(as_known.windows, TimePoint{});
    const std::vector<record::Endpoint> endpoints;
    for (int second = 1; second < 60; ++second) {
      watch.add(reading(second));
      const load::Progress progress{second * 1s, {}, {}, interval, endpoints};
      watch.gather(progress);
      if (const auto reason = watch.breach(progress)) return second;
    }
    return 0;
  }
};

Readings of_cpu(int second, double percent) {
  Readings readings;
  record::ResourceSample sample;
  sample.at = second * 1s - 200ms;
  sample.cpu_percent = percent;
  sample.rss_bytes = 1'000'000'000 + static_cast<std::uint64_t>(second) * 10'000'000;
  readings.service.push_back(sample);
  return readings;
}

constexpr auto cpu = R"({"figure": "service.cpu_percent.mean", "below": "70 %", "critical": "95 %",
                         "abort": {"grace": "10 s"}})";

TEST_F(BreachByReadings, OfTheServicesCpu) {
  EXPECT_EQ(ended_after(cpu, [](int second) { return of_cpu(second, 99); }), 16)
      << "the first reading of the steady window comes in its first second";
  EXPECT_EQ(ended_after(cpu, [](int second) { return of_cpu(second, 94); }), 0) << "not critical";
  EXPECT_EQ(ended_after(cpu, [](int second) { return of_cpu(second, second < 5 ? 100 : 50); }), 0)
      << "that was before the steady window";
}

TEST_F(BreachByReadings, OfItsMemoryAndAProvenGrowth) {
  const auto reading = [](int second) { return of_cpu(second, 1); };
  EXPECT_EQ(ended_after(R"({"figure": "service.rss.max", "below": "1 GB", "critical": "1.2 GB",
                            "abort": {"grace": "2 s"}})",
                        reading),
            22);
  EXPECT_NE(ended_after(R"({"figure": "service.rss.growth", "below": "10 MB", "critical": "100 MB",
                            "abort": {"grace": "2 s"}})",
                        reading),
            0);
  const auto noisy = [](int second) {
    auto readings = of_cpu(second, 1);
    readings.service[0].rss_bytes =
        static_cast<std::uint64_t>(1'000'000'000 + second * 37 % 11 * 50'000'000);
    return readings;
  };
  EXPECT_EQ(ended_after(R"({"figure": "service.rss.growth", "below": "1 B", "critical": "2 B",
                            "abort": {"grace": "0 s"}})",
                        noisy),
            0)
      << "its interval holds the limit";
}

TEST_F(BreachByReadings, OfAGaugeWhosePointsComeBitByBit) {
  const auto reading = [](int second) {
    Readings readings;
    readings.gauges = {{"http_queue_depth", {{second * 1s - 200ms, second}}}};
    return readings;
  };
  EXPECT_EQ(ended_after(R"({"figure": "gauge.http_queue_depth.max", "at_most": 10, "critical": 20,
                            "abort": {"grace": "0 s"}})",
                        reading),
            21);
}

}  // namespace
}  // namespace dyno::harness
