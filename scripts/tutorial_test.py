"""Does what docs/tutorial.md says, part by part: tutorial_test.py BIN_FOLDER CACHE_FOLDER.

The commands are the page's own, in a folder of their own, on free ports, with shorter runs. What they come to must
be what the page shows: the endpoints, which requests fail, the verdict. A part whose program of others cannot be had
is skipped, with the reason; npm's packages are kept in CACHE_FOLDER.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BIN, CACHE = (pathlib.Path(argument).resolve() for argument in (sys.argv.pop(1), sys.argv.pop(1)))
FILES = "fixtures/scenarios/tutorial"
MARK = "@@ "  # before what a command of dyno's came to, in the output


def part(title):
    """The blocks below a heading of the page: (language, text)."""
    text = re.search(rf"(?ms)^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE)[1]
    return re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", text)


def runs_of(blocks):
    """What is shown after each block of commands that measures."""
    return [following for (language, text), (shown, following) in zip(blocks, blocks[1:])
            if language == "sh" and shown == "text" and "build/release/bin/" in text]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def endpoints(text):
    """The rows of dyno's table: endpoint, requests, failures."""
    rows = re.findall(r"(?m)^(?:[A-Z]+ +)?(\S.*?) +(\d+) +(\d+) \([\d.]+ %\) +\|", text)
    return {name.strip(): (int(requests), int(failures)) for name, requests, failures in rows}


class Page(unittest.TestCase):
    def test_shows_the_files_as_they_are(self):
        shown = [text for language, text in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", PAGE) if language == "json"]
        files = [path.read_text(encoding="utf-8") for path in sorted((ROOT / FILES).glob("*.json"))]
        self.assertEqual(sorted(shown), sorted(files))


class Tutorial(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)  # nginx, started by root, serves as another user
        (self.folder / "tutorial").mkdir()
        shutil.copytree(ROOT / FILES, self.folder / FILES)
        (self.folder / "build" / "release").mkdir(parents=True)
        (self.folder / "build" / "release" / "bin").symlink_to(BIN)
        self.ports = {port: free_port() for port in ("8081", "8082", "8083")}
        for path in (self.folder / FILES).iterdir():
            path.write_text(self.on_free_ports(path.read_text(encoding="utf-8")), encoding="utf-8")

    def on_free_ports(self, text):
        return re.sub("|".join(self.ports), lambda port: self.ports[port[0]], text)

    def here(self, commands):
        """The page's commands, in this folder; after each of dyno's a line with its status."""
        text = self.on_free_ports(commands).replace("/tmp/tutorial", str(self.folder / "tutorial"))
        # So many tasks instead of so much time: quick where it is quiet, and enough where it is busy.
        text = text.replace(" --warm-up 2s", " --warm-up 200ms")
        text = text.replace("/s -t 10s", "/s -t 2s")
        text = re.sub(" -t 1[02]s", " -t 60s -i 600", text)
        return re.sub(r"(?m)^(.*build/release/bin/.*)$", rf'\1\necho "{MARK}$?"', text)

    def keep_packages(self, name):
        """npm installs into the cache, once, and offline afterwards."""
        if not shutil.which("npm") or not shutil.which("node"):
            self.skipTest("npm and node are not installed")
        kept = CACHE / f"npm-tutorial-{name}"
        kept.mkdir(parents=True, exist_ok=True)
        (self.folder / "tutorial" / name).symlink_to(kept)
        command = next(line for _, text in part(self.title) for line in text.splitlines()
                       if line.startswith("npm install"))
        package = command.split()[-1]
        if not (kept / "node_modules" / package.rpartition("@")[0]).exists():
            done = subprocess.run(["bash", "-c", self.here(command)], cwd=self.folder, capture_output=True,
                                  text=True, check=False)
            if done.returncode != 0:
                self.skipTest(f"npm cannot install {package}; is it offline?")
        return command

    def follow(self, without=""):
        """Runs the part's commands and compares what dyno says with what the page shows."""
        blocks = part(self.title)
        script = "".join(text for language, text in blocks if language == "sh")
        script = "set -u\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n" + self.here(script.replace(without, ""))
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("DYNO_", "LOCUST_"))}
        environment["TEST_DURATION_SECONDS"] = "1"
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, timeout=200, env=environment, check=False)
        pieces = re.split(rf"{MARK}(\d+)\n", done.stdout)
        outputs, statuses = pieces[0:-1:2], [int(status) for status in pieces[1::2]]
        shown = runs_of(blocks)
        self.assertEqual(len(outputs), len(shown), done.stdout)
        for output, status, expected in zip(outputs, statuses, shown):
            self.compare(output, status, expected)

    def compare(self, output, status, expected):
        # On a busy machine users still begin when the short warm-up is over: rows that the page does not have.
        found = endpoints(output)
        for name, (_, failures) in endpoints(expected).items():
            self.assertGreater(found.get(name, (0, 0))[0], 0, f"{name}: {output}")
            self.assertEqual(found[name][1] > 0, failures > 0, output)
        for line in expected.splitlines():  # of a single pass, and of GoogleTest
            if re.match(r"ok |failed |every request|\[ +(OK|FAILED|PASSED) +\]", line):
                start = re.sub(r" +\(?[\d.]+ (ms|µs|s)\)?.*", "", line)
                self.assertIn(start, output)
        if " INVALID " in output:  # of a busy machine; a pass or a failure it is not
            return
        self.assertEqual(status, 1 if "  FAIL " in expected else 0, output)
        self.assertEqual("  FAIL " in output, "  FAIL " in expected, output)


class Nginx(Tutorial):
    title = "nginx"

    def test_does_what_the_page_says(self):
        if not shutil.which("nginx"):
            self.skipTest("nginx is not installed")
        self.follow()


class JsonServer(Tutorial):
    title = "json-server"

    def test_does_what_the_page_says(self):
        self.follow(without=self.keep_packages("json"))


class McpServer(Tutorial):
    title = "An MCP server"

    def test_does_what_the_page_says(self):
        self.follow(without=self.keep_packages("mcp"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
