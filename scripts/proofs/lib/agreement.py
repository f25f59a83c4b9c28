"""Whether the CSV files of Locust and dyno tell the same of the same load, and by how much they may differ.

Pure functions of units, each of which holds for both tools the rows of PREFIX_stats.csv of one run. What is allowed:

- Counts and rates: what chance makes of them. Users draw their tasks by weight, so an endpoint's share of the requests
  is binomial around its weight; how many requests all make varies with the waits alone. `SURE` standard deviations.
- Response times where the server's delay is known: the delay, and at most `SLACK_MS` for the way there and back.
- Response times where it is not: dyno's are those of Locust less what Locust adds in Python, which is measured where
  the delay is known, and never more than Locust's. A percentile of n requests varies by as much as the percentiles
  around it lie apart: p plus or minus so many times sqrt(p (1 - p) / n), read off Locust's own percentiles. What so few
  requests cannot tell, and the longest and shortest request, are compared loosely.
- Sizes of answers: exactly, where an endpoint's answers have one size.
- Failures, sums and what one file tells twice: exactly.
"""
import dataclasses
import math
import statistics

PERCENTILES = ("50%", "66%", "75%", "80%", "90%", "95%", "98%", "99%")
COLUMNS = ("Request Count", "Failure Count", "Median Response Time", "Average Response Time", "Min Response Time",
           "Max Response Time", "Average Content Size", "Requests/s", "Failures/s", *PERCENTILES, "99.9%", "99.99%", "100%")
ALL = "Aggregated"

SURE = 4  # standard deviations: beyond them by chance once in 16 000
SURE_BESIDE_LOCUST = 3  # of percentiles of unknown delays: what Locust adds is room besides
SLACK_MS = {"95%": 2, "98%": 3, "99%": 3}  # elsewhere 1: the network, the server's timer, the engine; these also other work
ROUNDED_MS = 0.5  # Locust's percentiles are whole milliseconds
LEAST_MS = 0.3  # by which dyno may be above Locust where nothing varies
PAUSE_MS = 100  # the longest of all requests may have met one
OUTSIDE = 0.01  # of the rate: what Locust does between two requests, and requests under way at an end
MOST_OVERHEAD_MS = {"Average Response Time": 5, "95%": 10}  # of Locust: with more the machine was not quiet
MEDIAN = math.sqrt(math.pi / 2)  # the median of several figures varies by so much more than their mean


@dataclasses.dataclass
class Asked:
    """The load. Weights by endpoint ("GET /items"); of those that are known, the delays: [(share, milliseconds), …]."""
    users: int
    spawn_rate: int
    seconds: int
    wait: tuple
    weights: dict
    failing: frozenset = frozenset()
    delays: dict = dataclasses.field(default_factory=dict)

    @property
    def steady(self):
        """Seconds from when all users are there."""
        return self.seconds - self.users / self.spawn_rate

    def weight(self, endpoint):
        return 1 if endpoint == ALL else self.weights[endpoint] / sum(self.weights.values())

    def delays_of(self, endpoint):
        if endpoint != ALL:
            return self.delays.get(endpoint)
        answered = {name: self.weights[name] for name in self.delays if name not in self.failing}
        return [(share * weight / sum(answered.values()), ms)
                for name, weight in answered.items() for share, ms in self.delays[name]]


@dataclasses.dataclass
class Finding:
    """One comparison: what was told, what dyno's figure may be, and whether it is."""
    endpoint: str
    figure: str
    locust: str
    dyno: str
    allowed: str
    holds: bool

    def line(self):
        return (f"| {self.endpoint} | {self.figure} | {self.locust} | {self.dyno} | {self.allowed} | "
                f"{'' if self.holds else '**no**'} |")


def told(units, tool, endpoint, figure):
    """One value a round."""
    return [unit["figures"][tool][endpoint][figure] for unit in units]


def median(units, tool, endpoint, figure):
    return statistics.median(told(units, tool, endpoint, figure))


def total(units, tool, endpoint, figure):
    return sum(told(units, tool, endpoint, figure))


def answered(units, tool, endpoint):
    return total(units, tool, endpoint, "Request Count") - total(units, tool, endpoint, "Failure Count")


def seconds_behind(row):
    """Of the row of all: the time that its rates are of."""
    return row["Request Count"] / row["Requests/s"]


def within(endpoint, figure, theirs, ours, low, high, unit=""):
    return Finding(endpoint, figure, f"{theirs:.2f}", f"{ours:.2f}", f"{low:.2f} to {high:.2f}{unit}", low <= ours <= high)


