"""Shows that scripts/check-tree finds what it is there to find."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).parent / "check-tree"


def findings(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        subprocess.run(["git", "init", "-q", folder], check=True)
        run = subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True)
        return run.returncode, run.stdout.strip()


class CheckTree(unittest.TestCase):
    def test_an_orderly_tree_passes(self):
        files = {"src/dyno/record/a.h": '#pragma once\n#include "dyno/metrics/b.h"\n'}
        self.assertEqual(findings(files), (0, "the tree is in order"))

    def test_an_include_against_the_stream_is_found(self):
        files = {"src/dyno/metrics/a.cpp": '#include "dyno/record/b.h"\n'}
        self.assertEqual(findings(files),
                         (1, "src/dyno/metrics/a.cpp:1: metrics may not include record"))

    def test_a_service_that_uses_dyno_is_found(self):
        status, text = findings({"fixtures/services/x/a.cpp": '#include "dyno/core/clock.h"\n'})
        self.assertEqual(status, 1)
        self.assertIn("links nothing of dyno", text)

    def test_a_condition_does_not_await(self):
        self.assertEqual(findings({"bench/a.cpp": "if (co_await f(1) == 2) co_return;\n"})[0], 1)
        self.assertEqual(findings({"bench/a.cpp": "while (!co_await f()) {\n"})[0], 1)
        self.assertEqual(findings({"bench/a.cpp": "if (a.ok()) co_await f();\n"})[0], 0)

    def test_waiting_needs_a_reason(self):
        self.assertEqual(findings({"bench/a.cpp": "usleep(5);\n"})[0], 1)
        self.assertEqual(findings({"bench/a.cpp": "usleep(5);  // waits: a fault\n"})[0], 0)

    def test_files_of_a_target_define_nothing_twice(self):
        def defined(one, other, around="dyno::core"):
            inside = "namespace %s {\nnamespace {\n%s\n}  // namespace\n}  // namespace x\n"
            return findings({"src/CMakeLists.txt": "dyno_library(x\n  SOURCES a.cpp b.cpp)\n",
                             "src/a.cpp": inside % ("dyno::core", one),
                             "src/b.cpp": inside % (around, other)})
        for text in ("constexpr int most = 3;", "struct Case {", "bool is_digit(char c) {",
                     "const std::string head = \"x\";"):
            self.assertEqual(defined(text, text)[0], 1, text)
            self.assertEqual(defined(text, text, "dyno::http")[0], 0, text)
        self.assertEqual(defined("int size(const A& a) {", "int size(const A& other) {")[0], 1)
        self.assertEqual(defined("int size(const A& a) {", "int size(const B& b) {")[0], 0)
        self.assertEqual(defined("using Json = json;", "using Json = json;")[0], 0)
        self.assertEqual(defined("using Json = json;", "using Json = other;")[0], 1)
        self.assertEqual(defined("TEST(Case, One) {", "TEST(Case, Two) {")[0], 0)

    def test_single_threaded_tests_have_no_threads(self):
        def marked(text):
            return findings({"src/CMakeLists.txt": "dyno_unit_tests(x SOURCES a.cpp SINGLE_THREADED)",
                             "src/a.cpp": text})[0]
        self.assertEqual(marked("std::thread other;\n"), 1)
        self.assertEqual(marked("int number;\n"), 0)

    def test_habits_are_found(self):
        for text in ("int a;  // TODO\n", "int a; \n", "// " + "x" * 100 + "\n"):
            self.assertEqual(findings({"src/dyno/core/a.cpp": text})[0], 1, text)
        self.assertEqual(findings({"src/dyno/core/a.h": "int a;\n"})[0], 1)
        self.assertEqual(findings({"src/CMakeLists.txt": "file(GLOB x *.cpp)\n"})[0], 1)


if __name__ == "__main__":
    unittest.main()
