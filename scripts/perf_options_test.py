"""Shows what scripts/perf makes of its options: what it refuses, which cases it chooses, which services it asks.

Usage: perf_options_test.py BUILD_FOLDER. The cases are those that the build has registered; none is run.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).parent
SYSTEMS = {"application_agent", "chat_backend", "content_validator", "cost_agent", "resource_agent"}
BUILD = sys.argv.pop()

PARSE = """
set -euo pipefail
source scripts/lib/common.sh
source scripts/lib/perf_options.sh
source scripts/lib/language_models.sh
parse_perf_options "$@"
choose_cases
"""


def environment(extra):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DYNO_")}
    return kept | extra


def parsed(options, then, extra=None):
    """What the commands `then` print once the options have been read."""
    run = subprocess.run(["bash", "-c", PARSE + then, "perf", *options], cwd=SCRIPTS.parent, text=True,
                         capture_output=True, env=environment(extra or {}))
    return run.stdout.split("\0")[:-1] if run.returncode == 0 else run.stderr


def script(*options, name="perf", extra=None):
    return subprocess.run([SCRIPTS / name, *options], text=True, capture_output=True, stdin=subprocess.DEVNULL,
                          env=environment(extra or {}))


def chosen(*options):
    """The cases that these options choose: name and labels."""
    arguments = parsed(options, 'printf "%s\\0" "${cases_chosen[@]}"')
    listing = subprocess.run(["ctest", "--test-dir", BUILD, "--show-only=json-v1", *arguments],
                             capture_output=True, text=True, check=True)
    cases = {}
    for test in json.loads(listing.stdout)["tests"]:
        cases[test["name"]] = {label for one in test["properties"] if one["name"] == "LABELS"
                               for label in one["value"]}
    return cases


def preceded(cases, everything):
    """With the smoke case of each system that has cases among them: it comes before them, whatever its own labels."""
    systems = SYSTEMS & set().union(*cases.values())
    return cases | {n: l for n, l in everything.items() if n.endswith(".Smoke") and systems & l}


def hosts(*options, then="", extra=None):
    """The variables DYNO_HOST* that the cases are run with."""
    found = parsed(options, then + '\nfor one in $(compgen -e); do '
                   '[[ $one != DYNO_HOST* ]] || printf "%s\\0" "$one=${!one}"; done', extra)
    return found if isinstance(found, str) else dict(one.split("=", 1) for one in found)


class Options(unittest.TestCase):
    def test_what_is_wrong_is_said_in_one_line_before_anything_is_done(self):
        for options, words in {
                ("--nonsense",): "unknown option '--nonsense'",
                ("soak",): "cases are chosen by load stress spike endurance or all",
                ("--system",): "--system needs a value",
                ("--system", "cost"): "--system cost: unknown; there are application_agent chat_backend",
                ("--billing", "nowhere.csv"): "no such file",
                ("--host", ""): "--host needs a value",
                ("--host", "127.0.0.1:8000"): "write a URL such as",
                ("--host", "cost_agent=127.0.0.1"): "write a URL such as",
                ("--host", "cost=http://127.0.0.1:8000"): "unknown system",
                ("--host", "http://127.0.0.1:8000"): "cases of several systems are chosen: add --system NAME",
                ("--coverage", "--quick"): "--coverage measures nothing",
        }.items():
            run = script(*options)
            self.assertEqual(run.returncode, 2, options)
            self.assertIn(words, run.stderr)
            self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        run = script("--quick", extra={"DYNO_HOST_COST": "http://127.0.0.1:8000"})
        self.assertEqual((run.returncode, "DYNO_HOST_COST: there is no such system" in run.stderr), (2, True))

    def test_no_password_is_printed(self):
        for options in (("--host", "http://u:hunter22@h"), ("--host", "u:hunter22@h"),
                        ("--host", "cost=http://u:hunter22@h"), ("--host", "cost_agent=u:hunter22@h"),
                        ("--host", "http://h?token=hunter22")):
            run = script(*options)
            self.assertEqual(run.returncode, 2, options)
            self.assertNotIn("hunter22", run.stdout + run.stderr)

    def test_help_names_every_option(self):
        text = script("--help").stdout
        source = (SCRIPTS / "lib" / "perf_options.sh").read_text()
        for option in set(re.findall(r"--[a-z-]+(?=[ |)])", source.split("parse_perf_options()")[1])) - {"--help"}:
            self.assertIn(option, text)
        self.assertEqual(script("--help").returncode, 0)

    def test_without_words_all_cases_of_all_systems(self):
        cases = chosen()
        self.assertGreaterEqual(len(cases), 60)
        self.assertEqual(SYSTEMS, SYSTEMS & set().union(*cases.values()))
        self.assertEqual(cases, chosen("all"))
        self.assertEqual(cases, chosen("--full"))
        self.assertEqual(cases, chosen("all", "--quick"))

    def test_quick_is_a_label(self):
        self.assertEqual(chosen("--quick"), {n: l for n, l in chosen().items() if "quick" in l})

    def test_words_are_labels_and_are_added_up(self):
        everything = chosen()
        for word in ("load", "stress", "spike", "endurance"):
            cases = chosen(word)
            self.assertTrue(cases, word)
            self.assertEqual(cases, preceded({n: l for n, l in everything.items() if word in l}, everything))
            self.assertEqual(cases, chosen(word, "--quick"), "in short form, whether labelled quick or not")
        self.assertEqual(chosen("stress", "spike"), chosen("stress") | chosen("spike"))
        self.assertEqual(chosen("--load"), chosen("load"))

    def test_no_llm_system_and_only_narrow(self):
        everything = chosen()
        self.assertEqual(chosen("--no-llm"), {n: l for n, l in everything.items() if "llm" not in l})
        self.assertLess(len(chosen("--no-llm")), len(everything))
        for system in SYSTEMS:
            self.assertEqual(chosen("--system", system), {n: l for n, l in everything.items() if system in l})
        self.assertEqual(set(chosen("--only", "^CostAgentPerf.NormalLoad$")), {"CostAgentPerf.NormalLoad", "CostAgentPerf.Smoke"})

    def test_benchmarks_go_with_all_cases_only(self):
        def kept(*options):
            return parsed(options, 'is_part && part=yes || part=no; printf "%s\\0" "$benchmarks" "$part"')
        self.assertEqual(kept(), ["yes", "no"])
        self.assertEqual(kept("--quick"), ["yes", "no"])
        self.assertEqual(kept("load"), ["no", "yes"])
        self.assertEqual(kept("--system", "cost_agent"), ["yes", "yes"])
        self.assertEqual(kept("--no-llm"), ["yes", "yes"])
        self.assertEqual(kept("--no-benchmarks"), ["no", "yes"])

    def test_hosts_are_told_to_the_cases_of_their_systems(self):
        one, other = "http://10.0.0.1:8000", "https://b.test"
        self.assertEqual(hosts(), {})
        self.assertEqual(hosts("--host", f"cost_agent={one}", "--host", f"chat_backend={other}"),
                         {"DYNO_HOST_COST_AGENT": one, "DYNO_HOST_CHAT_BACKEND": other})
        self.assertEqual(hosts("--host", one, "--system", "chat_backend"), {"DYNO_HOST_CHAT_BACKEND": one})
        self.assertEqual(hosts("--system", "chat_backend", extra={"DYNO_HOST": one}), {"DYNO_HOST_CHAT_BACKEND": one})
        only = ("--host", one, "--only", "Chat")
        self.assertEqual(hosts(*only, then="name_host chat_backend"), {"DYNO_HOST_CHAT_BACKEND": one})
        self.assertIn("cases of several systems", hosts(*only, then="name_host chat_backend cost_agent"))


    def announced(self, cases=6, extra=None):
        run = subprocess.run(["bash", "-c", PARSE + f'announce_llm "{BUILD}/bin/chat_backend" {cases}', "perf"],
                             cwd=SCRIPTS.parent, text=True, capture_output=True,
                             env={name: value for name, value in environment(extra or {}).items()
                                  if extra and name in extra or not name.endswith("_API_KEY")})
        return run.returncode, run.stderr

    def test_calls_of_real_language_models_are_said_beforehand(self):
        key = {"ANTHROPIC_API_KEY": "sk-hunter22", "ANTHROPIC_MODEL": "m-1"}
        self.assertEqual(self.announced(), (0, ""))
        self.assertEqual(self.announced(0, key), (0, ""))
        status, text = self.announced(6, key | {"DYNO_LLM_MAX_COST": "0.25"})
        self.assertEqual(status, 0, text)
        for words in ("6 cases", "Anthropic API", "model m-1", "at most 200 calls and 0.25 USD in all", "DYNO_LLM_MAX_CALLS",
                      "--no-llm", "without ANTHROPIC_API_KEY"):
            self.assertIn(words, text)
        self.assertNotIn("hunter22", text)
        self.assertNotIn("OpenAI", text)
        self.assertIn("are its own", self.announced(6, key | {"DYNO_HOST_CHAT_BACKEND": "http://h"})[1])
        status, text = self.announced(6, key | {"DYNO_LLM_MAX_COST": "much"})
        self.assertEqual((status, len(text.splitlines())), (2, 1), text)

    def test_what_was_spent_is_read_from_the_shared_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            self.assertEqual(parsed((), f'spent_on_llm "{file.name}"; printf "\\0"'), [""])
            file.write('{"calls":12,"cost_nano_usd":1,"reckoned_usd":"0.25","set_aside_nano_usd":0}   \n')
            file.flush()
            self.assertIn("12 calls, 0.25 USD", parsed((), f'spent_on_llm "{file.name}"; printf "\\0"')[0])


class Report(unittest.TestCase):
    def test_it_says_how_it_is_used(self):
        self.assertIn("usage: scripts/report", script("--help", name="report").stdout)


if __name__ == "__main__":
    unittest.main()