def exactly(endpoint, figure, theirs, ours):
    return Finding(endpoint, figure, f"{theirs:g}", f"{ours:g}", f"{theirs:g}", theirs == ours)


# --- what one file tells of itself -----------------------------------------------------------------------------------


def contradictions(tool, rows, steady):
    """Lines about what cannot be true of one run's file at once."""
    ends = [name for name in rows if name != ALL]
    for column in ("Request Count", "Failure Count"):
        if sum(rows[name][column] for name in ends) != rows[ALL][column]:
            yield f"{tool}: {column} of the endpoints is not that of all"
    sizes = sum(rows[name]["Request Count"] * rows[name]["Average Content Size"] for name in ends)
    if abs(sizes / rows[ALL]["Request Count"] - rows[ALL]["Average Content Size"]) > 0.11:  # one decimal, twice
        yield f"{tool}: the sizes of the endpoints are not that of all"
    seconds = steady if tool == "dyno" else seconds_behind(rows[ALL])
    for name, row in rows.items():
        # What a window begins with under way and what it ends with: two draws of users in a request.
        under_way = row["Requests/s"] * (row["Average Response Time"] or 0) / 1e3
        border = 2 + 6 * under_way
        for count, rate in (("Request Count", "Requests/s"), ("Failure Count", "Failures/s")):
            if abs(row[rate] * seconds - row[count]) > border:
                yield f"{tool}: {name}: {rate} {row[rate]:.2f} over {seconds:.1f} s is not {row[count]:.0f}"
        if row["50%"] is None:
            continue
        order = [row["Min Response Time"], *(row[p] for p in PERCENTILES), row["99.9%"], row["99.99%"], row["100%"]]
        if any(one > next_one + (ROUNDED_MS if tool == "locust" else 0) for one, next_one in zip(order, order[1:])):
            yield f"{tool}: {name}: percentiles fall"
        if tool == "dyno" and (row["Median Response Time"], row["Max Response Time"]) != (row["50%"], row["100%"]):
            yield f"{tool}: {name}: median or maximum differ from 50 % or 100 %"
        if not row["Min Response Time"] <= row["Average Response Time"] <= row["Max Response Time"]:
            yield f"{tool}: {name}: the average lies outside"


# --- counts and rates ------------------------------------------------------------------------------------------------


def spread_of_waits(asked):
    """Of the time from one request of a user to the next: its standard deviation as a share of its mean."""
    low, high = asked.wait
    return (high - low) / math.sqrt(12) / ((low + high) / 2)


def cycle(asked, units, tool):
    """Milliseconds from one request of a user to its next: its wait and what the tool says of the answer."""
    answers = 0
    for name in asked.weights:
        times = told(units, tool, name, "Average Response Time")
        known = moments(asked.delays[name])[0] if None in times else statistics.median(times)
        answers += asked.weight(name) * known
    return 1e3 * sum(asked.wait) / 2 + answers


def rate_findings(asked, units):
    times = {tool: [seconds_behind(unit["figures"][tool][ALL]) for unit in units] for tool in ("locust", "dyno")}
    theirs, ours = (statistics.median(times[tool]) for tool in ("locust", "dyno"))
    # Locust starts users in steps of a second, and may need one more.
    yield within(ALL, "seconds that rates are of", theirs, ours, theirs - 0.5, theirs + 1.5)
    for name in units[0]["figures"]["locust"]:
        weight = asked.weight(name)
        rates, variance = {}, 0
        for tool in ("locust", "dyno"):
            count, seconds = total(units, tool, name, "Request Count"), sum(times[tool])
            rates[tool] = count / seconds
            variance += count * (1 - weight + weight * spread_of_waits(asked) ** 2) / seconds**2
        likely = rates["locust"] * cycle(asked, units, "locust") / cycle(asked, units, "dyno")
        most = OUTSIDE * likely + SURE * math.sqrt(variance)
        yield within(name, "Requests/s", rates["locust"], rates["dyno"], max(likely - most, 0), likely + most)
        if name != ALL:
            yield from share_findings(asked, units, name)
        yield from failure_findings(asked, units, name, most)


