# SPDX-License-Identifier: Apache-2.0
"""Server-Sent Events over loopback to a file: what the stream costs, and how late events are."""

import functools
import os

from harness import jobs
from harness.bench import free_port, serving
from harness.result import Claim, Table, least_ratio, median, ratio, rate

TITLE = "sse"

EVENTS = 200_000
# Events offered a second, and for how many seconds.
OFFERED = ((20, 20), (1_000, 10), (20_000, 5))


def stream(bench, events, sink, count, rate_offered=None, **more):
    """A run that reads a local stream to its end."""
    port = free_port()
    command = [bench.weir, "serve", events, "--listen", f"127.0.0.1:{port}", "--log-level", "error"]
    if rate_offered:
        command += ["--rate", rate_offered]
    with serving(command, port) as base:
        config = jobs.job(bench.work / "config.yaml", base + "/v2/stream/mediawiki.page_change.v1", sink,
                          **more)
        return bench.run_weir(config, count, os.path.getsize(events), cpu=0, timeout=120)


def file_job(bench, events, sink, count):
    config = jobs.job(bench.work / "config.yaml", events, sink)
    return bench.run_weir(config, count, os.path.getsize(events), cpu=0)


def sustained(bench):
    count = max(1000, int(EVENTS * bench.scale))
    events, output = bench.events(count), bench.work / "output"
    rows = bench.interleaved({
        "file > file": lambda: file_job(bench, events, output, count),
        "sse > file": lambda: stream(bench, events, output, count),
        "sse > /dev/null": lambda: stream(bench, events, "-", count)})
    mark = Claim("SSE to file, CPU over file to file's", least_ratio(rows["sse > file"], rows["file > file"]), 1.5, 1.3)
    note = f"the most that it sustains: {median(rows['sse > file'], rate):,.0f} events/s, one CPU beside the server's"
    return Table("a local server over loopback, as fast as it goes; one CPU for each", rows,
                 {"x file": "file > file"}, [note, f"wall over file to file's: "
                                             f"{1 / ratio(rows['sse > file'], rows['file > file'], rate):.2f}"]), [mark]


def latencies(bench):
    """From reading an event to when the sink has taken it, and with checkpoints every 20 ms to when it is synced."""
    programs = {}
    for offered, seconds in OFFERED:
        count = int(offered * max(1, seconds * min(1, bench.scale)))
        programs[f"{offered:,} a second"] = functools.partial(
            stream, bench, bench.events(count), bench.work / "output", count, offered,
            checkpoint={"dir": str(bench.work / "state"), "interval": "20ms"})
    rows = {}
    for name, runs in bench.interleaved(programs).items():
        rows[f"{name}, by write"] = runs
        rows[f"{name}, by sync"] = [{**run, "latency_ms": run["durable_ms"]} for run in runs]

    def p99(name):
        return median(rows[name], lambda run: run["latency_ms"]["p99"])
    marks = [Claim("p99 at 1,000 events/s, durable by write", p99("1,000 a second, by write"), 25, 12, "ms"),
             Claim("p99 at 1,000 events/s, durable by sync", p99("1,000 a second, by sync"), 60, 30, "ms")]
    return Table("latency at a rate offered; linger 10 ms, a checkpoint every 20 ms", rows), marks


def run(bench):
    yield sustained(bench)
    yield latencies(bench)
