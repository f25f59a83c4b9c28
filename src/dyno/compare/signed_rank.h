// The statistics of pairs: each value is one pair's difference, as a rule the log of the ratio of
// its head to its base. Distribution-free: the null hypothesis is that the differences are
// symmetric about a value, whatever their distribution.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace dyno::compare {

// One-sided p of Wilcoxon's signed-rank test that `differences` lie above `margin` (F. Wilcoxon,
// Biometrics Bulletin 1, 1945): the exact share of the 2^n sign changes that give a sum of positive
// ranks as large. Ties share the mean of their ranks and differences that equal the margin are left
// out, as Wilcoxon had it; both are exact too, given the ranks. 1 where nothing is left. Above 500
// differences the normal approximation with continuity.
// With `highest_rank` below 1 no rank counts for more than that share of their number: the test is
// as exact, and a few disturbed pairs, whose ranks are the highest, no longer outvote the others.
double signed_rank_p(const std::vector<double>& differences, double margin,
                     double highest_rank = 1);

// The smallest p that so many differences can give: 2^-n.
double smallest_signed_rank_p(std::size_t n);

struct PairedShift {
  double estimate = 0;
  // Nothing where so few pairs have no interval at this confidence.
  std::optional<std::pair<double, double>> interval;
};

// Hodges-Lehmann's estimate of the centre of the differences, the median of the means of all pairs
// of them, each with itself included (Walsh averages), and its interval: the Walsh averages at the
// quantiles of the null distribution of the signed-rank statistic (Hollander, Wolfe and Chicken,
// Nonparametric Statistical Methods, 3rd ed. 2014, sections 3.2 and 3.3). `differences` must not be
// empty.
PairedShift paired_shift(const std::vector<double>& differences, double confidence = 0.95);

}  // namespace dyno::compare
