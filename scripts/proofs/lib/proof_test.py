#!/usr/bin/env python3
"""A proof goes on where it was interrupted, and counts nothing of another source."""
import pathlib
import subprocess
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

    def test_each_change_that_is_not_committed_is_a_source_of_its_own(self):
        with tempfile.TemporaryDirectory() as name:
            root = pathlib.Path(name)
            git = lambda *arguments: subprocess.run(
                ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=root, check=True, capture_output=True)
            git("init")
            (root / "src").mkdir()
            (root / "src" / "a").write_text("one", encoding="utf-8")
            git("add", ".")
            git("commit", "-m", "one")
            versions = [module.source_version(["src"], root)]
            for file, text in (("src/a", "two"), ("src/a", "three"), ("src/new", "a file"), ("src/new", "another")):
                (root / file).write_text(text, encoding="utf-8")
                versions.append(module.source_version(["src"], root))
            (root / "elsewhere").write_text("none of it", encoding="utf-8")
            self.assertEqual(module.source_version(["src"], root), versions[-1])
            self.assertEqual(len(set(versions)), 5)
            self.assertNotIn("+", versions[0])

    def test_summary_says_what_was_shown_and_nothing_of_the_place(self):
        done = self.open()
        self.assertEqual(done.conclude(["evidence"], shown=True), 0)
        self.assertEqual(done.conclude(["evidence"], shown=False), 1)
        text = (done.folder / "summary.md").read_text(encoding="utf-8")
        self.assertIn("**not shown**", text)
        self.assertNotIn(str(module.ROOT), text)


if __name__ == "__main__":
    unittest.main()
