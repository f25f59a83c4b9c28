"""Starts targets and load generators, and takes what each costs from outside, the same way for every tool: the
target's own counter of requests and the CPU time of the generator's whole process tree, over the steady window
(from 1 s after the first request to the end of the load)."""
import fcntl
import http.client
import json
import mmap
import os
import pathlib
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN = pathlib.Path(os.environ.get("DYNO_BIN", ROOT / "build" / "release" / "bin"))
CPUS = os.cpu_count()
TICK = os.sysconf("SC_CLK_TCK")
GENERATOR_CPU, TARGET_CPU = str(CPUS - 1), "0"


class Lock:
    """Whatever measures on this machine takes turns: `with Lock():` around a round."""

    def __enter__(self):
        self.file = open(pathlib.Path(tempfile.gettempdir()) / "measure.lock", "a", encoding="ascii")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        self.file.close()


def raise_priority():
    """Before what is measured, where that is allowed. Niceness counts only within a session where the kernel groups
    processes by session (sched_autogroup), so the session is raised too."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -10)
        with open("/proc/self/autogroup", "w", encoding="ascii") as group:
            group.write("-20")
    except OSError:
        pass


def raise_descriptor_limit(needed):
    """The soft and, as root, the hard limit. What could not be had is said by the return value: the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, max(hard, needed)))
        except (OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def tree(pid):
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as children:
                    found += [int(child) for child in children.read().split()]
        except OSError:
            pass
    return found


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                text = stat.read()
            ticks += sum(map(int, text[text.rindex(")") + 2:].split()[11:15]))
        except OSError:
            pass
    return ticks / TICK


def machine_busy():
    """CPU seconds of the machine that were not idle (up to a constant), and those stolen by the host."""
    with open("/proc/stat", encoding="ascii") as stat:
        fields = list(map(int, stat.readline().split()[1:]))
    return -(fields[3] + fields[4]) / TICK, fields[7] / TICK


def cache_line_ns():
    """0 where it could not be measured in time."""
    return int(subprocess.check_output([BIN / "cache_line"], timeout=5))


class Target:
    """What is loaded: `trivial` (the program beside this file), `nginx`, or `nginx-tls`, the same with a
    certificate signed by itself. Pinned to CPU 0 unless `pinned` says otherwise."""

    def __init__(self, kind, folder, pinned=True, threads=1):
        self.kind, self.folder, self.polls = kind, pathlib.Path(folder), 0
        self.scheme, self.certificate = "http", None
        command = self._nginx() if kind.startswith("nginx") else [BIN / "trivial_server", self.folder / "count", threads]
        pin = ["taskset", "-c", TARGET_CPU] if pinned else []
        self.process = subprocess.Popen(pin + list(map(str, command)), stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL, preexec_fn=raise_priority, start_new_session=True)
        if kind == "trivial":
            self.port = int(self.process.stdout.readline())
            with open(self.folder / "count", "r+b") as counter:
                self.page = mmap.mmap(counter.fileno(), 4096)
        else:
            self._await_nginx()
        self.pids = tree(self.process.pid)

    def _nginx(self):
        for name in ("www", "tmp", "logs"):
            (self.folder / name).mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        if self.kind == "nginx-tls":
            self.scheme, self.certificate = "https", self.folder / "certificate.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.folder / "key.pem",
                            "-out", self.certificate], check=True, capture_output=True)
        self.port, self.plain_port = free_port(), free_port()
        listen = f"127.0.0.1:{self.port} backlog=4096" + (" ssl" if self.certificate else "")
        tls = "ssl_certificate certificate.pem; ssl_certificate_key key.pem;" if self.certificate else ""
        text = (HERE / "conf" / "nginx.conf.in").read_text(encoding="ascii")
        text = text.replace("@LISTEN@", listen).replace("@STATUS@", f"127.0.0.1:{self.plain_port}").replace("@TLS@", tls)
        (self.folder / "nginx.conf").write_text(text, encoding="ascii")
        return ["nginx", "-p", f"{self.folder}/", "-c", "nginx.conf"]

    def _await_nginx(self):
        for _ in range(100):
            try:
                self.status = http.client.HTTPConnection("127.0.0.1", self.plain_port)
                self.status.connect()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError("nginx does not start; try: nginx -t") from None
                time.sleep(0.05)
        raise RuntimeError("nginx does not answer")

    def count(self):
        """Requests answered so far, without those for this number."""
        if self.kind == "trivial":
            return struct.unpack("Q", self.page[:8])[0]
        self.status.request("GET", "/status")
        words = self.status.getresponse().read().split()
        self.polls += 1
        return int(words[9]) - self.polls

    def url(self, path):
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"

    def stop(self):
        self.process.terminate()
        self.process.wait()


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure(tool, argv, target, spec, watch=None):
    """One run of `argv` against `target`: a row of figures. `spec` has folder, seconds, pinned. `watch`, if given,
    gets (seconds, process tree) at every sample."""
    folder = pathlib.Path(spec["folder"])
    pin = ["taskset", "-c", GENERATOR_CPU] if spec.get("pinned", True) else []
    limit = spec["seconds"] + tool.patience
    first = target.count()
    samples, begin = [], time.monotonic()
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(["time", "-f", "%U %S %M", "-o", folder / "time", *pin, *map(str, argv)],
                                   cwd=HERE, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **tool.environment}, start_new_session=True, preexec_fn=raise_priority)
        killed = False
        while process.poll() is None:
            pids, at = tree(process.pid), time.monotonic()
            samples.append((at - begin, target.count() - first, cpu_seconds(pids), cpu_seconds(target.pids), *machine_busy(),
                            sum(os.times()[:2]), cache_line_ns()))
            if watch:
                watch(at - begin, pids)
            if at - begin > limit:  # `time` itself stays, to report
                for pid in tree(process.pid)[1:]:
                    os.kill(pid, signal.SIGKILL if killed and at - begin > limit + 10 else signal.SIGINT)
                killed = True
            time.sleep(0.25 if samples[-1][1] else 0.05)
    served = target.count() - first
    text = (folder / "output").read_text(encoding="utf-8", errors="replace")[-2_000_000:]
    row = {key: value for key, value in tool.parse(text, spec).items() if value is not None}
    user, system, peak = map(float, (folder / "time").read_text(encoding="ascii").split("\n")[-2].split())
    row.update(served=served, status=process.returncode, peak_mb=round(peak / 1024, 1), cpu_all_s=round(user + system, 2))
    row.update(steady(samples, spec["near_ns"]))
    if killed:
        row["killed_after_s"] = limit
    if not served or process.returncode not in tool.good_status:
        row["said"] = text[-300:]
    return row


