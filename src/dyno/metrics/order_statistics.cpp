#include "dyno/metrics/order_statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dyno::metrics {

namespace {

double log_binomial_mass(double k, double n, double p) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
         (n - k) * std::log1p(-p);
}

// The mass more than 40 standard deviations from the mean is nothing in double precision, for any
// variance worth summing.
std::uint64_t lowest_worth_summing(double mean, double deviation) {
  return static_cast<std::uint64_t>(std::max(0.0, std::floor(mean - 40 * deviation - 40)));
}

}  // namespace

std::uint64_t rank_of_percentile(double percentile, std::uint64_t count) {
  const auto share = std::clamp(percentile, 0.0, 100.0) / 100;
  const auto product = share * static_cast<double>(count);
  const auto ulp = std::nextafter(product, INFINITY) - product;
  const auto rank = static_cast<std::uint64_t>(std::max(1.0, std::ceil(product - ulp)));
  return std::min(rank, std::max<std::uint64_t>(count, 1));
}

double binomial_upper_tail(std::uint64_t least, std::uint64_t count, double p) {
  double sum = 0;
  for (auto k = least; k <= count; ++k) {
    sum += std::exp(log_binomial_mass(static_cast<double>(k), static_cast<double>(count), p));
  }
  return std::min(sum, 1.0);
}

double normal_quantile(double p) {
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                          6.680131188771972e+01, -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                          3.754408661907416e+00};
  double x = 0;
  const auto tail = [&](double q) {
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  };
  if (p < 0.02425) {
    x = tail(std::sqrt(-2 * std::log(p)));
  } else if (p > 1 - 0.02425) {
    x = -tail(std::sqrt(-2 * std::log1p(-p)));
  } else {
    const auto q = p - 0.5;
    const auto r = q * q;
    x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
        (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
  }
  const auto error = 0.5 * std::erfc(-x / std::numbers::sqrt2) - p;
  const auto step = error * std::sqrt(2 * std::numbers::pi) * std::exp(x * x / 2);
  return x - step / (1 + x * step / 2);
}

std::optional<RankInterval> percentile_rank_interval(double percentile, std::uint64_t count,
                                                     double confidence) {
  const auto p = percentile / 100;
  if (count == 0 || !(p > 0) || !(p < 1)) return {};
  const auto n = static_cast<double>(count);
  const auto mean = n * p;
  const auto deviation = std::sqrt(mean * (1 - p));
  const auto tail = (1 - confidence) / 2;
  if (deviation > 100) {
    const auto half = normal_quantile(1 - tail) * deviation;
    return RankInterval{static_cast<std::uint64_t>(std::floor(mean - half)),
                        static_cast<std::uint64_t>(std::ceil(mean + half)) + 1};
  }
  // low: the largest l with P(B < l) <= tail; high: the smallest u with P(B >= u) <= tail.
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  double below = 0;  // P(B < k)
  for (auto k = lowest_worth_summing(mean, deviation); k <= count; ++k) {
    if (below <= tail) low = k;
    if (1 - below <= tail) {
      high = k;
      break;
    }
    below += std::exp(log_binomial_mass(static_cast<double>(k), n, p));
  }
  if (low == 0 || high == 0) return {};
  return RankInterval{low, high};
}

}  // namespace dyno::metrics
