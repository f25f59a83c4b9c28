#!/usr/bin/env python3
"""What is computed from a run, and what is read from what tools print."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import driver  # noqa: E402
import report  # noqa: E402
import tools  # noqa: E402


def sample(at, requests, cpu, trip):
    return (at, requests, cpu, 0.0, 0.0, 0.0, 0.0, trip)


class SliceTest(unittest.TestCase):
    def test_near_and_far_seconds_are_told_apart(self):
        samples = [sample(i / 4, 1000 * i, 0.01 * i, 100 if i < 8 else 400) for i in range(17)]
        slices = driver.slice_costs(samples, near_ns=200)
        self.assertEqual(len(slices["near"]), 4)  # those that lie wholly within the first 8 samples
        self.assertEqual(len(slices["far"]), 5)
        self.assertAlmostEqual(slices["near"][0], 10.0)

    def test_a_second_of_unknown_placement_counts_for_neither(self):
        samples = [sample(i / 4, 1000 * i, 0.01 * i, 0) for i in range(9)]
        self.assertEqual(driver.slice_costs(samples, near_ns=200), {"near": [], "far": []})

    def test_the_window_begins_a_second_after_the_first_request(self):
        samples = [sample(i / 4, 0 if i < 2 else 1000 * (i - 1), 0.01 * i, 100) for i in range(20)]
        row = driver.steady(samples, near_ns=200)
        self.assertAlmostEqual(row["rps"], 4000)
        self.assertAlmostEqual(row["cpu_per_million"], 10.0)


class RatioTest(unittest.TestCase):
    def test_ratios_are_of_one_round_and_one_placement(self):
        mine = [{"round": 0, "near_per_million": 6.0}, {"round": 1, "far_per_million": 9.0}, {"round": 2, "near_per_million": 6.0}]
        base = [{"round": 0, "near_per_million": 5.0}, {"round": 1, "far_per_million": 6.0}, {"round": 2, "far_per_million": 8.0}]
        self.assertEqual(report.ratios(mine, base), [1.2, 1.5])


class ParserTest(unittest.TestCase):
    def test_ab(self):
        text = "Complete requests:      1000\nFailed requests:        3\n\n  50%      1\n  90%      2\n  99%      4\n 100%     17 (longest request)\n"
        self.assertEqual(tools.ab(text, {}), {"n": 1000, "errors": 3, "p50": 1, "p90": 2, "p99": 4, "max": 17})

    def test_hey(self):
        text = "  Slowest:\t0.0125 secs\n  50% in 0.0010 secs\n  99% in 0.0040 secs\nStatus code distribution:\n  [200]\t500 responses\n"
        row = tools.hey(text, {})
        self.assertEqual((row["n"], row["p50"], row["p99"], row["max"], row["errors"]), (500, 1.0, 4.0, 12.5, 0))

    def test_h2load(self):
        text = ("requests: 10 total, 10 started, 10 done, 9 succeeded, 1 failed, 0 errored, 0 timeout\n"
                "time for request:      100us      2.50ms       300us        50us    90.00%\n")
        self.assertEqual(tools.h2load(text, {}), {"n": 9, "errors": 1, "max": 2.5})

    def test_a_result_line_may_stand_anywhere(self):
        self.assertEqual(tools.result_line('Running\nRESULT {"n":5}\nbye\n', {}), {"n": 5})
        self.assertEqual(tools.result_line("nothing", {}), {})

    def test_dyno_s_own_total(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "dyno").mkdir()
            (pathlib.Path(folder) / "dyno" / "locust_stats.csv").write_text(
                "Type,Name,Request Count,Failure Count,50%,90%,99%,99.9%,100%\nGET,/a,1,0,1,1,1,1,1\n,Aggregated,7,2,0.5,0.6,0.7,0.8,0.9\n",
                encoding="utf-8")
            row = tools.dyno("", {"folder": folder})
        self.assertEqual((row["n"], row["errors"], row["p50"], row["p999"]), (7, 2, 0.5, 0.8))


if __name__ == "__main__":
    unittest.main()
