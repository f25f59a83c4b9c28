"""What is measured: the sections, and one round of one point of them."""
import contextlib
import dataclasses
import pathlib
import tempfile

import driver
import tools


@dataclasses.dataclass(frozen=True)
class Point:
    section: str
    mode: str
    target: str
    users: int
    tools: tuple
    server_threads: int = 1
    pinned: bool = True
    path: str = "/health"
    addresses: int = 0  # to connect from; 0: as many as ports require

    def label(self):
        return f"{self.section}: {self.users} users on {self.target}"


FAST = ("floor", "floor + histogram", "dyno", "wrk", "ab", "h2load", "hey")
LOCUST = ("Locust FastHttpUser", "Locust HttpUser")

SECTIONS = {
    "small": "closed loop, small answers from the trivial server: the generator is the limit",
    "nginx": "closed loop, small answers from nginx",
    "tls": "the same over TLS, keep-alive, certificate verified or not as the tool does by default",
    "mix": "ten weighted tasks, JSON bodies, every answer checked, beside Locust",
    "idle": "10 000 users, each one request a second: peak memory",
    "many": "50 000 users from several loopback addresses",
    "scaling": "one and two engine threads; engine and a server of two threads free on all cores",
}

POINTS = [
    *(Point("small", "closed", "trivial", users, FAST) for users in (50, 500)),
    *(Point("nginx", "closed", "nginx", users, FAST + LOCUST) for users in (50, 500)),
    Point("tls", "closed", "nginx-tls", 50, ("dyno", "wrk", "ab", "h2load", "hey")),
    Point("mix", "mix", "trivial", 50, ("dyno", "wrk") + LOCUST, path="/"),
    Point("idle", "idle", "trivial", 10_000, ("dyno",)),
    Point("many", "idle", "trivial", 50_000, ("dyno",)),
    Point("scaling", "closed", "trivial", 50, ("dyno", "dyno, 2 threads", "wrk", "wrk, 2 threads"), server_threads=2, pinned=False),
]

# Connections from one address to one port end where the local ports do: 28 000 by default.
PER_ADDRESS = 20_000


def reason_not(point, tool, options):
    """Why `tool` cannot do this here, or nothing."""
    if not tool.available():
        return f"{tool.program()} is not there"
    if point.mode not in tool.modes or point.users > tool.most_users:
        return "it has no such mode"
    if point.target == "nginx-tls" and not tool.tls:
        return "it has no TLS"
    if tool.name == "dyno":
        if point.mode == "mix" and not (driver.HERE / "conf" / "mix.json").exists():
            return "there is no scenario file for it"
        if point.target == "nginx-tls" and "--insecure" not in options:
            return "this build has no TLS"
        if point.users > PER_ADDRESS and "--source-address" not in options:
            return "this build has no --source-address, and one address has too few ports"
    if point.users + 500 > driver.raise_descriptor_limit(point.users + 1000):
        return f"the limit of open files cannot be raised to {point.users + 1000} here"
    return None


def spec_of(point, target, folder, seconds):
    addresses = point.addresses or -(-point.users // PER_ADDRESS)
    sources = "--source-address=" + ",".join(f"127.0.0.{i + 2}" for i in range(addresses)) if addresses > 1 else ""
    ramp = point.users / 5000
    return {"folder": folder, "users": point.users, "pinned": point.pinned, "path": point.path,
            "port": target.port, "url": target.url(point.path), "origin": target.url(""), "sources": sources,
            "spawn_rate": "5000/s", "insecure": "--insecure" if point.target == "nginx-tls" else "",
            "seconds": int(seconds + ramp) if point.mode == "idle" else seconds}


@contextlib.contextmanager
def opened(point):
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        target = driver.Target(point.target, folder, pinned=point.pinned, threads=point.server_threads)
        try:
            yield target, pathlib.Path(folder)
        finally:
            target.stop()


def round_of(point, number, names, seconds, quality, show):
    """Every tool once, in turn; which comes first changes with the round. Gives a row for each, and why the others
    have none. A run that others disturbed is repeated; the best is kept."""
    rows, left_out, options = [], {}, tools.dyno_options()
    chosen = [name for name in point.tools if not names or name in names or name == "floor"]
    chosen = chosen[number % len(chosen):] + chosen[:number % len(chosen)]
    with driver.Lock(), opened(point) as (target, folder):
        for name in chosen:
            tool = tools.by_name(name)
            reason = reason_not(point, tool, options)
            if reason:
                left_out[name] = reason
                continue
            best = None
            for _ in range(quality["tries"]):
                spec = {**spec_of(point, target, folder, seconds), "near_ns": quality["near_ns"]}
                row = driver.measure(tool, tool.argv(point.mode, spec), target, spec)
                row.update(tool=name, section=point.section, target=point.target, users=point.users, round=number)
                row["disturbed"] = row.get("foreign_cpu", 0) > quality["foreign"]
                if best is None or row["disturbed"] < best["disturbed"]:
                    best = row
                if not best["disturbed"]:
                    break
            show(best)
            rows.append(best)
    return rows, left_out
