#!/usr/bin/python3
"""The oracle of dyno's statistics: SciPy. Writes fixtures/golden/statistics.json and rank_tests.json.

usage: scripts/oracles/statistics.py        (Debian: python3-scipy)
"""

import fractions
import itertools
import json
import pathlib

import numpy
import scipy
from scipy import stats

random = numpy.random.default_rng(20261121)


def theil_sen():
    cases = []
    for n, slope, noise in ((3, 2.0, 0.0), (12, 5.0, 1.0), (60, 0.0, 3.0), (200, -0.5, 10.0)):
        seconds = numpy.arange(n, dtype=float)
        values = numpy.round(100 + slope * seconds / 60 + noise * random.standard_normal(n), 3)
        values[n // 2] += 50 if n > 3 else 0
        result = stats.theilslopes(values, seconds / 60, 0.95)
        cases.append({"seconds": seconds.tolist(), "values": values.tolist(),
                      "per_minute": result.slope, "low": result.low_slope, "high": result.high_slope})
    return cases


def interval_of_shift(x, y, confidence):
    """Hodges-Lehmann estimate of y - x and the interval of order statistics of the differences whose
    ranks come from the exact null distribution of U, by enumeration where that is possible."""
    differences = sorted(b - a for a, b in itertools.product(x, y))
    n, m = len(x), len(y)
    counts = numpy.zeros(n * m + 1)
    for ranks in itertools.combinations(range(n + m), n):
        counts[sum(ranks) - n * (n - 1) // 2] += 1
    cumulative = numpy.cumsum(counts) / counts.sum()
    skip = int(numpy.searchsorted(cumulative, (1 - confidence) / 2, side="right"))
    bounds = [differences[skip - 1], differences[n * m - skip]] if skip > 0 else None
    return float(numpy.median(differences)), bounds


def rank_test():
    cases = []
    for n, m, shift in ((3, 3, 0.2), (5, 5, 0.0), (5, 7, 0.1), (8, 8, 0.3), (10, 6, -0.1)):
        x = random.normal(0, 0.05, n).round(6)
        y = random.normal(shift, 0.05, m).round(6)
        estimate, interval = interval_of_shift(x.tolist(), y.tolist(), 0.95)
        cases.append({
            "x": x.tolist(), "y": y.tolist(),
            "p_greater": stats.mannwhitneyu(y, x, alternative="greater", method="exact").pvalue,
            "p_less": stats.mannwhitneyu(y, x, alternative="less", method="exact").pvalue,
            "shift": estimate, "interval": interval})
    return cases


def rank_test_with_ties():
    x = numpy.round(random.normal(0, 0.05, 20), 2)
    y = numpy.round(random.normal(0.03, 0.05, 25), 2)
    return {"x": x.tolist(), "y": y.tolist(),
            "p_greater": stats.mannwhitneyu(y, x, alternative="greater", method="asymptotic").pvalue}


def binomial_ranks():
    cases = []
    for n, percentile in ((10, 50), (100, 50), (200, 95), (500, 95), (1000, 99), (10000, 99.9),
                          (20000, 99), (30000, 50)):
        p = percentile / 100
        k = numpy.arange(0, n + 2)
        low = int(k[stats.binom.cdf(k - 1, n, p) <= 0.025].max())
        high = int(k[stats.binom.sf(k - 1, n, p) <= 0.025].min())
        cases.append({"count": n, "percentile": percentile, "low": low, "high": high})
    return cases


def positive_rank_sum(x, axis=-1):
    kept = x[x != 0] if x.ndim == 1 else x
    ranks = stats.rankdata(numpy.abs(kept), axis=axis)
    return (ranks * (kept > 0)).sum(axis=axis)


def walsh_interval(x, confidence):
    """Hodges-Lehmann estimate and the interval of Walsh averages whose ranks come from the exact null distribution."""
    walsh = sorted((x[i] + x[j]) / 2 for i in range(len(x)) for j in range(i, len(x)))
    ways = numpy.ones(1)
    for rank in range(1, len(x) + 1):
        ways = numpy.convolve(ways, numpy.concatenate(([0.5], numpy.zeros(rank - 1), [0.5])))
    skip = int(numpy.searchsorted(numpy.cumsum(ways), (1 - confidence) / 2, side="right"))
    return float(numpy.median(walsh)), [walsh[skip - 1], walsh[len(walsh) - skip]] if skip > 0 else None


def signed_rank():
    cases = []
    for n, centre in ((3, 0.2), (5, 0.0), (10, 0.02), (12, -0.05), (20, 0.03), (30, 0.01), (50, 0.0)):
        x = random.normal(centre, 0.05, n).round(6)
        estimate, interval = walsh_interval(x.tolist(), 0.95)
        cases.append({"x": x.tolist(), "estimate": estimate, "interval": interval,
                      "p_greater": stats.wilcoxon(x, alternative="greater", mode="exact").pvalue,
                      "p_less": stats.wilcoxon(x, alternative="less", mode="exact").pvalue})
    return cases


def signed_rank_with_ties_and_zeros():
    """By SciPy's permutation test, which goes through all changes of sign."""
    cases = []
    for n, digits in ((8, 1), (10, 2), (12, 1)):
        x = random.normal(0.05, 0.1, n).round(digits)
        kept = x[x != 0]
        test = stats.permutation_test((kept,), positive_rank_sum, permutation_type="samples", vectorized=True,
                                      n_resamples=numpy.inf, alternative="greater")
        cases.append({"x": x.tolist(), "p_greater": test.pvalue})
    return cases


def mann_whitney_tail():
    """P(U >= u), far out: by counting, in whole numbers, the arrangements of Mann and Whitney's recursion."""
    cases = []
    for n, m in ((5, 5), (5, 60), (9, 9), (12, 30), (20, 20), (8, 200)):
        ways = [1] + [0] * (n * m)  # the Gaussian binomial, by multiplying and dividing by its factors
        for factor in range(1, n + 1):
            for u in range(n * m, m + factor - 1, -1):
                ways[u] -= ways[u - m - factor]
            for u in range(factor, n * m + 1):
                ways[u] += ways[u - factor]
        for share in (0.6, 0.75, 0.9, 0.97, 1.0):
            u = round(n * m * share)
            p = fractions.Fraction(sum(ways[u:]), sum(ways))
            cases.append({"n": n, "m": m, "u": u, "p": float(p)})
    # Where SciPy enumerates, it must say the same.
    x, y = [1, 2, 4, 6, 7], [3, 5, 8, 9, 10]
    test = stats.mannwhitneyu(y, x, alternative="greater", method="exact")
    cases.append({"n": 5, "m": 5, "u": test.statistic, "p": test.pvalue})
    return cases


def drift():
    """Theil-Sen slope times the length over the median, with its interval."""
    cases = []
    for n, rise, noise in ((10, 0.0, 0.02), (30, 0.3, 0.05), (120, 0.1, 0.3)):
        seconds = numpy.arange(n, dtype=float)
        values = numpy.round(2e6 * (1 + rise * seconds / n + noise * random.standard_normal(n)))
        result = stats.theilslopes(values, seconds, 0.95)
        scale = (seconds[-1] - seconds[0]) / numpy.median(values)
        cases.append({"p50_ns": values.astype(int).tolist(), "share": result.slope * scale,
                      "low": result.low_slope * scale, "high": result.high_slope * scale})
    return cases


def recovery():
    """From the end of the disturbance to the first of three seconds in a row within the band."""
    cases = []
    for before, during, slow, band in ((10, 5, 0, 50), (10, 5, 4, 50), (6, 3, 7, 25), (20, 8, 3, 100)):
        calm = numpy.round(3e6 * (1 + 0.1 * random.standard_normal(before)))
        peak = numpy.round(40e6 * (1 + 0.1 * random.standard_normal(during)))
        back = numpy.concatenate([numpy.round(3e6 * (1 + 10 * numpy.exp(-numpy.arange(slow) / 3))),
                                  numpy.round(3e6 * (1 + 0.05 * random.standard_normal(8)))])
        limit = max(calm.max(), numpy.percentile(calm, 50) * (1 + band / 100))
        within = back <= limit
        rows = numpy.flatnonzero(within[:-2] & within[1:-1] & within[2:])
        cases.append({"before": calm.astype(int).tolist(), "during": peak.astype(int).tolist(),
                      "after": back.astype(int).tolist(), "band": band, "limit": limit, "seconds": int(rows[0])})
    return cases


def many_rank_tests():
    """Groups of many sizes; with a generator of its own, so that the golden values above stay what they are."""
    generator = numpy.random.default_rng(20261122)
    cases = []
    for n, m in ((1, 1), (1, 5), (2, 9), (4, 4), (6, 5), (9, 12), (12, 40), (30, 30), (50, 50)):
        for shift in (-0.05, 0.0, 0.03, 0.2):
            x = generator.normal(0, 0.05, n).round(9)
            y = generator.normal(shift, 0.05, m).round(9)
            cases.append({"x": x.tolist(), "y": y.tolist(),
                          "p_greater": stats.mannwhitneyu(y, x, alternative="greater", method="exact").pvalue})
    return cases


def rank_sum_of_first(x, y, axis=-1):
    ranks = stats.rankdata(numpy.concatenate((x, y), axis=axis), axis=axis)
    return numpy.take(ranks, range(x.shape[axis]), axis=axis).sum(axis=axis)


def rank_tests_with_ties_exact():
    """By SciPy's permutation test, which goes through all ways to divide the values into two groups."""
    generator = numpy.random.default_rng(20261123)
    cases = []
    for n, m in ((2, 3), (4, 4), (5, 6), (6, 6), (3, 9), (7, 5)):
        for digits in (0, 1):
            x = generator.normal(0, 1, n).round(digits)
            y = generator.normal(0.7, 1, m).round(digits)
            test = stats.permutation_test((y, x), rank_sum_of_first, permutation_type="independent", vectorized=True,
                                          n_resamples=numpy.inf, alternative="greater")
            cases.append({"x": (x + 0.0).tolist(), "y": (y + 0.0).tolist(), "p_greater": test.pvalue})
    return cases


golden = {
    "oracle": f"SciPy {scipy.__version__}, scripts/oracles/statistics.py",
    "theil_sen": theil_sen(),
    "rank_test": rank_test(),
    "rank_test_with_ties": rank_test_with_ties(),
    "binomial_ranks": binomial_ranks(),
    "signed_rank": signed_rank(),
    "signed_rank_with_ties_and_zeros": signed_rank_with_ties_and_zeros(),
    "mann_whitney_tail": mann_whitney_tail(),
    "drift": drift(),
    "recovery": recovery(),
}
target = pathlib.Path(__file__).parent.parent.parent / "fixtures/golden/statistics.json"
target.write_text(json.dumps(golden) + "\n")


def many_with_ties():
    """More than are enumerated: by the normal approximation, corrected for ties and continuity."""
    generator = numpy.random.default_rng(20261124)
    x = generator.normal(0, 0.05, 40).round(2)
    y = generator.normal(0.03, 0.05, 45).round(2)
    return {"x": (x + 0.0).tolist(), "y": (y + 0.0).tolist(),
            "p_greater": stats.mannwhitneyu(y, x, alternative="greater", method="asymptotic").pvalue}


rank_tests = {
    "oracle": golden["oracle"],
    "exact": many_rank_tests(),
    "exact_with_ties": rank_tests_with_ties_exact(),
    "many_with_ties": many_with_ties(),
}
target.with_name("rank_tests.json").write_text(json.dumps(rank_tests) + "\n")
