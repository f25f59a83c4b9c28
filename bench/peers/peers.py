"""Measures load generators in turn; called by scripts/peers, which sees to the programs."""
import argparse
import datetime
import pathlib
import sys

import driver
import report
import sections
import tools

sys.path.insert(0, str(driver.ROOT / "scripts" / "proofs" / "lib"))
import proof  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/peers", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures dyno beside wrk, ab, h2load, hey and Locust, and beside the floor: the least work that a client on\n"
        "epoll can do. Generator on the last CPU, target on CPU 0, one tool after the other in every round. Rates and CPU\n"
        "are taken from outside, alike for every tool.\n\nsections:\n"
        + "\n".join(f"  {name:<9} {text}" for name, text in sections.SECTIONS.items()),
        epilog="examples:\n  scripts/peers --only small --rounds 5\n  scripts/peers --only small,tls --tools dyno,wrk\n"
        "  scripts/peers --only nginx --users 50 --seconds 10\n  scripts/peers --only many --seconds 60\n\n"
        "Writes peers.json and peers.md to results/runs/peers-<time>/. Exit status: 0 measured, 2 usage or set-up.")
    parser.add_argument("--only", default=",".join(sections.SECTIONS), help="sections, separated by commas (default: all)")
    parser.add_argument("--tools", default="", help="only these tools (default: all of the section); the floor is always there")
    parser.add_argument("--users", type=lambda text: [int(part) for part in text.split(",")], help="only the points with so many users")
    parser.add_argument("--rounds", type=int, default=3, help="(default 3)")
    parser.add_argument("--seconds", type=int, default=6, help="of one run (default 6)")
    parser.add_argument("--tries", type=int, default=3, help="a run that was disturbed is repeated, so many runs at most (default 3)")
    parser.add_argument("--foreign", type=float, default=0.2, help="disturbed: others used more of a CPU than this (default 0.2)")
    parser.add_argument("--near-ns", type=int, default=200, help="CPUs between which a cache line goes and returns faster are near (default 200)")
    parser.add_argument("--out", type=pathlib.Path, help="folder of the results")
    return parser.parse_args()


def main():
    given = arguments()
    wanted, names = given.only.split(","), [name for name in given.tools.split(",") if name]
    for unknown in set(wanted) - set(sections.SECTIONS):
        proof.fail(f"--only: there is no section '{unknown}'; there are {', '.join(sections.SECTIONS)}")
    for unknown in set(names) - {tool.name for tool in tools.TOOLS}:
        proof.fail(f"--tools: there is no tool '{unknown}'; there are {', '.join(tool.name for tool in tools.TOOLS)}")
    points = [point for point in sections.POINTS if point.section in wanted and (not given.users or point.users in given.users)]
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    out = given.out or driver.ROOT / "results" / "runs" / f"peers-{stamp}"
    out.mkdir(parents=True, exist_ok=True)
    quality = {"tries": given.tries, "near_ns": given.near_ns, "foreign": given.foreign}
    rows, left_out = [], {}
    command = "scripts/peers " + " ".join(sys.argv[1:])
    for point in points:
        for number in range(given.rounds):
            show = lambda row: proof.say(f"  {row['tool']:<20} " + "  ".join(
                f"{key} {report.figure(row.get(key))}" for key in ("rps", "cpu_per_million", "near_per_million", "far_per_million", "peak_mb", "p99", "errors", "foreign_cpu"))
                + ("  (others at work)" if row["disturbed"] else "") + (f"  said: {row['said']}" if "said" in row else ""))
            proof.say(f"{point.label()}, round {number + 1} of {given.rounds}")
            new, left = sections.round_of(point, number, names, given.seconds, quality, show)
            rows += new
            left_out[point] = left
            driver.dump(out / "peers.json", {"machine": proof.machine(), "versions": driver.facts(), "command": command, "rows": rows})
    text = report.markdown(points, rows, left_out, proof.machine_line(proof.machine()), command)
    (out / "peers.md").write_text(text, encoding="utf-8")
    print(text)
    print(f"results in {out}")


if __name__ == "__main__":
    main()
