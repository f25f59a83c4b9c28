"""Shows that scripts/coverage-table finds what it is there to find."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

PATH = pathlib.Path(__file__).parent / "coverage-table"
LOADER = importlib.machinery.SourceFileLoader("coverage_table", str(PATH))
TABLE = importlib.util.module_from_spec(importlib.util.spec_from_loader("coverage_table", LOADER))
LOADER.exec_module(TABLE)

FILES = {
    "README.md": "# x\n\n| `DYNO_HOST` | where |\n\n## Exit status\n",
    "fixtures/targets/shop.json": """// of the shop
{"sets": {"normal": {"targets": [
  {"figure": "response_time.p95", "below": "3 s"},
  {"figure": "rate", "endpoint": "*/buy", "at_least": "10/s", "acceptable": "5/s"}]},
  "peak": {"targets": [{"figure": "rate", "at_least": "20/s"}]},
  "rumour": {"targets": [{"figure": "rate", "at_least": "30/s"}]},
  "benchmarks": {"targets": [{"figure": "rate", "at_least": "40/s"}]}}}""",
    "fixtures/scenarios/shop.json": "{}",
    "perf_tests/shop_perf.cpp": """// as shop/rumour
void keep_to(const std::string& set = "shop/normal",
             int often = 1) {
  for (int i = 0; i < often; ++i) { meets(targets(set)); }
}
TEST_F(ShopPerf, Buys) {
  keep_to();
}
TEST_F(ShopPerf, Queues) {
  meets(ending_targets("shop/peak"));  // not shop/normal
}
""",
    "scripts/do": "#!/bin/sh\necho 'usage: do [load|all] [--quick] [-t TIME]'\n",
    "build/bin/dyno": "#!/bin/sh\ncase $1$2 in run*) echo '-u,--users N  --csv' ;; "
                      "keepadd) echo '--to' ;; keep*) echo '  add' ;; *) printf '  run  measure, and walk\n  keep\n' ;; esac\n",
    "build/bin/shop_bench": "#!/bin/sh\ncase $1 in --help) echo --benchmark_filter ;; *) echo Buy/1 Sell ;; esac\n",
}


class Tree(TABLE.Tree):
    """One whose ctest list is given, and whose files and programs are there."""

    def __init__(self, root):
        self.root, self.build, self.helps = root, root / "build", {}
        self.judged_by = None
        self.tests = {"ShopPerf.Buys": {"performance", "load"}, "tree.x": {"tree"}}


def findings(provider, name_the_case=True):
    """What is wrong with an entry that this provides."""
    text = f"# Shop\n## Tests\nbuying | {provider}\n"
    if name_the_case:
        text += "all | case ShopPerf.Buys\n"
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FILES.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
            if content.startswith("#!"):
                path.chmod(0o755)
        documents, wrong = TABLE.read(text)
        return wrong + list(TABLE.check(documents, Tree(pathlib.Path(folder))))


class CoverageTable(unittest.TestCase):
    def holds(self, provider):
        self.assertEqual(findings(provider), [], provider)

    def found(self, provider, what):
        wrong = findings(provider)
        self.assertEqual(len(wrong), 1, f"{provider}: {wrong}")
        self.assertIn(what, wrong[0], provider)

    def test_an_entry_needs_a_provider(self):
        self.found("", "nothing provides it")
        self.found("note later perhaps", "nothing provides it")
        self.found("rumour ShopPerf.Buys", "does not begin with one of")

    def test_cases_and_tests_are_those_of_ctest(self):
        self.holds("case ShopPerf.Buys; test tree.x")
        self.found("case ShopPerf.Sells", "no performance case ShopPerf.Sells")
        self.found("case tree.x", "no performance case")
        self.found("test tree.y", "no test tree.y")

    def test_every_case_is_named(self):
        self.assertEqual(findings("test tree.x", name_the_case=False),
                         ["docs/coverage.txt: no entry names the case ShopPerf.Buys"])

    def test_limits_are_those_of_the_files(self):
        self.holds("limit shop/normal response_time.p95 below 3 s")
        self.holds("limit shop/normal rate of */buy at_least 10/s, acceptable 5/s")
        self.found("limit shop/normal response_time.p95 below 2 s", "no such limit")
        self.found("limit shop/normal rate of */buy at_least 10/s, acceptable 6/s", "no such limit")
        self.found("limit shop/normal rate at_least 10/s", "no such limit")
        self.found("limit shop/peak rate at_least 10/s", "no such limit")
        self.found("limit stall/normal rate at_least 10/s", "no such limit")

    def test_a_limit_is_judged_by_a_case_beside_it(self):
        self.holds("case ShopPerf.Buys; limit shop/normal response_time.p95 below 3 s")
        self.holds("limit shop/peak rate at_least 20/s")
        self.holds("case ShopPerf.Buys; limit shop/benchmarks rate at_least 40/s")
        self.found("case ShopPerf.Buys; limit shop/peak rate at_least 20/s",
                   "no case beside it judges shop/peak; it is judged by ShopPerf.Queues")
        self.found("case ShopPerf.Buys; limit shop/rumour rate at_least 30/s", "no case beside it judges shop/rumour")
        self.found("limit shop/rumour rate at_least 30/s", "no case judges shop/rumour")

    def test_the_sets_of_a_case_are_those_in_its_source(self):
        self.assertEqual(TABLE.sets_of_cases(FILES["perf_tests/shop_perf.cpp"]),
                         {"ShopPerf.Buys": {"shop/normal"}, "ShopPerf.Queues": {"shop/peak"}})

    def test_commands_have_their_options(self):
        self.holds("command scripts/do load --quick -t 5m")
        self.holds("command dyno run fixtures/scenarios/shop.json -u 5 --csv out/r")
        self.holds("command DYNO_HOST=x scripts/do")
        self.holds("command dyno keep add --to x")
        self.found("command dyno keep add --from x", "no option --from")
        self.found("command scripts/do --slow", "no option --slow")
        self.found("command scripts/do spike", "does not have 'spike'")
        self.found("command scripts/undo", "no program scripts/undo")
        self.found("command dyno run --rate 5", "no option --rate")
        self.found("command dyno walk", "is not there")
        self.found("command dyno run fixtures/scenarios/stall.json", "no file fixtures/scenarios/stall.json")
        self.found("command DYNO_PLACE=x scripts/do", "does not describe the variable DYNO_PLACE")

    def test_ctest_knows_the_labels_and_names(self):
        self.holds("command ctest -L performance -LE load -R Shop")
        self.found("command ctest -L spike", "no label spike")
        self.found("command ctest -R Stall", "finds nothing")

    def test_benchmarks_are_listed_by_their_programs(self):
        self.holds("benchmark shop_bench Buy; command shop_bench --benchmark_filter=Buy")
        self.found("benchmark shop_bench Bu", "has no benchmark Bu")
        self.found("command shop_bench --benchmark_sieve=Buy", "no option --benchmark_sieve")

    def test_files_headings_and_variables_are_there(self):
        self.holds("file README.md Exit status; variable DYNO_HOST")
        self.found("file README.md Entry status", "no heading")
        self.found("file LIESMICH.md", "no file")
        self.found("variable DYNO_GUEST", "does not describe")

    def test_little_may_be_planned(self):
        self.holds("planned HTML report")
        self.found("planned peace on earth", "may not be planned only")

    def test_entries_outside_sections_are_found(self):
        self.assertEqual(TABLE.read("buying | case ShopPerf.Buys\n")[1],
                         ["docs/coverage.txt:1: an entry outside a section"])


if __name__ == "__main__":
    unittest.main()
