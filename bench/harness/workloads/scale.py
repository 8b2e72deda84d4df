# SPDX-License-Identifier: Apache-2.0
"""What an event costs as the work grows: events, sizes, keys, workers, events in flight."""

import functools
import os

from harness import jobs
from harness.bench import free_port, serving
from harness.result import Table, median, price

TITLE = "scale"

BLOCK = 100_000
# A cost is linear while it is within this of the least before it.
LINEAR = 1.25


def per_event(run):
    return price(run)


def per_byte(run):
    return run["cpu"] / run["bytes"]


def verdict(table, cost, why):
    """The line that says where the cost leaves what it was, and why."""
    points = [(x, median(table.rows[name], cost)) for x, name in table.points]
    least = points[0][1]
    for (before, _), (x, value) in zip(points, points[1:]):
        if value > least * LINEAR:
            return f"linear up to {before:,}; at {x:,} each costs {value / least:.2f} times the least before: {why}"
        least = min(least, value)
    return f"linear up to {points[-1][0]:,}: none costs over {LINEAR} times the least before it"


def series(bench, title, programs, why, cost=per_event):
    """programs: {x: function that gives a run}; why: what ends the line, where something does."""
    names = {x: f"{x:,}" for x in programs}
    table = Table(title, bench.interleaved({names[x]: program for x, program in programs.items()}))
    table.points = list(names.items())
    table.notes.append(verdict(table, cost, why))
    return table


def blocks(bench, count):
    """A directory of files that hold so many events together: links to one file, so that memory holds them all."""
    if count < BLOCK:
        return bench.events(count)
    block = bench.events(BLOCK)
    directory = bench.data / f"blocks-{count}"
    if not directory.exists():
        directory.mkdir()
        for n in range(count // BLOCK):
            os.link(block, directory / f"{n:04}.ndjson")
    return directory


def job_run(bench, source, count, size, workers=1, **more):
    config = jobs.job(bench.work / "config.yaml", source, "-", workers=workers, **more)
    return bench.run_weir(config, count, size)


def by_events(bench):
    size = os.path.getsize(bench.events(BLOCK)) / BLOCK
    counts = [10_000, 100_000, 1_000_000] + ([10_000_000] if bench.is_long else [])
    return series(bench, "events of a job, to /dev/null, all rules",
                  {count: functools.partial(job_run, bench, blocks(bench, count), count, int(size * count))
                   for count in counts}, "memory that grows with what was read")


def by_size(bench):
    programs = {}
    for size, count in ((2_000, 100_000), (10_000, 30_000), (100_000, 3_000), (1_000_000, 300)):
        events = bench.events(count, size=size)
        programs[size] = functools.partial(job_run, bench, events, count, os.path.getsize(events), rules=False,
                                           memory_limit="512MiB")
    return series(bench, "bytes of an event (without rules: comments of such length are not valid); linear is by byte",
                  programs, "an event no longer fits the caches between the steps that touch it", per_byte)


def by_keys(bench):
    programs = {}
    for keys in (1, 100, 10_000, 1_000_000):
        events = bench.events(BLOCK, keys=keys, zipf=0)
        programs[keys] = functools.partial(job_run, bench, events, BLOCK, os.path.getsize(events), workers=2)
    return series(bench, "keys, uniform, two workers", programs, "tables of keys outgrow the caches")


def by_workers(bench):
    events = bench.events(BLOCK)
    return series(bench, "workers", {n: functools.partial(job_run, bench, events, BLOCK, os.path.getsize(events), n)
                                     for n in (1, 2, 4, 8)}, "more threads than CPUs take turns, and wake each other")


def by_in_flight(bench):
    """Replies take so long that so many do wait: more than a CPU can ask for meanwhile."""
    def run(in_flight, delay_ms):
        count = min(20 * in_flight + 80, 40_000)
        events = bench.events(count, size=0, keys=count, zipf=0)
        port = free_port()
        with serving([bench.build / "bench/reply_server", port, delay_ms], port) as base:
            step = {"http": {"url": base + "/2048/{/revision/rev_id}", "into": jobs.BODY}}
            config = jobs.job(bench.work / "config.yaml", events, "-", [step], rules=False, max_in_flight=in_flight,
                              memory_limit="512MiB", http={"limits": {"concurrency": in_flight}})
            return bench.run_weir(config, count, os.path.getsize(events), cpu=0)
    delays = {1: 20, 10: 100, 100: 100, 1_000: 500, 10_000: 2_000}
    return series(bench, "events in flight, a request of 20 ms to 2 s for each",
                  {n: functools.partial(run, n, delay_ms) for n, delay_ms in delays.items()},
                  "connections to open, their buffers in no cache, and longer waits in the kernel's lists")


def run(bench):
    for part in (by_events, by_size, by_keys, by_workers, by_in_flight):
        yield part(bench), []
