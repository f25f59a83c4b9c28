#!/usr/bin/env python3
"""Two tools that did what they were asked agree; with one figure of dyno's changed they do not."""
import importlib.machinery
import importlib.util
import math
import pathlib
import statistics
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import agreement  # noqa: E402


def proof_script():
    loader = importlib.machinery.SourceFileLoader("locust_agreement", str(HERE.parent / "locust-agreement"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


LOADS = proof_script().LOADS
ROUNDS = 4
SIZES = {"oracle": 2, "resource_agent": 400}
VARIES = "GET /analysis/"


def service_ms(load, asked, name, part):
    """How long the service takes for the request that is longer than this part of them."""
    if load == "oracle":
        return agreement.delay_quantile(asked.delays[name], part) + 0.1 + 0.2 * part
    slow = 4 if "analysis" in name or name.endswith(("/metrics", "/run")) else 0
    return slow + 0.25 + 0.5 * part + 2.5 * part**8


def row_of(tool, times, count, failures, size, seconds):
    """As the tool writes it. Locust counts the times of failures, dyno does not; Locust rounds."""
    row = dict.fromkeys(agreement.COLUMNS)
    row.update({"Request Count": count, "Failure Count": failures, "Average Content Size": size,
                "Requests/s": count / seconds, "Failures/s": failures / seconds})
    if not times:
        return row
    times = sorted(times)
    for figure in agreement.COLUMNS:
        if figure.endswith("%"):
            row[figure] = times[math.ceil(float(figure.strip("%")) / 100 * len(times)) - 1]
            row[figure] = round(row[figure]) if tool == "locust" else row[figure]
    row.update({"Median Response Time": row["50%"], "Average Response Time": statistics.mean(times),
                "Min Response Time": times[0], "Max Response Time": times[-1]})
    if tool == "dyno":
        row["100%"] = times[-1]
    return row


def rows_of(load, asked, tool, number):
    """Of one run: every endpoint has its share, and Locust adds 1.2 to 2 ms to each time."""
    seconds = asked.steady + (0 if tool == "dyno" else -0.05)
    of_all = seconds * asked.users / sum(asked.wait) * 2
    rows, every, sizes = {}, [], 0
    for name in asked.weights:
        count = round(of_all * asked.weight(name)) + number
        failures = count if name in asked.failing else 0
        size = SIZES[load] + (10 * number if name == VARIES else 0)
        times = [service_ms(load, asked, name, (i + 0.5) / count) for i in range(count)]
        if tool == "locust":
            times = [ms + 1.2 + 0.8 * (i * 7919 % 97) / 97 for i, ms in enumerate(times)]
        elif failures:
            times = []
        rows[name] = row_of(tool, times, count, failures, size, seconds)
        every += times
        sizes += size * count
    count, failures = (sum(row[figure] for row in rows.values()) for figure in ("Request Count", "Failure Count"))
    rows[agreement.ALL] = row_of(tool, every, count, failures, sizes / count, seconds)
    return rows


class Agreement(unittest.TestCase):
    def setUp(self):
        self.asked = {name: load.asked(load.seconds) for name, load in LOADS.items()}
        self.units = {name: self.rounds(name) for name in LOADS}
        self.above = agreement.overhead(self.asked["oracle"], self.units["oracle"])

    def rounds(self, load):
        asked = self.asked[load]
        return [{"figures": {tool: rows_of(load, asked, tool, number) for tool in ("locust", "dyno")}}
                for number in range(ROUNDS)]

    def refused(self, load):
        """What does not hold: "endpoint figure" each, and what contradicts itself."""
        findings, wrong = agreement.compare(self.asked[load], self.units[load], self.above)
        return [f"{one.endpoint} {one.figure}" for one in findings if not one.holds] + wrong

    def dyno(self, load, change):
        """What is refused when dyno's rows of every round are changed so."""
        kept = [unit["figures"]["dyno"] for unit in self.units[load]]
        for unit, rows in zip(self.units[load], kept):
            unit["figures"]["dyno"] = {name: dict(row) for name, row in rows.items()}
            change(unit["figures"]["dyno"])
        try:
            return self.refused(load)
        finally:
            for unit, rows in zip(self.units[load], kept):
                unit["figures"]["dyno"] = rows

    def each(self):
        """Every endpoint of either load, without the sum of all."""
        return [(load, name) for load in LOADS for name in self.asked[load].weights]

    def with_times(self):
        return [(load, name) for load in LOADS for name in [*self.asked[load].weights, agreement.ALL]
                if name not in self.asked[load].failing]

    def test_what_both_were_asked_for_agrees(self):
        for load in LOADS:
            self.assertEqual(self.refused(load), [], load)

    def test_an_endpoint_that_is_not_in_a_file_is_found(self):
        self.assertEqual(agreement.missing(self.asked["oracle"], self.units["oracle"]), "")
        del self.units["oracle"][1]["figures"]["dyno"]["GET /gone"]
        self.assertEqual(agreement.missing(self.asked["oracle"], self.units["oracle"]), "dyno, GET /gone")

    def test_what_locust_adds_is_measured_where_the_delay_is_known(self):
        self.assertGreater(self.above["Average Response Time"], 1.2)
        self.assertLess(self.above["Average Response Time"], 2.5)
        self.assertTrue(agreement.quiet(self.above))
        self.assertFalse(agreement.quiet({**self.above, "Average Response Time": 6}))

    def test_twice_the_rate_of_one_endpoint_is_refused(self):
        for load, name in self.each():
            def change(rows, name=name):
                rows[name]["Requests/s"] *= 2
            self.assertTrue([one for one in self.dyno(load, change) if name in one], f"{load} {name}")

    def test_twice_the_requests_of_one_endpoint_are_refused(self):
        for load, name in self.each():
            def change(rows, name=name):
                for figure in ("Request Count", "Requests/s", "Failure Count", "Failures/s"):
                    rows[agreement.ALL][figure] += rows[name][figure]
                    rows[name][figure] *= 2
            self.assertIn(f"{name} share of the requests", self.dyno(load, change), load)

    def test_other_weights_are_refused(self):
        asked = self.asked["resource_agent"]
        asked.weights["GET /health/"] = 4
        self.assertIn("GET /health/ share of the requests", self.refused("resource_agent"))

    def test_a_rate_over_another_time_is_refused(self):
        def change(rows):  # as if what came in the ramp were in the figures, over as many seconds
            for row in rows.values():
                for figure in ("Request Count", "Requests/s", "Failure Count", "Failures/s"):
                    row[figure] *= 1.2
        for load in LOADS:
            self.assertIn("Aggregated Requests/s", self.dyno(load, change))

    def test_a_run_of_another_length_is_refused(self):
        def change(rows):  # -t from when all users are there
            for row in rows.values():
                row["Request Count"] *= 1.5
                row["Failure Count"] *= 1.5
        self.assertIn("Aggregated seconds that rates are of", self.dyno("resource_agent", change))

    def test_a_percentile_that_is_five_milliseconds_off_is_refused(self):
        for load, name in self.with_times():
            for figure in agreement.PERCENTILES:
                def change(rows, name=name, figure=figure):
                    rows[name][figure] += 5
                self.assertTrue([one for one in self.dyno(load, change) if name in one], f"{load} {name} {figure}")

    def test_a_tail_that_is_five_milliseconds_off_is_refused(self):
        for load, name in self.with_times():
            def change(rows, name=name):  # nothing in the row contradicts it
                for figure in ("95%", "98%", "99%", "99.9%", "99.99%", "100%", "Max Response Time"):
                    rows[name][figure] += 5
            if load == "oracle" or name in ("GET /health/", agreement.ALL):  # of others there are too few requests
                self.assertIn(f"{name} 95%", self.dyno(load, change), load)

    def test_times_that_are_all_five_milliseconds_off_are_refused(self):
        def change(rows):
            for row in rows.values():
                for figure in agreement.COLUMNS:
                    if ("Time" in figure or "%" in figure) and row[figure] is not None:
                        row[figure] += 5
        for load, name in self.with_times():
            refused = self.dyno(load, change)
            for figure in ("Average Response Time", "50%"):
                self.assertIn(f"{name} {figure}", refused, load)
            if load == "oracle":
                self.assertIn(f"{name} 95%", refused)

    def test_less_than_the_delay_is_refused(self):
        def change(rows):
            rows["POST /orders"]["Min Response Time"] = 29.9
        self.assertIn("POST /orders Min Response Time", self.dyno("oracle", change))

    def test_another_longest_request_is_refused(self):
        for load, name in self.with_times():
            def change(rows, name=name):
                rows[name]["Max Response Time"] += 200
                rows[name]["100%"] += 200
            self.assertIn(f"{name} Max Response Time", self.dyno(load, change), load)

    def test_sizes_that_are_off_by_one_are_refused(self):
        for load, name in self.each():
            def change(rows, name=name):  # and the sum of all with it
                rows[name]["Average Content Size"] += 1
                rows[agreement.ALL]["Average Content Size"] += rows[name]["Request Count"] / rows[agreement.ALL]["Request Count"]
            if name != VARIES:
                self.assertEqual(self.dyno(load, change), [f"{name} Average Content Size"], load)
        for load, name in [*self.each(), *((load, agreement.ALL) for load in LOADS)]:
            def alone(rows, name=name):
                rows[name]["Average Content Size"] += 10
            self.assertIn("dyno: the sizes of the endpoints are not that of all", self.dyno(load, alone), name)

    def test_one_failure_more_is_refused(self):
        for load, name in self.each():
            def change(rows, name=name):
                for row in (rows[name], rows[agreement.ALL]):
                    row["Failure Count"] += 1
            self.assertTrue([one for one in self.dyno(load, change) if one.startswith(f"{name} Failure")], f"{load} {name}")

    def test_failures_a_second_that_are_not_there_are_refused(self):
        def change(rows):
            rows["GET /gone"]["Failures/s"] = 0
        self.assertIn("GET /gone Failures/s", self.dyno("oracle", change))

    def test_median_and_percentiles_are_one(self):
        def change(rows):
            rows["GET /items"]["Median Response Time"] += 0.1
        self.assertIn("dyno: GET /items: median or maximum differ from 50 % or 100 %", self.dyno("oracle", change))


if __name__ == "__main__":
    unittest.main()
