"""The load generators: how each is called in each mode, and how to read what it prints.

Modes, where a tool has them:
  closed    {users} keep-alive connections, as fast as the server answers, one thread, {seconds} s
  mix       the ten weighted tasks of conf/locustfile.py
  idle      {users} users, each one request a second
A parser gets (what was printed, spec) and gives some of n, errors, p50, p90, p99, p999, max (ms).
"""
import dataclasses
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import typing

from driver import BIN, HERE


@dataclasses.dataclass
class Tool:
    name: str
    parse: typing.Callable
    modes: dict
    most_users: int = 100_000
    tls: bool = False
    patience: int = 60          # seconds beyond the planned ones, then it is interrupted
    environment: dict = dataclasses.field(default_factory=dict)
    good_status: tuple = (0,)

    def program(self):
        words = [word for word in shlex.split(next(iter(self.modes.values()))) if "=" not in word and word != "env"]
        return words[0].format(bin=BIN)

    def available(self):
        return bool(shutil.which(self.program()) or pathlib.Path(self.program()).exists())

    def argv(self, mode, spec):
        values = {**spec, "bin": BIN, "conf": HERE / "conf"}
        return [word.format(**values) for word in shlex.split(self.modes[mode]) if word.format(**values)]


def number(pattern, text, scale=1.0):
    found = re.findall(pattern, text)
    return round(float(found[-1]) * scale, 4) if found else None


def result_line(text, _):
    found = re.findall(r"^RESULT (\{.*\})$", text, re.M)
    return json.loads(found[-1]) if found else {}


def dyno(_, spec):
    file = pathlib.Path(spec["folder"]) / "dyno" / "locust_stats.csv"
    if not file.exists():
        return {}
    lines = file.read_text(encoding="utf-8").strip().split("\n")
    row = dict(zip(lines[0].split(","), lines[-1].split(",")))
    names = {"p50": "50%", "p90": "90%", "p99": "99%", "p999": "99.9%", "max": "100%"}
    return {"n": int(row["Request Count"]), "errors": int(row["Failure Count"]),
            **{name: float(row[column]) for name, column in names.items()}}


def hey(text, _):
    errors = text.split("Error distribution:")[1] if "Error distribution:" in text else ""
    return {"n": sum(int(x) for x in re.findall(r"\[\d+\]\s+(\d+) responses", text)),
            "p50": number(r" 50% in ([\d.]+)", text, 1e3), "p90": number(r" 90% in ([\d.]+)", text, 1e3),
            "p99": number(r" 99% in ([\d.]+)", text, 1e3), "max": number(r"Slowest:\s+([\d.]+)", text, 1e3),
            "errors": sum(int(x) for x in re.findall(r"\[(\d+)\]", errors))}


def ab(text, _):
    percentile = {name: number(rf"\n +{share}% +(\d+)", text) for name, share in (("p50", 50), ("p90", 90), ("p99", 99))}
    return {"n": number(r"Complete requests: +(\d+)", text), "errors": number(r"Failed requests: +(\d+)", text),
            **percentile, "max": number(r"\n +100% +(\d+)", text)}


def h2load(text, _):
    unit = {"us": 1e-3, "ms": 1, "s": 1e3}
    row = {"n": number(r"requests: .*? (\d+) succeeded", text)}
    failed = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", text)
    if failed:
        row["errors"] = sum(map(int, failed.groups()))
    times = re.search(r"time for request: +[\d.]+\w+ +([\d.]+)(us|ms|s) ", text)
    if times:
        row["max"] = float(times[1]) * unit[times[2]]
    return row


DYNO = "{bin}/dyno run --out {folder}/dyno --url {url} -u {users} -t {seconds}s {insecure} "
WRK = "wrk -t1 -c{users} -d{seconds}s --timeout 60s -s {conf}/wrk.lua {url}"
LOCUST = "locust -f {conf}/locustfile.py --headless --only-summary --loglevel ERROR -t {seconds}s -H {origin} -u {users} -r {users} "

TOOLS = [
    Tool("floor", result_line, {"closed": "{bin}/floor_epoll {port} {path} {users} {seconds}"}),
    Tool("floor + histogram", result_line, {"closed": "{bin}/floor_epoll {port} {path} {users} {seconds} hist"}),
    Tool("dyno", dyno, {"closed": DYNO + "--threads 1",
                        "idle": DYNO + "--think 1s -r {spawn_rate} {sources}",
                        "mix": "{bin}/dyno run {conf}/mix.json --host {origin} --out {folder}/dyno -u {users} -t {seconds}s"},
         tls=True, good_status=(0, 1, 3, 4)),
    Tool("dyno, 2 threads", dyno, {"closed": DYNO + "--threads 2"}, tls=True, good_status=(0, 1, 3, 4)),
    Tool("wrk", result_line, {"closed": WRK, "mix": "env WRK_MIX=1 " + WRK}, tls=True),
    Tool("wrk, 2 threads", result_line, {"closed": WRK.replace("-t1", "-t2")}, tls=True),
    Tool("ab", ab, {"closed": "ab -q -k -s 60 -t {seconds} -n 50000000 -c {users} {url}"}, most_users=19_000, tls=True),
    Tool("h2load", h2load, {"closed": "h2load --h1 -t1 -m1 -c{users} -D {seconds} {url}"}, tls=True),
    Tool("hey", hey, {"closed": "hey -cpus 1 -t 60 -z {seconds}s -c {users} {url}"}, tls=True),
    Tool("Locust FastHttpUser", result_line, {"closed": "env L_PATH={path} " + LOCUST + "OneFast", "mix": LOCUST + "MixFast"},
         good_status=(0, 1)),
    Tool("Locust HttpUser", result_line, {"closed": "env L_PATH={path} " + LOCUST + "OneHttp", "mix": LOCUST + "MixHttp"},
         good_status=(0, 1)),
]


def by_name(name):
    return next(tool for tool in TOOLS if tool.name == name)


def dyno_options():
    """The options that this build of dyno run has, as its help names them."""
    text = subprocess.run([BIN / "dyno", "run", "--help"], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"--[a-z][a-z-]*", text))
