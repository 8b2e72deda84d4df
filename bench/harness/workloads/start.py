# SPDX-License-Identifier: Apache-2.0
"""From starting the program to the first event on its output."""

import os
import subprocess
import time

from harness import jobs
from harness.result import Claim, Table

TITLE = "start"

STARTS = 20


def first_event(command):
    """Seconds until the first byte of output; the program is ended after it."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        os.read(process.stdout.fileno(), 1)
        took = time.monotonic() - begin
        process.stdout.read()
    return took


def starts(bench, command):
    """The median of some starts, as a run whose count is one."""
    took = sorted(first_event(command) for _ in range(STARTS))
    run, _ = bench.measure(command)
    return {**run, "wall": took[STARTS // 2], "count": 1, "bytes": 0,
            "latency_ms": {"p50": took[STARTS // 2] * 1e3, "p99": took[-1] * 1e3, "p999": took[-1] * 1e3}}


def run(bench):
    events = bench.events(10)
    config = jobs.job(bench.work / "start.yaml", events, "-")
    weir = [str(bench.weir), "run", "--config", str(config), "--fresh", "--log-level", "error"]
    rows = bench.interleaved({"cat": lambda: starts(bench, ["cat", str(events)]),
                              "weir": lambda: starts(bench, weir)}, clean=False)
    best = min(run["wall"] for run in rows["weir"]) * 1e3
    yield (Table("from start to the first event on standard output: 10 events, all rules", rows),
           [Claim("start to first event delivered, least median", best, 15, 10, "ms")])