def share_findings(asked, units, name):
    """Of both tools against the weight that both were given."""
    weight = asked.weight(name)
    for tool in ("locust", "dyno"):
        count, of_all = (total(units, tool, row, "Request Count") for row in (name, ALL))
        most = SURE * math.sqrt(weight * (1 - weight) / of_all)
        shares = [f"{100 * count / of_all:.2f} %" if one == tool else "" for one in ("locust", "dyno")]
        yield Finding(name, "share of the requests", *shares, f"{100 * (weight - most):.2f} to {100 * (weight + most):.2f} %",
                      abs(count / of_all - weight) <= most)


def failure_findings(asked, units, name, most):
    theirs, ours = (total(units, tool, name, "Failure Count") for tool in ("locust", "dyno"))
    if name in asked.failing:
        for tool in ("locust", "dyno"):
            count = total(units, tool, name, "Request Count")
            yield exactly(name, f"Failure Count of {tool}, which is its Request Count", count, total(units, tool, name, "Failure Count"))
        rates = [statistics.mean(told(units, tool, name, "Failures/s")) for tool in ("locust", "dyno")]
        yield within(name, "Failures/s", *rates, rates[0] - most, rates[0] + most)
    elif name != ALL or not asked.failing:
        yield Finding(name, "Failure Count, Failures/s", f"{theirs:g}", f"{ours:g}", "0", theirs == ours == 0 and all(
            rate == 0 for tool in ("locust", "dyno") for rate in told(units, tool, name, "Failures/s")))


def size_findings(units):
    """Exact where every answer of an endpoint has one size: then every average is that size. Else the answers tell of the
    machine at the time, and averages lie where Locust's do, give or take three times what rounds of either lie apart."""
    for name in units[0]["figures"]["locust"]:
        if name == ALL:  # the endpoints' in other shares: contradictions() looks at it
            continue
        theirs, ours = (told(units, tool, name, "Average Content Size") for tool in ("locust", "dyno"))
        if len(theirs) > 1 and len(set(theirs)) == 1 and theirs[0] == round(theirs[0]):
            wrong = [size for size in ours if size != theirs[0]]
            yield exactly(name, "Average Content Size", theirs[0], wrong[0] if wrong else ours[0])
            continue
        likely = statistics.median(theirs)
        apart = max(*(3 * (max(sizes) - min(sizes)) for sizes in (theirs, ours)), 0.02 * likely)
        yield within(name, "Average Content Size", likely, statistics.median(ours), likely - apart, likely + apart,
                     " (varies)")


# --- response times --------------------------------------------------------------------------------------------------

KNOTS = [(0.0, "Min Response Time"), *((float(name.strip("%")) / 100, name) for name in (*PERCENTILES, "99.9%", "99.99%")),
         (1.0, "Max Response Time")]


def quantile(row, share):
    """Of a row, straight between the percentiles it has."""
    share = min(max(share, 0.0), 1.0)
    for (low, first), (high, second) in zip(KNOTS, KNOTS[1:]):
        if share <= high:
            part = (share - low) / (high - low)
            return row[first] + part * (row[second] - row[first])
    return row[KNOTS[-1][1]]


def variance(row):
    """Likewise: each stretch between two percentiles taken as even."""
    mean = square = 0
    for (low, first), (high, second) in zip(KNOTS, KNOTS[1:]):
        a, b = row[first], row[second]
        mean += (high - low) * (a + b) / 2
        square += (high - low) * (a * a + a * b + b * b) / 3
    return max(square - mean * mean, 0)


def delay_quantile(delays, share):
    reached = 0
    for part, ms in sorted(delays, key=lambda one: one[1]):
        reached += part
        if share < reached - 1e-12:
            return ms
    return max(ms for _, ms in delays)


def moments(delays):
    mean = sum(share * ms for share, ms in delays)
    return mean, math.sqrt(sum(share * (ms - mean) ** 2 for share, ms in delays))


def around(sure, share, *counts):
    """By how much the share of requests below a percentile of so many varies, the medians of rounds being compared."""
    return sure * MEDIAN * math.sqrt(share * (1 - share) * sum(1 / count for count in counts))


def true_band(delays, figure, count):
    """Between what a figure of `count` requests lies where the delays are all there is."""
    if figure == "Average Response Time":
        mean, deviation = moments(delays)
        most = SURE * MEDIAN * deviation / math.sqrt(count)
        return mean - most, mean + most
    share = float(figure.strip("%")) / 100
    return tuple(delay_quantile(delays, share + sign * around(SURE, share, count)) for sign in (-1, 1))


