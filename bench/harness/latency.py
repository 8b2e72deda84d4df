# SPDX-License-Identifier: Apache-2.0
"""Offers events at a rate and tells when each comes out."""

import json
import subprocess
import threading
import time

from harness.bench import BenchError, pinned

# Writes a second to the program.
STEPS = 200


def offered(bench, config, events, per_second, slow_s):
    """A run of the job, which reads standard input. Its latency_ms is that of the events that took less than slow_s
    seconds, from when they were due; n_slow counts the others."""
    lines = events.read_bytes().splitlines(keepends=True)
    numbers = [json.loads(line)["revision"]["rev_id"] for line in lines]
    due_at, arrived = {}, {}
    figures = bench.data / "figures"
    command = [bench.build / "bench/measure", figures, *pinned(0, [
        bench.weir, "run", "--config", config, "--fresh", "--log-level", "error"])]
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, cwd=bench.work) as weir:
        def read():
            for line in weir.stdout:
                arrived[json.loads(line)["revision"]["rev_id"]] = time.monotonic()
        reader = threading.Thread(target=read)
        reader.start()
        begin = time.monotonic()
        step = max(1, per_second // STEPS)
        for first in range(0, len(lines), step):
            due = begin + first / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            due_at.update(dict.fromkeys(numbers[first:first + step], due))
            weir.stdin.write(b"".join(lines[first:first + step]))
            weir.stdin.flush()
        weir.stdin.close()
        reader.join()
    if weir.returncode != 0 or len(arrived) != len(numbers):
        raise BenchError(f"{len(arrived)} of {len(numbers)} events came out, exit {weir.returncode}")
    took = sorted(arrived[number] - due_at[number] for number in numbers)
    healthy = [seconds for seconds in took if seconds < slow_s]
    wall, cpu, rss = figures.read_text(encoding="ascii").split()
    return {"wall": float(wall), "cpu": float(cpu), "rss": int(rss), "count": len(numbers), "bytes": 0,
            "n_slow": len(took) - len(healthy),
            "latency_ms": {name: healthy[int(len(healthy) * share)] * 1e3
                           for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))}}
