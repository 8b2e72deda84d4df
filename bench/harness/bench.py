# SPDX-License-Identifier: Apache-2.0
"""What workloads share: the build, the data, running a program and weighing it, rounds, the progress line."""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import time

from harness.machine import ROOT


class BenchError(Exception):
    """Ends the run with its text."""


class Progress:
    """One line on a terminal, one for each run elsewhere; on standard error, beside the tables."""

    def __init__(self):
        self.is_terminal = sys.stderr.isatty()
        self.begin = time.monotonic()
        self.workload = ""

    def say(self, text):
        elapsed = int(time.monotonic() - self.begin)
        line = f"[{elapsed // 60:>3}:{elapsed % 60:02}] {self.workload}: {text}"
        if self.is_terminal:
            columns = shutil.get_terminal_size().columns
            line = f"\r{line[:columns - 1]:<{columns - 1}}"
        print(line, file=sys.stderr, flush=True, end="" if self.is_terminal else "\n")

    def clear(self):
        if self.is_terminal:
            print("\r\033[K", file=sys.stderr, end="", flush=True)


def release_build():
    """The directory of an optimised build, made or brought up to date."""
    directory = pathlib.Path(os.environ.get("BENCH_BUILD_DIR", ROOT / "build-bench"))
    commands = [["ninja", "-C", str(directory)]]
    if not (directory / "build.ninja").exists():
        commands.insert(0, ["meson", "setup", "--buildtype=release", str(directory)])
    for command in commands:
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise BenchError(f"{' '.join(command)} failed\n{run.stdout}{run.stderr}")
    return directory


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def pinned(cpu, command):
    """On a CPU of its own, where there are two."""
    if cpu is None or os.cpu_count() < 2 or not shutil.which("taskset"):
        return list(map(str, command))
    return ["taskset", "-c", str(cpu), *map(str, command)]


@contextlib.contextmanager
def serving(command, port):
    """A server on the second CPU, from when it listens; gives its URL."""
    with subprocess.Popen(pinned(1, command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as server:
        try:
            for _ in range(1000):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                if server.poll() is not None:
                    raise BenchError(f"{command[0]} ended with {server.returncode}")
                time.sleep(0.01)
            else:
                raise BenchError(f"{command[0]} does not listen")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def count_lines(path):
    lines = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
    return lines


class Bench:
    """build: a release; data: kept between runs; work: emptied by whoever writes to it."""

    def __init__(self, build, data, work, options):
        self.build, self.data, self.work = build, data, work
        self.rounds, self.scale, self.against = options.rounds, options.scale, options.against
        self.requests, self.is_long = options.requests, options.long
        self.progress = Progress()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    @property
    def weir(self):
        return self.build / "src/cli/weir"

    def events(self, count, **options):
        """A file of generated events, made once for each set of options (tests/support/gen_events)."""
        options = {"seed": 1, **options}
        name = "-".join([str(count), *(f"{key}-{value}" for key, value in sorted(options.items()))])
        path = self.data / f"{name}.ndjson"
        if not path.exists():
            self.progress.say(f"making {path.name}")
            arguments = []
            for key, value in options.items():
                arguments += [f"--{key}"] if value is True else [f"--{key}", str(value)]
            part = path.with_suffix(".part")
            with open(part, "wb") as output:
                subprocess.run([self.build / "tests/support/gen_events", "--events", str(count), *arguments],
                               stdout=output, check=True)
            part.rename(path)
        return path

    def clean(self):
        """Each run writes new files: what the last one left would make it cheaper."""
        for entry in self.work.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def measure(self, command, output=os.devnull, cpu=None, until=None, stdin=None, environment=None, timeout=900):
        """wall, cpu, rss of a command and its children, and what it printed where output is PIPE. until=(file,
        size): the program is one that does not end; it is ended when the file has that size."""
        figures = self.data / "figures"
        waiting = ["--until", *map(str, until)] if until else []
        command = [self.build / "bench/measure", *waiting, figures, *pinned(cpu, command)]
        with contextlib.ExitStack() as stack:
            if output != subprocess.PIPE:
                output = stack.enter_context(open(output, "wb"))
            stdin = stack.enter_context(open(stdin, "rb")) if stdin else subprocess.DEVNULL
            try:
                run = subprocess.run(list(map(str, command)), stdin=stdin, stdout=output, check=False,
                                     stderr=subprocess.PIPE, timeout=timeout, cwd=self.work,
                                     env={**os.environ, **(environment or {})})
            except subprocess.TimeoutExpired as error:
                raise BenchError(f"{' '.join(map(str, command))}: not over after {timeout} s") from error
        if run.returncode != 0:
            raise BenchError(f"{' '.join(map(str, command))}: exit {run.returncode}\n{run.stderr.decode()}")
        wall, cpu_seconds, rss = figures.read_text(encoding="ascii").split()
        return {"wall": float(wall), "cpu": float(cpu_seconds), "rss": int(rss)}, run.stdout

    def run_weir(self, config, n_events, n_bytes, cpu=None, arguments=(), **options):
        """A run of the job with what its report says; every event must have been delivered."""
        report = self.data / "report.json"
        run, _ = self.measure([self.weir, "run", "--config", config, "--fresh", "--log-level", "error", "--report",
                               report, *arguments], cpu=cpu, **options)
        figures = json.loads(report.read_text(encoding="utf-8"))
        if figures["delivered"] != n_events:
            raise BenchError(f"{config}: {figures['delivered']} of {n_events} events were delivered")
        return {**run, "count": n_events, "bytes": n_bytes, "latency_ms": figures["delivery_ms"],
                "durable_ms": figures["latency_ms"]}

    def interleaved(self, programs, clean=True):
        """{name: runs}: every program once a round. programs: {name: function that gives a run}."""
        rows = {name: [] for name in programs}
        for n_round in range(self.rounds):
            for name, program in programs.items():
                self.progress.say(f"round {n_round + 1} of {self.rounds}, {name}")
                if clean:
                    self.clean()
                rows[name].append(program())
        return rows

    def wants(self, name):
        """Is a program to be run beside Weir?"""
        return not self.against or any(one in name for one in self.against)
