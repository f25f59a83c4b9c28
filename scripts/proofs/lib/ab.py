"""dyno ab on the benchmarks whose work is known, for proofs about verdicts."""
import math
import pathlib
import re
import subprocess
import time
import xml.etree.ElementTree as xml

from proof import ROOT, fail

BIN = ROOT / "build" / "release" / "bin"
SOURCES = ["src/dyno/ab", "bench/known_work.cpp"] + [f"src/dyno/compare/{name}" for name in (
    "paired.h", "paired.cpp", "signed_rank.h", "signed_rank.cpp", "statistics.h", "statistics.cpp")]


def check_programs():
    for name in ("dyno", "known_work"):
        if not (BIN / name).exists():
            fail(f"build/release/bin/{name} is not there; run cmake --build --preset release --target dyno known_work")


def slower(folder, family, percent):
    """A program that is known_work with so much more work in one family."""
    path = pathlib.Path(folder) / "known_work"
    path.write_text(f"#!/bin/sh\nKNOWN_WORK_EXTRA={family}:{percent} exec {BIN / 'known_work'} \"$@\"\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def run(folder, head, seed, arguments):
    """One suite: exit status, seconds, the verdict of every benchmark, its pair noise in percent, and pairs discarded."""
    began = time.monotonic()
    done = subprocess.run([BIN / "dyno", "ab", BIN / "known_work", head, "--seed", str(seed), "--out", folder, "--", *arguments],
                          capture_output=True, text=True, cwd=ROOT)
    if done.returncode == 2:
        fail(done.stderr.strip().splitlines()[-1])
    noise = {name: float(value) for name, value in re.findall(r"^(\S+): pair noise ([0-9.]+) %", done.stdout, re.M)}
    verdicts = {}
    for case in xml.parse(pathlib.Path(folder) / "junit.xml").iter("testcase"):
        name, figure = case.get("name").rsplit(" ", 1)
        if figure != "real_time":
            continue
        message = next(iter(case)).get("message") or next(iter(case)).text
        verdicts[name] = message.removeprefix(f"{name} {figure} ").split(":")[0]
    discarded = re.search(r"(\d+) pairs? w\w+ discarded", done.stdout)
    return {"exit": done.returncode, "seconds": round(time.monotonic() - began, 1), "verdicts": verdicts, "noise": noise,
            "discarded": int(discarded.group(1)) if discarded else 0}


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def interval(hits, of):
    """Clopper and Pearson's 95 % interval of a share (Biometrika 26, 1934)."""
    def tail(p, ks):
        return sum(math.comb(of, k) * p**k * (1 - p)**(of - k) for k in ks)

    def solve(rises):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if rises(middle) else (low, middle)
        return low
    low = 0.0 if hits == 0 else solve(lambda p: tail(p, range(hits, of + 1)) < 0.025)
    high = 1.0 if hits == of else solve(lambda p: tail(p, range(hits + 1)) > 0.025)
    return low, high
