#include "dyno/record/trend.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace dyno::record {

namespace {

struct Point {
  double minutes;
  double value;
};

std::vector<Point> thinned(const std::vector<std::pair<Duration, double>>& points) {
  constexpr std::size_t most = 500;
  const auto groups = std::min(points.size(), most);
  std::vector<Point> result;
  for (std::size_t group = 0; group < groups; ++group) {
    const auto first = points.size() * group / groups;
    const auto last = points.size() * (group + 1) / groups;
    Point sum{0, 0};
    for (auto i = first; i < last; ++i) {
      sum.minutes += static_cast<double>(points[i].first.count()) / 60e9;
      sum.value += points[i].second;
    }
    const auto size = static_cast<double>(last - first);
    result.push_back({sum.minutes / size, sum.value / size});
  }
  return result;
}

// What ties take off Kendall's variance.
template <typename Value>
double tie_term(const std::vector<Point>& points, Value value) {
  std::map<double, double> times;
  for (const auto& point : points) times[value(point)] += 1;
  double term = 0;
  for (const auto& [_, k] : times) term += k * (k - 1) * (2 * k + 5);
  return term;
}

double median_of_sorted(const std::vector<double>& values) {
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

// A slope over less says more about the noise than about the growth.
std::optional<std::string> too_few_for_trend(
    const std::vector<std::pair<Duration, double>>& points) {
  constexpr std::size_t fewest = 10;
  constexpr Duration shortest = std::chrono::seconds{8};
  if (points.size() >= fewest && points.back().first - points.front().first >= shortest) return {};
  return fmt::format("{} readings are too few for a trend; let it run for 10 s at least",
                     points.size());
}

std::optional<Trend> theil_sen(const std::vector<std::pair<Duration, double>>& points) {
  const auto used = thinned(points);
  if (used.size() < 3) return {};
  std::vector<double> slopes;
  for (std::size_t i = 0; i < used.size(); ++i) {
    for (std::size_t j = i + 1; j < used.size(); ++j) {
      const auto apart = used[j].minutes - used[i].minutes;
      if (apart != 0) slopes.push_back((used[j].value - used[i].value) / apart);
    }
  }
  if (slopes.empty()) return {};
  std::sort(slopes.begin(), slopes.end());
  const auto n = static_cast<double>(used.size());
  const auto variance =
      (n * (n - 1) * (2 * n + 5) - tie_term(used, [](const Point& p) { return p.minutes; }) -
       tie_term(used, [](const Point& p) { return p.value; })) /
      18;
  const auto half = 1.959963984540054 * std::sqrt(std::max(0.0, variance));
  const auto count = static_cast<double>(slopes.size());
  const auto low = std::max(0.0, std::nearbyint((count - half) / 2) - 1);
  const auto high = std::min(count - 1, std::nearbyint((count + half) / 2));
  return Trend{median_of_sorted(slopes), slopes[static_cast<std::size_t>(low)],
               slopes[static_cast<std::size_t>(high)]};
}

}  // namespace dyno::record
