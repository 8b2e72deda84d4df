# SPDX-License-Identifier: Apache-2.0
"""The same job on what it is built with today: PyFlink."""

import functools
import os
import pathlib
import re
import subprocess

from harness import jobs, peers
from harness.machine import ROOT
from harness.result import Claim, Table, rate, ratio

TITLE = "reference"

EVENTS = 400_000
FLINK_EVENTS = 40_000


def interpreter():
    path = pathlib.Path(peers.unpacked()) / "pyflink/bin/python"
    return path if path.exists() else None


def flink(bench, python, events, count, parallelism):
    """Its own net runtime is taken for the wall: starting a JVM and a cluster is not counted against it."""
    output = bench.work / "flink"
    command = [python, ROOT / "bench/peers/pyflink_job.py", events, output, parallelism]
    run, printed = bench.measure(command, output=subprocess.PIPE, timeout=600)
    seconds = float(re.search(rb"net runtime ([\d.]+) s", printed).group(1))
    lines = sum(part.read_bytes().count(b"\n") for part in output.glob("**/*") if part.is_file())
    if lines != count:
        raise RuntimeError(f"PyFlink wrote {lines} of {count} events")
    return {**run, "wall": seconds, "count": count, "bytes": os.path.getsize(events)}


def run(bench):
    python = interpreter()
    if python is None:
        print("\nreference: PyFlink is not installed (bench/setup-peers): left out")
        return
    count, few = (max(1000, int(n * bench.scale)) for n in (EVENTS, FLINK_EVENTS))
    events, some = bench.events(count), bench.events(few)

    def weir(workers):
        config = jobs.job(bench.work / "config.yaml", events, bench.work / "output", workers=workers)
        return bench.run_weir(config, count, os.path.getsize(events))
    programs = {f"PyFlink, parallelism {n}": functools.partial(flink, bench, python, some, few, n) for n in (1, 2)}
    programs.update({f"weir, {n} worker{'s' * (n > 1)}": functools.partial(weir, n) for n in (1, 2)})
    rows = bench.interleaved(programs)
    best = max((f"PyFlink, parallelism {n}" for n in (1, 2)), key=lambda name: max(map(rate, rows[name])))
    times = ratio(rows["weir, 2 workers"], rows[best], rate)
    yield (Table("a file of events, a function for each, order by key, a file", rows, {"x PyFlink": best},
                 [f"weir: {times:.0f} times the events/s of {best}. PyFlink: {few:,} events, its net runtime, "
                  f"without the start of its JVM; CPU with it. weir: {count:,} events, with start and all rules"]),
           [Claim("events/s over PyFlink's", times, 50, 100, at_most=False)])
