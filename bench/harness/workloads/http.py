# SPDX-License-Identifier: Apache-2.0
"""Requests of Weir beside those of other clients, against servers on loopback: the server has one CPU, the client
the other."""

import functools
import os
import re
import shutil
import subprocess

from harness import jobs
from harness.bench import BenchError, free_port, serving
from harness.latency import offered
from harness.machine import ROOT
from harness.result import Claim, Table, least_ratio, median, rate, ratio, ratios

TITLE = "http"

NGINX = '''
daemon off; master_process off; worker_rlimit_nofile 16384;
pid {directory}/nginx.pid; error_log {directory}/nginx.log;
events {{ worker_connections 8192; }}
http {{
    access_log off; keepalive_requests 1000000000; types {{ }} default_type text/plain;
    {temporary}
    server {{ listen 127.0.0.1:{port} backlog=4096; root {directory}/www; }}
}}
'''
POOL = "requests, 12 threads"
FLOOR = "libcurl loop"
AGAINST = {"x libcurl": FLOOR, "x wrk": "wrk"}


def nginx(directory):
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        raise BenchError("nginx is needed: bench/setup-peers")
    (directory / "www").mkdir(parents=True, exist_ok=True)
    for name, size in (("2k", 2048), ("20k", 20480)):
        (directory / "www" / name).write_bytes(b"a" * size)
    port = free_port()
    temporary = " ".join(f"{name}_temp_path {directory}/{name};"
                         for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (directory / "nginx.conf").write_text(NGINX.format(directory=directory, port=port, temporary=temporary),
                                          encoding="ascii")
    return serving([program, "-p", directory, "-c", directory / "nginx.conf", "-e", directory / "nginx.log"], port)


def reply_server(bench, delay_ms):
    """A server of ours whose paths say what it answers: bench/reply_server.c."""
    port = free_port()
    return serving([bench.build / "bench/reply_server", port, delay_ms], port)


def events_of(bench, count):
    """Bare events, 1.7 KB, each of a page of its own."""
    return bench.events(count, size=0, keys=count, zipf=0, faults=0, canaries=0)


def config_of(bench, source, step, concurrency, in_flight):
    """To standard output and without rules: what they cost is measured elsewhere."""
    return jobs.job(bench.work / "config.yaml", source, "-", [step], rules=False, max_in_flight=in_flight,
                    memory_limit="512MiB", http={"limits": {"concurrency": concurrency},
                                                 "retry": {"base": "1ms", "cap": "10ms"}})


def get(url):
    return {"http": {"url": url + "{/revision/rev_id}", "into": jobs.BODY}}


def weir(bench, count, step, concurrency, in_flight):
    events = events_of(bench, count)
    config = config_of(bench, events, step, concurrency, in_flight)
    return bench.run_weir(config, count, os.path.getsize(events), cpu=0)


def plain(bench, count, command, **options):
    run, printed = bench.measure(command, cpu=0, **options)
    return {**run, "count": count, "bytes": 0}, printed


def floor(bench, count, url, concurrency):
    return plain(bench, count, [bench.build / "bench/http_floor", url, count, concurrency])[0]


def wrk(bench, url, concurrency, seconds=3):
    run, printed = plain(bench, 1, ["wrk", "-t1", f"-c{concurrency}", f"-d{seconds}s", url], output=subprocess.PIPE)
    requests, wall = re.search(r"(\d+) requests in ([\d.]+)s", printed.decode()).groups()
    return {**run, "wall": float(wall), "count": int(requests)}


def pool(bench, count, url):
    return plain(bench, count, ["/usr/bin/python3", ROOT / "bench/peers/pool_requests.py", url, count])[0]


def compared(bench, title, count, url, concurrency, in_flight, pool_count, step=None):
    """Weir beside the clients that are there."""
    programs = {FLOOR: functools.partial(floor, bench, count, url, concurrency),
                "weir": functools.partial(weir, bench, count, step or get(url), concurrency, in_flight)}
    if shutil.which("wrk") and bench.wants("wrk"):
        programs["wrk"] = functools.partial(wrk, bench, url, concurrency)
    if bench.wants(POOL):
        programs[POOL] = functools.partial(pool, bench, pool_count, url)
    rows = bench.interleaved(programs)
    return Table(title, rows, {heading: name for heading, name in AGAINST.items() if name in rows})


def at_once(bench):
    """No latency: what a request costs."""
    count = bench.requests
    with nginx(bench.data / "nginx") as base:
        for name in ("2k", "20k"):
            url = f"{base}/{name}?"
            table = compared(bench, f"nginx, replies of {name}, 64 connections", count, url, 64, 1024, count // 20)
            marks = []
            if name == "2k" and "wrk" in table.rows:
                marks.append(Claim("HTTP 2 KB, 64 connections: CPU a request over wrk's",
                                   least_ratio(table.rows["weir"], table.rows["wrk"]), 2.2, 2.0))
            marks.append(Claim(f"HTTP {name}: requests/s over a bare libcurl loop's",
                               ratio(table.rows["weir"], table.rows[FLOOR], rate), 0.8, 0.9, at_most=False))
            yield table, marks if name == "2k" else marks[:1] if len(marks) > 1 else []


def slow_servers(bench):
    """Latencies of 10 and 100 ms, and replies of 503 that the next attempt does not meet."""
    count = bench.requests
    for delay_ms, path, what in ((10, "/2048/", "2 KB"), (100, "/2048/", "2 KB"), (100, "/20480/", "20 KB"),
                                 (100, "/2048-5/", "2 KB, 5% of them 503 at first")):
        with reply_server(bench, delay_ms) as base:
            yield compared(bench, f"replies of {what} after {delay_ms} ms, 1,000 in flight", count, base + path, 1000,
                           1100, 600), []


def lookups(bench):
    """Fifty revisions in a request beside one in each, 100 ms, 64 connections."""
    count = bench.requests
    with reply_server(bench, 100) as base:
        def content(n_keys):
            return {"page_content": {"endpoint": base + "/api", "max_keys": n_keys}}
        rows = bench.interleaved({
            "weir, 50 in a request": lambda: weir(bench, count, content(50), 64, 10_000),
            "weir, 1 in a request": lambda: weir(bench, count // 20, content(1), 64, 10_000)})
    many, single = rows.values()
    return (Table("page_content, 2 KB each, 100 ms, 64 connections", rows, {"x single": "weir, 1 in a request"},
                  [f"50 in a request: {ratio(many, single, rate):.1f} times the events/s"]),
            [Claim("lookups of 50, CPU an event over single requests'", least_ratio(many, single), 1 / 5, 1 / 7),
             Claim("lookups of 50, events/s over single requests'", ratio(many, single, rate), 20, 30, at_most=False)])


def memory(bench):
    """Peak memory with so many requests under way at once."""
    programs = {}
    with reply_server(bench, 500) as base:
        for in_flight in (1_000, 10_000):
            programs[f"weir, {in_flight:,} in flight"] = functools.partial(
                weir, bench, 3 * in_flight, get(base + "/2048/"), in_flight, in_flight)
        rows = bench.interleaved(programs)

    def peak(name):
        return median(rows[name], lambda run: run["rss"]) / 1e6
    return (Table("replies of 2 KB after 500 ms", rows),
            [Claim("peak RSS, 1,000 requests in flight", peak("weir, 1,000 in flight"), 96, 64, "MB"),
             Claim("peak RSS, 10,000 requests in flight", peak("weir, 10,000 in flight"), 384, 320, "MB")])


def slow_neighbours(bench, per_second=1000, seconds=20):
    """One of a hundred events meets a reply of 10 s; how late are the others?"""
    events = events_of(bench, per_second * seconds)
    with reply_server(bench, 20) as base:
        def run(path):
            config = config_of(bench, "-", get(base + path), 1000, 4000)
            return offered(bench, config, events, per_second, slow_s=5)
        rows = bench.interleaved({"none is slow": functools.partial(run, "/2048-0-1/"),
                                  "1% take 10 s": functools.partial(run, "/2048-1-10000/")})
    none, slow = rows.values()
    moved = ratios(slow, none, lambda run: run["latency_ms"]["p99"])
    return (Table(f"{per_second:,} events/s offered, replies of 2 KB after 20 ms; latency of the healthy ones", rows, {},
                  [f"events that met a slow reply: {slow[0]['n_slow']} of {slow[0]['count']:,}"]),
            [Claim("p99 of healthy events beside slow ones, over without", sorted(moved)[len(moved) // 2], 1.1, 1.05)])


def run(bench):
    yield from at_once(bench)
    yield from slow_servers(bench)
    yield lookups(bench)
    yield memory(bench)
    yield slow_neighbours(bench)