def overhead(asked, units):
    """What Locust's figures are above the known delays, by figure: the most over the endpoints."""
    above = {}
    for name in asked.delays:
        if name in asked.failing:
            continue
        for figure in ("Average Response Time", *PERCENTILES):
            low, high = true_band(asked.delays[name], figure, answered(units, "locust", name))
            if figure != "Average Response Time" and low != high:
                continue  # a percentile where the delays change
            # Of the average no more than its mean is known: the band around it is chance.
            true = (low + high) / 2 if figure == "Average Response Time" else high
            above[figure] = max(above.get(figure, 0), median(units, "locust", name, figure) - true)
    return above


def known_times(asked, units):
    """dyno's figures against the delays themselves."""
    for name in (*(one for one in asked.delays if one not in asked.failing), ALL):
        delays, count = asked.delays_of(name), answered(units, "dyno", name)
        for figure in ("Average Response Time", *PERCENTILES):
            theirs, ours = (median(units, tool, name, figure) for tool in ("locust", "dyno"))
            low, high = true_band(delays, figure, count)
            yield within(name, figure, theirs, ours, low, high + SLACK_MS.get(figure, 1), " ms")
        theirs, ours = (median(units, tool, name, "Min Response Time") for tool in ("locust", "dyno"))
        least = min(ms for _, ms in delays)
        yield within(name, "Min Response Time", theirs, ours, least, least + 1, " ms")
        yield longest(units, name)


def longest(units, name):
    """Loosely: of one request each, which may have met a pause of the machine."""
    theirs, ours = (median(units, tool, name, "Max Response Time") for tool in ("locust", "dyno"))
    return within(name, "Max Response Time", theirs, ours, max(theirs - PAUSE_MS, 0), theirs + PAUSE_MS, " ms")


def unknown_times(asked, units, above):
    """dyno's figures against Locust's, less what Locust is known to add."""
    for name in units[0]["figures"]["locust"]:
        counts = [answered(units, tool, name) for tool in ("locust", "dyno")]
        rows = {tool: [unit["figures"][tool][name] for unit in units] for tool in ("locust", "dyno")}
        theirs, ours = (median(units, tool, name, "Average Response Time") for tool in ("locust", "dyno"))
        chance = SURE * MEDIAN * math.sqrt(sum(statistics.median(variance(row) for row in rows[tool]) / count
                                               for tool, count in zip(("locust", "dyno"), counts)))
        low, high = theirs - above["Average Response Time"] - chance, theirs + LEAST_MS + chance
        yield within(name, "Average Response Time", theirs, ours, max(low, 0), high, " ms")
        for figure in PERCENTILES:
            share = float(figure.strip("%")) / 100
            theirs, ours = (median(units, tool, name, figure) for tool in ("locust", "dyno"))
            chance = around(SURE_BESIDE_LOCUST, share, *counts)
            low, high = (statistics.median(quantile(row, share + sign * chance) for row in rows["locust"]) for sign in (-1, 1))
            # Twice rounded: this percentile, and the one that tells what Locust adds.
            low = min(low, theirs) - above[figure] - 2 * ROUNDED_MS
            # So few requests that it may be the longest of them: loosely, as that.
            high += PAUSE_MS if share + chance >= 1 else LEAST_MS + ROUNDED_MS
            yield within(name, figure, theirs, ours, max(low, 0), high, " ms")
        # Of one request each, loosely.
        theirs, ours = (median(units, tool, name, "Min Response Time") for tool in ("locust", "dyno"))
        yield within(name, "Min Response Time", theirs, ours, max(theirs - above["Average Response Time"] - 1, 0), theirs + 1, " ms")
        yield longest(units, name)


# --- all of it -------------------------------------------------------------------------------------------------------


def missing(asked, units):
    """An endpoint that a tool has nothing of in one of its runs, and the tool; empty for none."""
    return next((f"{tool}, {name}" for unit in units for tool, rows in unit["figures"].items()
                 for name in asked.weights if name not in rows), "")


def compare(asked, units, above):
    """Findings about one load, and lines about files that contradict themselves. `above`: overhead() where delays were known."""
    wrong = [line for unit in units for tool, rows in unit["figures"].items() for line in contradictions(tool, rows, asked.steady)]
    times = known_times(asked, units) if asked.delays else unknown_times(asked, units, above)
    findings = [*rate_findings(asked, units), *size_findings(units), *times]
    return sorted(findings, key=lambda one: one.endpoint == ALL), wrong


def quiet(above):
    """Whether what Locust adds is little enough for a comparison to mean something."""
    return all(above[figure] <= most for figure, most in MOST_OVERHEAD_MS.items())
