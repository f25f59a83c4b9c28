#include "dyno/compare/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "dyno/metrics/order_statistics.h"

namespace dyno::compare {

namespace {

constexpr std::size_t most_for_exact = 50;
constexpr std::size_t most_for_exact_ties = 60;  // of both groups together

std::vector<double> differences(const std::vector<double>& x, const std::vector<double>& y) {
  std::vector<double> result;
  for (const auto a : x) {
    for (const auto b : y) result.push_back(b - a);
  }
  std::sort(result.begin(), result.end());
  return result;
}

// P(U <= u) for u = 0 ... n * m under the null hypothesis. The number of ways to get u from n and m
// values is that of n - 1 and m values at u - m plus that of n and m - 1 at u (H. B. Mann and
// D. R. Whitney, 1947): the coefficients of the Gaussian binomial, here by multiplying and dividing
// by its factors.
std::vector<double> null_distribution(std::size_t n, std::size_t m) {
  std::vector<double> ways(n * m + 1, 0.0);
  ways[0] = 1;
  for (std::size_t factor = 1; factor <= n; ++factor) {
    const auto up = m + factor;  // multiply by 1 - q^up, then divide by 1 - q^factor
    for (auto u = ways.size(); u-- > up;) ways[u] -= ways[u - up];
    for (auto u = factor; u < ways.size(); ++u) ways[u] += ways[u - factor];
  }
  const auto total = std::accumulate(ways.begin(), ways.end(), 0.0);
  double sum = 0;
  for (auto& way : ways) {
    sum += way;
    way = std::min(1.0, sum / total);
  }
  return ways;
}

// P(U >= u) given the midranks of `all`, of which `m` make up the second group: among all ways to
// choose them, the share whose sum of ranks is as large. Ranks are doubled, so that they are whole.
double upper_tail_with_ties(std::vector<double> all, std::size_t m, double u) {
  std::sort(all.begin(), all.end());
  const auto total = all.size();
  std::vector<std::vector<double>> ways(m + 1, std::vector<double>(total * (total + 1) + 1, 0.0));
  ways[0][0] = 1;
  for (std::size_t begin = 0, end = 0; begin < total; begin = end) {
    while (end < total && all[end] == all[begin]) ++end;
    const auto doubled = begin + end + 1;  // twice the mean of the ranks begin + 1 ... end
    for (auto one = begin; one < end; ++one) {
      for (auto chosen = std::min(one + 1, m); chosen > 0; --chosen) {
        auto& to = ways[chosen];
        const auto& from = ways[chosen - 1];
        for (auto sum = to.size() - 1; sum >= doubled; --sum) to[sum] += from[sum - doubled];
      }
    }
  }
  const auto least = static_cast<double>(m * (m + 1)) + 2 * u;  // of the doubled sum
  double above = 0;
  double sum_of_all = 0;
  for (std::size_t sum = 0; sum < ways[m].size(); ++sum) {
    sum_of_all += ways[m][sum];
    if (static_cast<double>(sum) >= least - 0.25) above += ways[m][sum];
  }
  return std::min(1.0, above / sum_of_all);
}

// The standard deviation as the median absolute deviation has it, squared.
double robust_variance(const std::vector<double>& values) {
  constexpr double normal_consistency = 1.4826;
  const auto middle = median(values);
  std::vector<double> deviations;
  for (const auto value : values) deviations.push_back(std::abs(value - middle));
  const auto deviation = normal_consistency * median(deviations);
  return deviation * deviation;
}

bool has_ties(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return std::adjacent_find(values.begin(), values.end()) != values.end();
}

double upper_normal(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

double variance_with_ties(const std::vector<double>& all, double n, double m) {
  std::map<double, double> groups;
  for (const auto value : all) groups[value] += 1;
  double ties = 0;
  for (const auto& [_, t] : groups) ties += t * t * t - t;
  const auto total = n + m;
  return n * m / 12 * (total + 1 - ties / (total * (total - 1)));
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double shift(const std::vector<double>& x, const std::vector<double>& y) {
  return median(differences(x, y));
}

std::optional<std::pair<double, double>> shift_interval(const std::vector<double>& x,
                                                        const std::vector<double>& y,
                                                        double confidence) {
  if (x.empty() || y.empty()) return {};
  const auto sorted = differences(x, y);
  const auto tail = (1 - confidence) / 2;
  std::size_t skip = 0;
  if (x.size() <= most_for_exact && y.size() <= most_for_exact) {
    const auto below = null_distribution(x.size(), y.size());
    skip = static_cast<std::size_t>(std::upper_bound(below.begin(), below.end(), tail) -
                                    below.begin());
  } else {
    const auto n = static_cast<double>(x.size());
    const auto m = static_cast<double>(y.size());
    const auto z = metrics::normal_quantile(1 - tail);
    skip = static_cast<std::size_t>(
        std::max(0.0, std::floor(n * m / 2 - z * std::sqrt(n * m * (n + m + 1) / 12))));
  }
  if (skip == 0) return {};
  return std::pair{sorted[skip - 1], sorted[sorted.size() - skip]};
}

double p_above(const std::vector<double>& x, const std::vector<double>& y, double margin) {
  if (x.empty() || y.empty()) return 1;
  double u = 0;  // pairs in which y is above x by more than the margin; half for a draw
  for (const auto a : x) {
    for (const auto b : y) u += b > a + margin ? 1 : b == a + margin ? 0.5 : 0;
  }
  auto all = y;
  for (const auto a : x) all.push_back(a + margin);
  const auto n = x.size();
  const auto m = y.size();
  if (n <= most_for_exact && m <= most_for_exact && !has_ties(all)) {
    const auto below = null_distribution(n, m);  // symmetric: P(U >= u) = P(U <= nm - u)
    return below[n * m - static_cast<std::size_t>(u)];
  }
  if (n + m <= most_for_exact_ties) return upper_tail_with_ties(all, m, u);
  const auto dn = static_cast<double>(n);
  const auto dm = static_cast<double>(m);
  const auto variance = variance_with_ties(all, dn, dm);
  if (variance <= 0) return 1;
  return std::min(1.0, upper_normal((u - dn * dm / 2 - 0.5) / std::sqrt(variance)));
}

double smallest_p(std::size_t n, std::size_t m) {
  double ways = 1;  // n + m over n
  for (std::size_t i = 1; i <= n; ++i) {
    ways *= static_cast<double>(m + i) / static_cast<double>(i);
  }
  return 1 / ways;
}

std::optional<double> detectable_shift(const std::vector<double>& x, const std::vector<double>& y,
                                       double margin, double level) {
  constexpr double wanted_power = 0.95;
  if (x.size() < 2 || y.size() < 2 || smallest_p(x.size(), y.size()) > level) return {};
  const auto n = static_cast<double>(x.size());
  const auto m = static_cast<double>(y.size());
  const auto variance = ((n - 1) * robust_variance(x) + (m - 1) * robust_variance(y)) / (n + m - 2);
  const auto error = std::sqrt(variance * std::numbers::pi / 3 * (1 / n + 1 / m));
  return margin +
         (metrics::normal_quantile(1 - level) + metrics::normal_quantile(wanted_power)) * error;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return p[a] < p[b]; });
  std::vector<double> corrected(p.size());
  double highest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    highest = std::max(highest, p[order[i]] * static_cast<double>(p.size() - i));
    corrected[order[i]] = std::min(1.0, highest);
  }
  return corrected;
}

}  // namespace dyno::compare
