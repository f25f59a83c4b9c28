// A robust slope: how fast a figure grows, undisturbed by outliers.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dyno/core/clock.h"

namespace dyno::record {

struct Trend {
  double per_minute = 0;
  double low = 0;  // 95 % interval
  double high = 0;
};

// Why so many points over so long make no trend worth telling; nothing when they do.
std::optional<std::string> too_few_for_trend(
    const std::vector<std::pair<Duration, double>>& points);

// Theil-Sen: the median of the slopes of all pairs of points, with Sen's interval from Kendall's
// variance (P. K. Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, JASA 63,
// 1968). More than 500 points are first averaged into 500 stretches of equal numbers. Readings that
// depend on their neighbours make the true interval wider than this one. Nothing for fewer than
// three points or where all are of one time.
std::optional<Trend> theil_sen(const std::vector<std::pair<Duration, double>>& points);

}  // namespace dyno::record