def steady(samples, near_ns):
    """Rates and costs from 1 s after the first request to the last sample in which requests were served."""
    start = next((s[0] for s in samples if s[1] > 0), None)
    if start is None:
        return {}
    last = max((i for i in range(1, len(samples)) if samples[i][1] > samples[i - 1][1]), default=0)
    window = [s for s in samples[:max(last, 1)] if s[0] >= start + 1]
    if len(window) < 3:
        return {}
    a, b = window[0], window[-1]
    seconds, requests = b[0] - a[0], b[1] - a[1]
    if requests == 0:
        return {}
    slices = slice_costs(window, near_ns)
    foreign = CPUS * seconds + (b[4] - a[4]) - (b[2] - a[2]) - (b[3] - a[3]) - (b[6] - a[6]) + (b[5] - a[5])
    return {"window_s": round(seconds, 1), "rps": round(requests / seconds, 1),
            "cpu_per_million": round((b[2] - a[2]) / requests * 1e6, 3),
            **{f"{place}_per_million": round(sorted(costs)[len(costs) // 4], 3) for place, costs in slices.items() if costs},
            "both_per_million": round((b[2] - a[2] + b[3] - a[3]) / requests * 1e6, 3),
            "generator_cpu": round((b[2] - a[2]) / seconds, 2), "target_cpu": round((b[3] - a[3]) / seconds, 2),
            "foreign_cpu": round(foreign / seconds, 2)}


def slice_costs(samples, near_ns):
    """Generator CPU seconds per million requests over every stretch of a second in which the CPUs stayed near each
    other, or far. What others do to a run only ever adds, so the cheapest quarter of these says what the tool itself
    costs; a second holds all that a tool does periodically."""
    slices = {"near": [], "far": []}
    for i, begin in enumerate(samples):
        end = next((k for k in range(i, len(samples)) if samples[k][0] >= begin[0] + 1), None)
        if end is None:
            break
        near = {sample[7] <= near_ns if sample[7] else None for sample in samples[i:end + 1]}
        requests = samples[end][1] - begin[1]
        if requests > 0 and near in ({True}, {False}):
            slices["near" if True in near else "far"].append((samples[end][2] - begin[2]) / requests * 1e6)
    return slices


def facts():
    """The tools' versions, as Debian names them."""
    versions = {}
    for package in ("wrk", "apache2-utils", "hey", "python3-locust", "nghttp2-client", "nginx-light"):
        if shutil.which("dpkg-query"):
            done = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], capture_output=True, text=True)
            if done.returncode == 0:
                versions[package] = done.stdout
    return versions


def dump(path, data):
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
