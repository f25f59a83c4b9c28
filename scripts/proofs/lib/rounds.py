"""Proofs that measure load generators beside each other: rounds of scripts/peers, kept one a unit."""
import subprocess
import sys

from proof import ROOT, fail, say

sys.path.insert(0, str(ROOT / "bench" / "peers"))
import report  # noqa: E402
import sections  # noqa: E402

QUALITY = {"tries": 1, "near_ns": 200, "foreign": 0.2}
# What a request passes through, and who measures it.
SOURCES = [f"src/dyno/{name}" for name in ("async", "core", "http", "load", "metrics", "scenario")] + ["bench/peers"]


def prepare(*targets):
    """Packages and programs; the output of both goes to stderr."""
    script = 'source scripts/lib/common.sh; install_packages "${packages_build[@]}" "${packages_peers[@]}"; build release "$@"'
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script, "prove", "dyno", "floor_epoll", "trivial_server",
                           "cache_line", *targets], cwd=ROOT, check=False)
    if done.returncode != 0:
        fail("packages or programs are missing; see above")


def points(section):
    return [point for point in sections.POINTS if point.section == section]


def measure(proof, point, tools, rounds, seconds, **quality):
    """Brings the units of this point up to `rounds`; gives the rows of all of them."""
    key = {"section": point.section, "users": point.users, "seconds": seconds}
    for number in range(len(proof.units(**key)), rounds):
        say(f"{point.label()}, round {number + 1} of {rounds}")
        show = lambda row: say(f"  {row['tool']:<20} " + "  ".join(
            f"{name} {report.figure(row.get(name))}" for name in ("rps", "near_per_million", "far_per_million", "peak_mb", "errors")))
        rows, left_out = sections.round_of(point, number, list(tools), seconds, {**QUALITY, **quality}, show)
        for name, reason in left_out.items():
            if name in tools:
                fail(f"{name} cannot be measured: {reason}")
        proof.append({**key, "rows": [{k: v for k, v in row.items() if k not in ("section", "users", "target")} for row in rows]})
    return [row for unit in proof.units(**key)[:rounds] for row in unit["rows"]]


def evidence(point, rows):
    names = [name for name in point.tools if any(row["tool"] == name for row in rows)]
    disturbed = sum(1 for row in rows if row["disturbed"])
    return ["", f"## {point.label()}", "", *report.point_table(rows, names), "",
            f"{len(rows)} runs; in {disturbed} others used the machine."]


def ratio(rows, tool, base, *keys):
    """Of each round in which both are comparable."""
    return report.ratios(report.of_tool(rows, tool), report.of_tool(rows, base), *([keys] if keys else []))
