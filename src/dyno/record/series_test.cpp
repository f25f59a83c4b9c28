#include "dyno/record/series.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dyno/record/run_record_json.h"

namespace dyno::record {
namespace {

using namespace std::chrono_literals;

// Point `number` of a run; every third interval had no success, so no histogram.
SeriesPoint numbered(std::uint32_t number) {
  metrics::IntervalSummary interval;
  interval.ok = number % 3 == 0 ? 0 : 7;
  interval.failed = number;
  interval.dropped = number + 1;
  interval.bytes_received = number * 1000ULL;
  for (std::uint64_t i = 0; i < interval.ok; ++i) {
    interval.response_time.record(std::chrono::microseconds{100 + (number * i * 37) % 5000});
  }
  SeriesPoint point = series_point(interval, number * 1s, 1s + number * 1ns, number + 2);
  point.iterations = number + 3;
  return point;
}

TEST(SeriesLog, GivesBackEveryFieldOfEveryPoint) {
  SeriesLog log;
  std::vector<SeriesPoint> points;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    points.push_back(numbered(i));
    log.push_back(points.back());
  }
  const auto read = log.all();
  ASSERT_EQ(read.size(), points.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    ASSERT_EQ(to_json(read[i]).dump(), to_json(points[i]).dump()) << i;
  }
}

TEST(SeriesLog, GoesOnAfterItWasRead) {
  SeriesLog log;
  EXPECT_TRUE(log.all().empty());
  log.push_back(numbered(1));
  EXPECT_EQ(log.all().size(), 1U);
  log.push_back(numbered(2));
  ASSERT_EQ(log.all().size(), 2U);
  EXPECT_EQ(log.all()[1].failed, 2U);
}

}  // namespace
}  // namespace dyno::record
