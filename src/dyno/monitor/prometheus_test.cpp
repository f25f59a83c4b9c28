#include "dyno/monitor/prometheus.h"

#include <cmath>

#include <gtest/gtest.h>

namespace dyno::monitor {
namespace {

// The example of the format's own documentation, shortened.
constexpr std::string_view example =
    R"(# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\FILE.TXT",error="Cannot find:\n\"FILE}\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.5"} 4773
rpc_duration_seconds_count 2693
)";

TEST(Prometheus, ReadsTheFormatsOwnExample) {
  const auto metrics = parse_prometheus(example);
  ASSERT_EQ(metrics.size(), 7U);
  EXPECT_EQ(metrics[0].name, "http_requests_total");
  EXPECT_EQ(metrics[0].labels, R"({method="post",code="200"})");
  EXPECT_EQ(metrics[0].type, "counter");
  EXPECT_EQ(metrics[0].value, 1027);
  EXPECT_EQ(metrics[2].labels, R"({path="C:\\FILE.TXT",error="Cannot find:\n\"FILE}\""})");
  EXPECT_EQ(metrics[2].value, 1.458255915e9);
  EXPECT_EQ(metrics[2].type, "");
  EXPECT_EQ(metrics[3].value, 12.47);
  EXPECT_TRUE(std::isinf(metrics[4].value));
  EXPECT_EQ(metrics[5].type, "summary");
}

TEST(Prometheus, ReadsOverLinesThatAreNotOfTheFormat) {
  const auto metrics = parse_prometheus(
      "<html>\nno_value\nopen{a=\"b 1\nword x1\n{} 3\n  indented\t7 \r\nspaced {a=\"b\"} 8\nlast "
      "9");
  ASSERT_EQ(metrics.size(), 3U);
  EXPECT_EQ(metrics[0].name, "indented");
  EXPECT_EQ(metrics[0].value, 7);
  EXPECT_EQ(metrics[1].labels, "{a=\"b\"}");
  EXPECT_EQ(metrics[2].value, 9);
  EXPECT_TRUE(parse_prometheus("").empty());
}

TEST(Prometheus, FindsTheMetricWithoutLabelsFirst) {
  const auto metrics = parse_prometheus("a{x=\"1\"} 1\na 2\nb{x=\"1\"} 3\nb{x=\"2\"} 4\nc NaN\n");
  EXPECT_EQ(find_value(metrics, "a"), 2);
  EXPECT_EQ(find_value(metrics, "b"), 3);
  EXPECT_FALSE(find_value(metrics, "c"));
  EXPECT_FALSE(find_value(metrics, "d"));
}

}  // namespace
}  // namespace dyno::monitor
