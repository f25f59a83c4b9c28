#include "dyno/history/rank_test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>
#include <vector>

namespace dyno::history {

namespace {

constexpr double near_zero = 1e-3;  // below it the functions are their series
constexpr double fence = 3;         // deviations from the middle beyond which a value is far
constexpr double worth_a_tail = 3;  // standard deviations from which the exact tail is computed

double log_choose(std::size_t n, std::size_t k) {
  const auto lg = [](std::size_t x) { return std::lgamma(static_cast<double>(x) + 1); };
  return lg(n) - lg(k) - lg(n - k);
}

double upper_tail(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

// log((e^x - 1) / x), its first and its second derivative, for x >= 0.
struct Term {
  double value;
  double slope;
  double curvature;
};

Term term_of(double x) {
  if (x < near_zero) return {x / 2 + x * x / 24, 0.5 + x / 12, 1.0 / 12 - x * x / 240};
  const auto e = std::exp(-x);
  const auto rest = 1 - e;
  return {x + std::log(rest / x), 1 / rest - 1 / x, 1 / (x * x) - e / (rest * rest)};
}

// The cumulant generating function of U at t >= 0: the log of the Gaussian binomial's ratio.
Term cumulants(double t, std::size_t n, std::size_t m) {
  Term sum{0, 0, 0};
  for (std::size_t j = 1; j <= n; ++j) {
    const auto low = static_cast<double>(j);
    const auto high = static_cast<double>(m + j);
    const auto up = term_of(high * t);
    const auto down = term_of(low * t);
    sum.value += up.value - down.value;
    sum.slope += high * up.slope - low * down.slope;
    sum.curvature += high * high * up.curvature - low * low * down.curvature;
  }
  return sum;
}

// Where the slope of the cumulants is u, for u above the mean: Newton within a bracket.
double saddlepoint(double u, std::size_t n, std::size_t m) {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  const auto variance = static_cast<double>(n * m) * static_cast<double>(n + m + 1) / 12;
  double t = (u - static_cast<double>(n * m) / 2) / variance;
  for (int i = 0; i < 100; ++i) {
    const auto at = cumulants(t, n, m);
    (at.slope < u ? low : high) = t;
    const auto step = (u - at.slope) / at.curvature;
    auto next = t + step;
    if (!(next > low && next < high)) next = std::isinf(high) ? 2 * t : (low + high) / 2;
    if (std::abs(next - t) <= 1e-9 * t) return next;
    t = next;
  }
  return t;
}

struct Ranked {
  std::vector<double> centred;  // ranks less their mean
  double tie_share = 1;         // variance given the ties, of that without
};

Ranked rank(std::span<const double> values) {
  const auto size = values.size();
  std::vector<std::pair<double, std::size_t>> order(size);
  for (std::size_t i = 0; i < size; ++i) order[i] = {values[i], i};
  std::sort(order.begin(), order.end());
  Ranked ranked;
  ranked.centred.resize(size);
  const auto count = static_cast<double>(size);
  double ties = 0;
  for (std::size_t first = 0; first < size;) {
    auto last = first + 1;
    while (last < size && order[last].first == order[first].first) ++last;
    const auto shared = static_cast<double>(first + last + 1) / 2 - (count + 1) / 2;
    for (auto i = first; i < last; ++i) ranked.centred[order[i].second] = shared;
    const auto t = static_cast<double>(last - first);
    ties += t * t * t - t;
    first = last;
  }
  ranked.tie_share = 1 - ties / (count * count * count - count);
  return ranked;
}

// `below` is the sum of the centred ranks of the first part.
Split split_of(double below, std::size_t at, std::size_t size, double tie_share) {
  const auto n = static_cast<double>(at);
  const auto m = static_cast<double>(size - at);
  const auto deviation = std::sqrt(n * m * (n + m + 1) / 12);
  Split split{at, -below, std::abs(below) / (deviation * std::sqrt(tie_share)), 1};
  split.p = split.z < worth_a_tail
                ? 2 * upper_tail(split.z)
                : 2 * mann_whitney_tail(n * m / 2 + split.z * deviation, at, size - at);
  split.p = std::min(1.0, split.p);
  return split;
}

// Where the standardised rank sum is the largest.
Split best_of(std::span<const double> values, std::size_t least) {
  const auto size = values.size();
  if (least == 0 || size < 2 * least) return {};
  const auto ranked = rank(values);
  if (ranked.tie_share <= 0) return {};
  double sum = 0;
  double best_sum = 0;
  double best = -1;
  std::size_t best_at = 0;
  for (std::size_t at = 1; at + least <= size; ++at) {
    sum += ranked.centred[at - 1];
    if (at < least) continue;
    const auto weight = static_cast<double>(at) * static_cast<double>(size - at);
    if (sum * sum > best * weight) {
      best = sum * sum / weight;
      best_sum = sum;
      best_at = at;
    }
  }
  return best_at == 0 ? Split{} : split_of(best_sum, best_at, size, ranked.tie_share);
}

Split split_of_all(std::span<const double> values, std::size_t at) {
  if (at == 0 || at >= values.size()) return {};
  const auto ranked = rank(values);
  if (ranked.tie_share <= 0) return {};
  const auto end = ranked.centred.begin() + static_cast<std::ptrdiff_t>(at);
  return split_of(std::accumulate(ranked.centred.begin(), end, 0.0), at, values.size(),
                  ranked.tie_share);
}

// The places of the values that are not far from all others. It does not look at their order, so
// that what is left is in random order if all of them were.
std::vector<std::size_t> within_fence(std::span<const double> values) {
  const auto centre = median(values);
  std::vector<double> off(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) off[i] = std::abs(values[i] - centre);
  const auto limit = fence * deviation_of_mad * median(off);
  std::vector<std::size_t> inner;
  inner.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (limit <= 0 || std::abs(values[i] - centre) <= limit) inner.push_back(i);
  }
  return inner;
}

std::vector<double> taken(std::span<const double> values, const std::vector<std::size_t>& places) {
  std::vector<double> result;
  result.reserve(places.size());
  for (const auto place : places) result.push_back(values[place]);
  return result;
}

Split better(const Split& a, const Split& b) {
  if (a.at == 0) return b;
  return b.at > 0 && b.p < a.p ? b : a;
}

}  // namespace

double median(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
  std::nth_element(copy.begin(), middle, copy.end());
  if (copy.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(copy.begin(), middle)) / 2;
}

double mann_whitney_tail(double u, std::size_t n, std::size_t m) {
  if (n > m) std::swap(n, m);
  const auto most = static_cast<double>(n * m);
  if (u <= 0) return 1;
  if (u > most - 0.5) return std::exp(-log_choose(n + m, n));
  if (u <= most / 2) return 1 - mann_whitney_tail(most - u + 1, n, m);
  const auto deviation = std::sqrt(most * static_cast<double>(n + m + 1) / 12);
  // Beside the mean the formula is a difference of poles; there the normal one is as good.
  if (u - most / 2 < 0.05 * deviation) return upper_tail((u - 0.5 - most / 2) / deviation);
  const auto t = saddlepoint(u, n, m);
  const auto at = cumulants(t, n, m);
  const auto w = std::sqrt(2 * std::max(0.0, t * u - at.value));
  const auto v = -std::expm1(-t) * std::sqrt(at.curvature);
  const auto density = std::exp(-w * w / 2) / std::sqrt(2 * std::numbers::pi);
  return std::clamp(upper_tail(w) + density * (1 / v - 1 / w), 0.0, 1.0);
}

double smallest_two_sided_p(std::size_t n, std::size_t m) {
  return std::min(1.0, 2 * std::exp(-log_choose(n + m, n)));
}

Split best_split(std::span<const double> values, std::size_t least) {
  const auto all = best_of(values, least);
  const auto inner = within_fence(values);
  if (inner.size() == values.size()) return all;
  auto without = best_of(taken(values, inner), least);
  if (without.at > 0) without.at = inner[without.at];
  return better(all, without);
}

Split split_at(std::span<const double> values, std::size_t at) {
  const auto all = split_of_all(values, at);
  const auto inner = within_fence(values);
  if (inner.size() == values.size()) return all;
  const auto place = std::lower_bound(inner.begin(), inner.end(), at) - inner.begin();
  auto without = split_of_all(taken(values, inner), static_cast<std::size_t>(place));
  if (without.at > 0) without.at = at;
  return better(all, without);
}

}  // namespace dyno::history
