// Which of n sorted values stands for a percentile, and which two bound it.
#pragma once

#include <cstdint>
#include <optional>

namespace dyno::metrics {

// Rank (1 is the smallest) of a percentile among `count` values: ceil(percentile / 100 * count), at
// least 1, where one rounding error of the product does not skip a rank. `percentile` is clamped to
// [0, 100].
std::uint64_t rank_of_percentile(double percentile, std::uint64_t count);

struct RankInterval {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const RankInterval&) const = default;
};

// Ranks l < u with P(l <= B < u) >= confidence and each tail at most half of the rest, for
// B ~ Binomial(count, percentile / 100): the values at these ranks cover the percentile whatever
// the distribution is (David and Nagaraja, Order Statistics, 3rd ed. 2003, section 7.1; Hahn and
// Meeker, Statistical Intervals, 1991, section 5.2). Exact sums while the variance is below 10 000,
// the normal approximation beyond, rounded outwards. Nothing when one of the ranks does not exist.
std::optional<RankInterval> percentile_rank_interval(double percentile, std::uint64_t count,
                                                     double confidence);

// P(B >= least) for B ~ Binomial(count, p), p within (0, 1): the sum of its terms.
double binomial_upper_tail(std::uint64_t least, std::uint64_t count, double p);

// Quantile of the standard normal distribution, `p` within (0, 1): Acklam's rational approximation
// with one Newton step, error below 1e-13.
double normal_quantile(double p);

}  // namespace dyno::metrics
