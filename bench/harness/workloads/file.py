# SPDX-License-Identifier: Apache-2.0
"""file to file and to /dev/null: the engine alone."""

import functools
import os
import shutil

from harness import jobs, peers
from harness.result import Claim, Table, least_ratio, median, price, rate, ratio

TITLE = "file"

# Events of a run; programs that take 10 times as long get fewer of them.
EVENTS = 200_000
SLOW_EVENTS = 20_000
AGAINST = {"x cat": "cat > /dev/null", "x wc -l": "wc -l", "x jq -c": "jq -c > file"}


class Input:
    """A file of events, and the bench that runs programs on it."""

    def __init__(self, bench, count, **options):
        self.bench, self.count = bench, max(1000, int(count * bench.scale))
        self.path = bench.events(self.count, **options)
        self.size = os.path.getsize(self.path)

    def filter(self, command, output=os.devnull, **options):
        run, _ = self.bench.measure(command, output=output, **options)
        return {**run, "count": self.count, "bytes": self.size}

    def daemon(self, make):
        output = self.bench.work / "output"
        run = self.filter(until=(output, self.count), timeout=120, **make(self.path, output))
        if output.read_bytes().count(b"\n") != self.count:
            raise RuntimeError("lines were lost")
        return run

    def weir(self, sink, workers=1, rules=True, cpu=None, **more):
        work = self.bench.work
        config = jobs.job(work / "config.yaml", self.path, work / "output" if sink == "file" else "-",
                          workers=workers, rules=rules, **more)
        return self.bench.run_weir(config, self.count, self.size, cpu=cpu)


def filters(bench, events, few):
    """cat, and those that are there of the programs that write to standard output."""
    programs = {"cat > /dev/null": lambda: events.filter(["cat", events.path]),
                "cat > file": lambda: events.filter(["cat", events.path], bench.work / "output")}
    for name, program, command in peers.FILTERS:
        if not bench.wants(name):
            continue
        if shutil.which(program) is None:
            bench.progress.say(f"{name} is not installed: left out")
            continue
        size = few if program in ("jq", "python3") else events
        if program == "wc":
            programs[name] = functools.partial(size.filter, command(size.path))
            continue
        programs[f"{name} > /dev/null"] = functools.partial(size.filter, command(size.path))
        programs[f"{name} > file"] = functools.partial(size.filter, command(size.path), bench.work / "output")
    return programs


def daemons(bench, few):
    programs = {}
    for name, program, package, make in peers.DAEMONS:
        if not bench.wants(name):
            continue
        if peers.find(program, package) is None:
            bench.progress.say(f"{name} is not installed: left out")
            continue
        programs[f"{name} > file"] = functools.partial(few.daemon, make)
    return programs


