"""Holds Dockerfile and compose.yaml to scripts/setup and to the programs: containers_test.py BIN_FOLDER.

No container is built or started. What is compared is what would go wrong first: packages, libraries, programs,
options, ports, paths of health checks, versions of the servers.
"""

import os
import pathlib
import re
import select
import subprocess
import sys
import unittest
import urllib.request

import yaml  # Debian: python3-yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(sys.argv.pop(1)).resolve()
SERVICES = {"application_agent", "chat_backend", "content_validator", "cost_agent", "resource_agent"}
# What every C++ program needs and every image of Debian has, and what the image has for other reasons.
OF_EVERY_PROGRAM = {"libc6", "libgcc-s1", "libstdc++6"}
FOR_CONTAINERS = {"ca-certificates", "curl"}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def stages():
    """The instructions of each stage of the Dockerfile, lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^#.*\n", "", text).replace("\\\n", " ")
    return [part.splitlines() for part in re.split(r"(?m)^(?=FROM )", text) if part.strip()]


def installed(stage):
    for line in stage:
        found = re.search(r"apt-get install -y --no-install-recommends (.*?) &&", line)
        if found:
            return set(found[1].split())
    return set()


def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]


def package_of(library):
    """The package that a shared library of this machine is from; it may know it as /lib or /usr/lib."""
    pattern = f"*/{library.parent.name}/{library.name}"
    return {line.partition(":")[0] for line in output("dpkg", "-S", pattern).splitlines()}


def libraries_of(program):
    needed = re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", program))
    where = dict(re.findall(r"(\S+) => (\S+)", output("ldd", program)))
    return {pathlib.Path(where[name]).resolve() for name in needed if name in where}


class Dockerfile(unittest.TestCase):
    def test_builds_with_what_setup_installs(self):
        script = f'source "{ROOT}/scripts/lib/common.sh"; echo "${{packages_build[@]}}"'
        self.assertEqual(installed(stages()[0]), set(output("bash", "-c", script).split()))

    def test_is_of_the_distribution_that_setup_knows(self):
        first, second = (stage[0] for stage in stages())
        self.assertEqual(first, "FROM debian:12 AS build")
        self.assertEqual(second, "FROM debian:12-slim")
        self.assertIn("Debian 12", (ROOT / "scripts" / "setup").read_text(encoding="utf-8"))

    def test_runs_with_what_the_programs_are_linked_with(self):
        libraries = set().union(*(libraries_of(BIN / name) for name in SERVICES | {"dyno"}))
        packages = set().union(*(package_of(library) for library in libraries))
        self.assertEqual(installed(stages()[1]), packages - OF_EVERY_PROGRAM | FOR_CONTAINERS)

    def test_copies_the_programs_that_it_has_built(self):
        built = next(line.partition("--target")[2].split() for line in stages()[0] if "--target" in line)
        copied = next(line for line in stages()[1] if line.startswith("COPY --from=build"))
        self.assertEqual(set(built), SERVICES | {"dyno"})
        self.assertEqual({pathlib.Path(word).name for word in copied.split()[2:-1]}, set(built))
        for line in stages()[1]:
            if line.startswith("COPY fixtures/"):
                self.assertTrue((ROOT / line.split()[1]).is_dir(), line)

    def test_exposes_the_ports_that_are_served(self):
        exposed = next(line for line in stages()[1] if line.startswith("EXPOSE")).split()[1:]
        served = {compose()[name]["command"][-1] for name in SERVICES}
        self.assertEqual(set(exposed), served)


class Compose(unittest.TestCase):
    def test_has_all_services(self):
        self.assertEqual(set(compose()), SERVICES | {"postgres", "redis"})

    def test_commands_are_programs_with_their_options(self):
        for name in sorted(SERVICES):
            command = compose()[name]["command"]
            self.assertEqual(command[0], name)
            listing = output(BIN / name, "--help")
            for word in command[1:]:
                if word.startswith("-"):
                    self.assertRegex(listing, rf"(?<![\w-]){re.escape(word)}(?![\w-])")
            self.assertEqual(command[1:3], ["--host", "0.0.0.0"], "reached from outside its container")

    def test_publishes_each_port_once_and_on_this_machine_alone(self):
        taken = []
        for name, service in compose().items():
            for port in service["ports"]:
                address, outside, inside = port.split(":")
                self.assertEqual(address, "127.0.0.1", name)
                taken.append(outside)
                if name in SERVICES:
                    self.assertEqual(inside, service["command"][service["command"].index("--port") + 1])
        self.assertEqual(len(taken), len(set(taken)))

    def test_waits_for_what_is_needed_to_be_healthy(self):
        services = compose()
        for name, service in services.items():
            self.assertIn("test", service["healthcheck"], name)
            needed = service.get("depends_on", {})
            wanted = " ".join(service.get("environment", {}).values()) if name in SERVICES else ""
            self.assertEqual(set(needed), {other for other in ("postgres", "redis") if f"{other}:" in wanted
                                           or f"@{other}/" in wanted}, name)
            self.assertTrue(all(how == {"condition": "service_healthy"} for how in needed.values()), name)

    def test_variables_are_known_to_the_programs(self):
        known = (ROOT / "README.md").read_text(encoding="utf-8") + output(BIN / "chat_backend", "--help")
        for name in sorted(SERVICES):
            for variable in compose()[name].get("environment", {}):
                self.assertIn(variable, known, name)
                if variable == "DYNO_DATABASE_URL":
                    self.assertIn("--database", output(BIN / name, "--help"))
                if variable == "DYNO_REDIS_URL":
                    self.assertIn("--cache", output(BIN / name, "--help"))

    def test_each_variable_of_the_host_has_a_default(self):
        for found in re.findall(r"\$\{[^}]*\}", (ROOT / "compose.yaml").read_text(encoding="utf-8")):
            self.assertIn(":-", found)

    def test_servers_have_the_versions_that_tests_run_with(self):
        # Debian's: "15+248", "5:7.0.15-1~deb12u1".
        def version(package):
            text = output("dpkg-query", "-W", "-f=${Version}", package)
            return re.match(r"(?:\d+:)?(\d+(?:\.\d+)?)", text)[1]
        self.assertEqual(compose()["postgres"]["image"], "postgres:" + version("postgresql"))
        self.assertEqual(compose()["redis"]["image"], "redis:" + version("redis-server"))

    def test_health_checks_ask_for_what_the_services_answer(self):
        for name in sorted(SERVICES):
            with self.subTest(name):
                test = compose()[name]["healthcheck"]["test"]
                port = compose()[name]["command"][-1]
                self.assertEqual(test[:3], ["CMD", "curl", "-fsS"])
                path = test[3].removeprefix(f"http://127.0.0.1:{port}")
                self.assertTrue(path.startswith("/"), test[3])
                with Running(name) as url, urllib.request.urlopen(url + path, timeout=10) as answer:
                    self.assertEqual(answer.status, 200)


class Running:
    """A service on a free port, on little data, in its own storage."""

    def __init__(self, name):
        arguments = ["--port", "0"] + (["--data", "small"] if name != "resource_agent" else [])
        environment = {key: value for key, value in os.environ.items() if not key.startswith("DYNO_")}
        self.process = subprocess.Popen([BIN / name, *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=environment)

    def __enter__(self):
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        found = re.search(r"http://\S+", self.process.stdout.readline()) if ready else None
        if not found:
            self.__exit__()
            raise RuntimeError("the service did not start")
        return found[0]

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()


if __name__ == "__main__":
    unittest.main()
