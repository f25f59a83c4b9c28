#include "dyno/compare/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <numeric>

#include "dyno/metrics/order_statistics.h"

namespace dyno::compare {

namespace {

constexpr std::size_t exact_up_to = 500;  // 2^500 and its like still are doubles

// P(W <= w) for w = 0, 1, … under the null hypothesis, where W adds each of `ranks` with a chance
// of one half.
std::vector<double> null_distribution(const std::vector<std::uint32_t>& ranks) {
  const auto total = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
  std::vector<double> chance(total + 1, 0.0);
  chance[0] = 1;
  std::size_t highest = 0;
  for (const auto rank : ranks) {
    highest += rank;
    for (auto w = highest + 1; w-- > 0;) {
      chance[w] = (chance[w] + (w >= rank ? chance[w - rank] : 0)) / 2;
    }
  }
  std::partial_sum(chance.begin(), chance.end(), chance.begin());
  return chance;
}

// Of n values without ties, whose ranks count up to `highest`. Simulations ask for the same few
// over and over.
const std::vector<double>& untied_distribution(std::size_t n, std::uint32_t highest) {
  thread_local std::map<std::pair<std::size_t, std::uint32_t>, std::vector<double>> known;
  auto& distribution = known[{n, highest}];
  if (distribution.empty()) {
    std::vector<std::uint32_t> ranks(n);
    std::iota(ranks.begin(), ranks.end(), 1U);
    for (auto& rank : ranks) rank = std::min(rank, highest);
    distribution = null_distribution(ranks);
  }
  return distribution;
}

const std::vector<double>& untied_distribution(std::size_t n) {
  return untied_distribution(n, static_cast<std::uint32_t>(n));
}

double normal_above(double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); }

// P(W >= w): W is symmetric about half its highest value.
double at_least(const std::vector<double>& distribution, std::size_t w) {
  return std::min(1.0, distribution[distribution.size() - 1 - w]);
}

struct SignedRanks {
  std::vector<std::uint32_t> doubled;  // twice the rank, so that those of ties are whole
  std::size_t positive = 0;            // the sum of those of positive differences
  bool ties = false;
};

SignedRanks ranks_of(std::vector<double> values, std::uint32_t highest) {
  std::sort(values.begin(), values.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  SignedRanks ranks;
  for (std::size_t i = 0; i < values.size();) {
    auto end = i + 1;
    while (end < values.size() && std::abs(values[end]) == std::abs(values[i])) ++end;
    ranks.ties = ranks.ties || end - i > 1;
    const auto doubled = std::min(static_cast<std::uint32_t>(i + 1 + end), 2 * highest);
    for (; i < end; ++i) {
      ranks.doubled.push_back(doubled);
      if (values[i] > 0) ranks.positive += doubled;
    }
  }
  return ranks;
}

double approximate_p(const SignedRanks& ranks) {
  double mean = 0;
  double variance = 0;
  for (const auto doubled : ranks.doubled) {
    const auto rank = doubled / 2.0;
    mean += rank / 2;
    variance += rank * rank / 4;
  }
  return normal_above((static_cast<double>(ranks.positive) / 2 - mean - 0.5) / std::sqrt(variance));
}

// How many of the lowest Walsh averages lie outside an interval with so much in either tail.
std::size_t skipped(std::size_t n, double tail) {
  if (n <= exact_up_to) {
    const auto& below = untied_distribution(n);
    return static_cast<std::size_t>(std::upper_bound(below.begin(), below.end(), tail) -
                                    below.begin());
  }
  const auto count = static_cast<double>(n);
  const auto z = metrics::normal_quantile(1 - tail);
  return static_cast<std::size_t>(
      std::max(0.0, std::floor(count * (count + 1) / 4 -
                               z * std::sqrt(count * (count + 1) * (2 * count + 1) / 24))));
}

}  // namespace

double signed_rank_p(const std::vector<double>& differences, double margin, double highest_rank) {
  std::vector<double> beyond;
  beyond.reserve(differences.size());
  for (const auto difference : differences) {
    if (difference != margin) beyond.push_back(difference - margin);
  }
  if (beyond.empty()) return 1;
  const auto number = static_cast<double>(beyond.size());
  const auto highest = static_cast<std::uint32_t>(std::max(1.0, std::floor(highest_rank * number)));
  const auto ranks = ranks_of(std::move(beyond), highest);
  if (ranks.doubled.size() > exact_up_to) return approximate_p(ranks);
  if (ranks.ties) return at_least(null_distribution(ranks.doubled), ranks.positive);
  return at_least(untied_distribution(ranks.doubled.size(), highest), ranks.positive / 2);
}

double smallest_signed_rank_p(std::size_t n) { return std::ldexp(1.0, -static_cast<int>(n)); }

PairedShift paired_shift(const std::vector<double>& differences, double confidence) {
  const auto n = differences.size();
  std::vector<double> walsh;
  walsh.reserve(n * (n + 1) / 2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) walsh.push_back((differences[i] + differences[j]) / 2);
  }
  const auto nth = [&walsh](std::size_t at) {
    const auto place = walsh.begin() + static_cast<std::ptrdiff_t>(at);
    std::nth_element(walsh.begin(), place, walsh.end());
    return *place;
  };
  const auto middle = walsh.size() / 2;
  PairedShift shift;
  shift.estimate = walsh.size() % 2 == 1 ? nth(middle) : (nth(middle - 1) + nth(middle)) / 2;
  const auto outside = skipped(n, (1 - confidence) / 2);
  if (outside > 0) shift.interval = {nth(outside - 1), nth(walsh.size() - outside)};
  return shift;
}

}  // namespace dyno::compare
