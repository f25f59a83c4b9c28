// The statistics of a comparison between two groups of independent values, one value a process.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace dyno::compare {

// Undefined for no values.
double median(std::vector<double> values);

// Hodges-Lehmann's estimate of how far `y` lies above `x`: the median of all differences (J. L.
// Hodges and E. L. Lehmann, Annals of Mathematical Statistics 34, 1963). Undefined for an empty
// group.
double shift(const std::vector<double>& x, const std::vector<double>& y);

// The distribution-free interval of that shift: the order statistics of the differences at the
// quantiles of the null distribution of the Mann-Whitney statistic (Hollander, Wolfe and Chicken,
// Nonparametric Statistical Methods, 3rd ed. 2014, section 4.3). Nothing where so few values have
// none.
std::optional<std::pair<double, double>> shift_interval(const std::vector<double>& x,
                                                        const std::vector<double>& y,
                                                        double confidence = 0.95);

// One-sided p of the Mann-Whitney test that `y` tends to lie more than `margin` above `x`. Exact up
// to 50 values a side, and with ties, given the midranks, as long as the sides are of at most 60
// values together (all ways to choose `y` among them are counted); otherwise the normal
// approximation with correction for ties and continuity. 1 for an empty group.
double p_above(const std::vector<double>& x, const std::vector<double>& y, double margin);

// The smallest p that groups of these sizes can give.
double smallest_p(std::size_t n, std::size_t m);

// The smallest shift above 0 that groups with the noise of these would probably (0.95) have shown
// at this level: margin + (z of the level + z of 0.95) standard errors of the Hodges-Lehmann shift,
// whose efficiency under normal noise is 3 / pi (Hollander, Wolfe and Chicken, section 4.5). The
// noise is the standard deviation within the groups as their median absolute deviations have it.
// Nothing where so few values can show nothing at that level.
std::optional<double> detectable_shift(const std::vector<double>& x, const std::vector<double>& y,
                                       double margin, double level);

// Holm's step-down correction (S. Holm, Scandinavian Journal of Statistics 6, 1979), in the order
// given.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace dyno::compare
