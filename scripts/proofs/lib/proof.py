"""What every proof needs: units that survive an interruption, facts of the machine, a summary.

A proof is an executable in scripts/proofs/. With --describe it prints one line; otherwise it runs the units
that are missing and writes its summary. In Python:

    proof = Proof("engine-cost", "CPU per request beside the floor", sources=["src", "bench/peers"])
    for k in range(len(proof.units()), rounds):
        proof.append({"round": k, ...})
    sys.exit(proof.conclude(lines, shown))

Nothing of where the machine stands is kept: neither host names nor paths.
"""
import datetime
import hashlib
import json
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
RESULTS = ROOT / "results" / "proofs"


def say(text):
    print(text, file=sys.stderr, flush=True)


def fail(text):
    """Usage or set-up is wrong: one line, status 2."""
    say(f"{pathlib.Path(sys.argv[0]).name}: {text}")
    sys.exit(2)


def machine():
    """What a figure depends on and what a reader may know of it."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "unknown")
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"cpu": model, "cores": os.cpu_count(), "memory_gib": round(pages / 2**30, 1),
            "kernel": ".".join(platform.release().split(".")[:2])}


def machine_line(facts):
    return f"{facts['cores']} cores of {facts['cpu']}, {facts['memory_gib']} GiB, Linux {facts['kernel']}"


def source_version(paths, root=ROOT):
    """What stands in `paths`, whatever the commits are called: results keep to it. With `+` and what has changed since."""
    def git(*arguments):
        return subprocess.run(["git", *arguments, "--", *paths], cwd=root, check=True, capture_output=True).stdout

    def digest(data, length):
        return hashlib.sha256(data).hexdigest()[:length]
    version = digest(git("ls-tree", "-r", "HEAD"), 10)
    changed = git("diff", "HEAD", "--binary")
    for name in git("ls-files", "--others", "--exclude-standard", "-z").split(b"\0")[:-1]:
        changed += name + (root / os.fsdecode(name)).read_bytes()
    return version + (f"+{digest(changed, 6)}" if changed else "")


class Proof:
    def __init__(self, name, claim, sources):
        if "--describe" in sys.argv[1:]:
            print(claim)
            sys.exit(0)
        self.name, self.claim = name, claim
        self.folder = RESULTS / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = self.folder / "units.jsonl"
        self.source = source_version(sources)
        self.machine = machine()

    def restart(self):
        """Forgets the units of every source."""
        self.file.unlink(missing_ok=True)

    def units(self, **matching):
        """Those of this source and machine, in the order they were done, that hold `matching`."""
        if not self.file.exists():
            return []
        with open(self.file, encoding="utf-8") as lines:
            units = [json.loads(line) for line in lines if line.endswith("\n")]  # half a line: was interrupted
        return [u for u in units if u["source"] == self.source and u["machine"] == self.machine
                and all(u.get(key) == value for key, value in matching.items())]

    def append(self, unit):
        unit = {"source": self.source, "machine": self.machine,
                "day": datetime.datetime.now(datetime.timezone.utc).date().isoformat(), **unit}
        text = self.file.read_bytes() if self.file.exists() else b""
        with open(self.file, "ab") as out:
            if text and not text.endswith(b"\n"):
                out.truncate(text.rfind(b"\n") + 1)
            out.write(json.dumps(unit, separators=(",", ":")).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        return unit

    def conclude(self, lines, shown):
        """Writes summary.md: the claim, whether it was shown, `lines` of evidence. Gives the exit status."""
        head = [f"# {self.name}", "", f"{self.claim}: **{'shown' if shown else 'not shown'}**.", "",
                f"Command: `scripts/prove {self.name}`. Sources {self.source}; {machine_line(self.machine)}.", ""]
        text = "\n".join(head + list(lines)) + "\n"
        (self.folder / "summary.md").write_text(text, encoding="utf-8")
        print(text)
        return 0 if shown else 1
