#!/usr/bin/env python3
"""A proof goes on where it was interrupted, and counts nothing of another source."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import proof as module  # noqa: E402


class ProofTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.results, module.RESULTS = module.RESULTS, pathlib.Path(self.folder.name)

    def tearDown(self):
        module.RESULTS = self.results
        self.folder.cleanup()

    def open(self):
        return module.Proof("sample", "samples add up", sources=["src"])

    def test_goes_on_where_it_was(self):
        self.open().append({"round": 0})
        again = self.open()
        self.assertEqual([u["round"] for u in again.units()], [0])
        again.append({"round": 1})
        self.assertEqual([u["round"] for u in self.open().units()], [0, 1])
        self.assertEqual(len(self.open().units(round=1)), 1)

    def test_an_interrupted_line_is_dropped(self):
        first = self.open()
        first.append({"round": 0})
        with open(first.file, "a", encoding="utf-8") as out:
            out.write('{"round": 1, "sou')
        self.assertEqual(len(self.open().units()), 1)
        first.append({"round": 1})
        self.assertEqual([u["round"] for u in self.open().units()], [0, 1])

    def test_units_of_another_source_do_not_count(self):
        other = self.open()
        other.source = "0000000"
        other.append({"round": 0})
        self.assertEqual(self.open().units(), [])
        self.assertEqual(len(other.units()), 1)

    def test_summary_says_what_was_shown_and_nothing_of_the_place(self):
        done = self.open()
        self.assertEqual(done.conclude(["evidence"], shown=True), 0)
        self.assertEqual(done.conclude(["evidence"], shown=False), 1)
        text = (done.folder / "summary.md").read_text(encoding="utf-8")
        self.assertIn("**not shown**", text)
        self.assertNotIn(str(module.ROOT), text)


if __name__ == "__main__":
    unittest.main()