def beside_others(bench):
    """Events of the schema's own version: the job in full, beside what others do with the same bytes."""
    events, few = Input(bench, EVENTS), Input(bench, SLOW_EVENTS)
    programs = filters(bench, events, few)
    for sink in ("/dev/null", "file"):
        for workers in (1, 2, 4):
            programs[f"weir, {workers} worker{'s' * (workers > 1)} > {sink}"] = functools.partial(
                events.weir, sink, workers)
    programs["weir, 1 worker, one CPU > /dev/null"] = lambda: events.weir("/dev/null", cpu=0)
    programs["weir, no rules > /dev/null"] = lambda: events.weir("/dev/null", rules=False)
    programs["weir, no rules > file"] = lambda: events.weir("file", rules=False)
    programs.update(daemons(bench, Input(bench, EVENTS // 2)))
    rows = bench.interleaved(programs)
    table = Table(f"events of the schema's version, {events.size / events.count:,.0f} bytes on average; the job sets a "
                  f"field, projects, validates, stamps", rows,
                  {heading: program for heading, program in AGAINST.items() if program in rows},
                  [f"{events.count:,} events; jq and Python {few.count:,}, log daemons {events.count // 2:,}"])
    return table, claims(rows)


def claims(rows):
    """The marks of the file job: CPU, of the least that each took in any round."""
    def at_most(name, program, base, gate, stretch):
        if base in rows:
            yield Claim(name, least_ratio(rows[program], rows[base]), gate, stretch)

    null, file = "weir, 1 worker > /dev/null", "weir, 1 worker > file"
    yield from at_most("file > /dev/null, CPU over cat's", null, "cat > /dev/null", 12, 9)
    yield from at_most("file > file, CPU over jq's", file, "jq -c > file", 1 / 18, 1 / 22)
    yield from at_most("file > file, CPU over the Python loop's", file, "Python json loop > file", 1 / 11, 1 / 14)
    yield from at_most("file > file, CPU over rsyslog's", file, "rsyslog, passed through > file", 1 / 2, 1 / 3)
    yield Claim("events/s on one CPU, most of any round",
                max(map(rate, rows["weir, 1 worker, one CPU > /dev/null"])), 300_000, 350_000, at_most=False)
    yield Claim("two workers over one, events/s",
                ratio(rows["weir, 2 workers > /dev/null"], rows[null], rate), 1.5, 1.7, at_most=False)
    yield Claim("file job, peak RSS", median(rows[file], lambda run: run["rss"]) / 1e6, 24, 20, "MB")


def rules(bench):
    """Events as the public stream has them, whose streams are pinned to an older version: fields are dropped."""
    events = Input(bench, EVENTS, live=True)
    programs = {"cat > /dev/null": lambda: events.filter(["cat", events.path])}
    # Without projection they would not be valid.
    kinds = [("no rules", False), ("projected", {"project": True, "validate": False, "stamp": False}),
             ("projected and validated", {"project": True, "validate": True, "stamp": False}), ("all rules", True)]
    for sink in ("/dev/null", "file"):
        for name, which in kinds:
            programs[f"weir, {name} > {sink}"] = functools.partial(events.weir, sink, rules=which)
    programs["weir, all rules, 2 workers > /dev/null"] = lambda: events.weir("/dev/null", 2)
    rows = bench.interleaved(programs)
    return Table(f"events of the live stream, {events.size / events.count:,.0f} bytes on average, pinned to 1.1.0",
                 rows, {"x cat": "cat > /dev/null", "x no rules": "weir, no rules > /dev/null"})


def sizes(bench):
    programs, names = {}, {}
    for size, count in ((0, 200_000), (4_000, 100_000), (20_000, 25_000), (100_000, 5_000), (1_000_000, 500)):
        events = Input(bench, count, size=size)
        mean = f"{events.size / events.count:,.0f} bytes"
        names[mean] = events
        programs[f"cat, {mean}"] = functools.partial(events.filter, ["cat", events.path])
        # Comments of that length are not valid: what is measured is the size.
        programs[f"weir, {mean}"] = functools.partial(events.weir, "/dev/null", rules=False,
                                                      memory_limit="512MiB")
    rows = bench.interleaved(programs)
    notes = [f"{mean}: {ratio(rows[f'weir, {mean}'], rows[f'cat, {mean}']):.1f} times the CPU of cat, "
             f"{median(rows[f'weir, {mean}'], price) / (events.size / events.count) * 1e12:,.0f} us a MB"
             for mean, events in names.items()]
    return Table("sizes of events, to /dev/null, without rules", rows, {}, notes)


def keys(bench):
    """Order by key, from all alike to one page that gets all."""
    programs = {}
    for name, options in (("uniform, 100,000 keys", {"keys": 100_000, "zipf": 0}),
                          ("Zipf 1.2, 1,000 keys", {"keys": 1000, "zipf": 1.2}), ("one key", {"keys": 1, "zipf": 0})):
        events = Input(bench, EVENTS // 2, **options)
        for workers in (1, 2):
            programs[f"weir, {name}, {workers} worker{'s' * (workers > 1)}"] = functools.partial(
                events.weir, "/dev/null", workers)
    return Table("hot keys, to /dev/null, all rules", bench.interleaved(programs))


def run(bench):
    table, marks = beside_others(bench)
    yield table, list(marks)
    for part in (rules, sizes, keys):
        yield part(bench), []
