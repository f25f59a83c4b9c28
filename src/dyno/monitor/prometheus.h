// Prometheus' text exposition format 0.0.4, as far as watching a service needs it: names, labels,
// values, types. https://prometheus.io/docs/instrumenting/exposition_formats/ — time stamps are
// read over, and so is a line that does not follow the format: a service with one odd line can
// still be watched. A pure function on text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dyno::monitor {

struct Metric {
  std::string name;    // "http_requests_total"
  std::string labels;  // as written, with braces: `{code="200"}`; empty without
  std::string type;    // as its # TYPE line says: "counter", "gauge", …; empty when there is none
  double value = 0;    // may be infinite or not a number, as the format allows
};

std::vector<Metric> parse_prometheus(std::string_view text);

// The value of the metric without labels; the first of that name otherwise. Nothing when there is
// none or its value is not finite.
std::optional<double> find_value(const std::vector<Metric>& metrics, std::string_view name);

}  // namespace dyno::monitor
