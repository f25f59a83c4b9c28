// Whether a stretch of a series has two levels, by ranks: where it is best split in two, and how
// likely values in random order are to be split so well there. Ranks, because no outlier counts for
// more than being the highest, and because the answer is the same for every distribution of noise.
#pragma once

#include <cstddef>
#include <span>

namespace dyno::history {

// P(U >= u) of the Mann-Whitney statistic of n and m values without ties under the null hypothesis.
// The exact value at the largest u, elsewhere the saddlepoint approximation with correction for
// lattices (R. Lugannani and S. Rice, Advances in Applied Probability 12, 1980; H. E. Daniels,
// International Statistical Review 55, 1987) of the statistic's known generating function, the
// Gaussian binomial (H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18, 1947).
// Within 15 % of the exact value from three values a side, as far out as p is representable, which
// the normal approximation is not by orders of magnitude. `u` may lie between the lattice; below
// the mean the answer is 1 less that of the mirrored side.
double mann_whitney_tail(double u, std::size_t n, std::size_t m);

// Twice the smallest p that n and m values can give: all of one side above all of the other.
double smallest_two_sided_p(std::size_t n, std::size_t m);

// Undefined for no values.
double median(std::span<const double> values);

// The standard deviation of a normal distribution, in median absolute deviations.
inline constexpr double deviation_of_mad = 1.4826;

struct Split {
  std::size_t at = 0;  // first value of the second part
  double rise = 0;     // above 0: the second part is higher; its size means nothing
  double z = 0;        // standardised rank sum, always positive
  double p = 1;        // two-sided, of this split alone: not corrected for having been chosen
};

// The split into two parts of at least `least` values whose standardised rank sum is the largest.
// Ties share the mean of their ranks, and the variance is that given the ties. `at` 0 where there
// is none: too few values, or all equal.
//
// It is looked for twice, among all values and among those within three deviations (by the median
// absolute deviation) of the median of all, and the more unlikely split is returned: without the
// outliers two levels of much the same length are told apart better, with them a few values on a
// level far from the others are not lost.
Split best_split(std::span<const double> values, std::size_t least);

// The same at a place that is given.
Split split_at(std::span<const double> values, std::size_t at);

}  // namespace dyno::history
