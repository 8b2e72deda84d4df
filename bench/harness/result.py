# SPDX-License-Identifier: Apache-2.0
"""What workloads measure, and how it is told: runs, tables, claims.

A run is a dictionary: count (events), bytes (read), wall and cpu (seconds), rss (bytes), and where the
program tells it latency_ms (p50, p99, p999: from reading an event to when the sink has taken it). A table
holds the runs of each program, one a round, in the order of the rounds: ratios are taken between runs of one round, which met the same minute of the machine.
"""

import dataclasses
import statistics


@dataclasses.dataclass
class Table:
    """Programs that did the same, round by round."""
    title: str
    # {program: [run, ...]}
    rows: dict
    # {heading: program}: columns with the CPU an event over that of the program.
    against: dict = dataclasses.field(default_factory=dict)
    notes: list = dataclasses.field(default_factory=list)
    # Of a series, in order: (size of the work, its row).
    points: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Claim:
    """A figure that has a mark to meet: at most where the mark is one of cost, else at least."""
    name: str
    value: float
    gate: float
    stretch: float
    unit: str = ""
    at_most: bool = True

    def verdict(self):
        def meets(mark):
            return self.value <= mark if self.at_most else self.value >= mark
        return "stretch" if meets(self.stretch) else "met" if meets(self.gate) else "MISSED"


def rate(run):
    return run["count"] / run["wall"]


def price(run):
    """CPU seconds of an event."""
    return run["cpu"] / run["count"]


def median(runs, figure):
    return statistics.median(figure(run) for run in runs)


def ratios(runs, base, figure=price):
    """Of each round; rounds that one of them did not run are left out."""
    return [figure(a) / figure(b) for a, b in zip(runs, base) if figure(b) > 0]


def ratio(runs, base, figure=price):
    return statistics.median(ratios(runs, base, figure))


def least_ratio(runs, base, figure=price):
    """Of the least that each took in any round: what a busy neighbour cannot touch."""
    return min(map(figure, runs)) / min(map(figure, base))


def spread(runs, figure):
    """Half the range, in percent of the median."""
    values = [figure(run) for run in runs]
    return (max(values) - min(values)) / 2 / statistics.median(values) * 100


def fixed(value, width):
    """Three digits that count, or as many as stand before the point; less than 0.1: two."""
    digits = 4 if value < 0.1 else 2 if value < 10 else 1 if value < 1000 else 0
    return f"{value:>{width},.{digits}f}"


def latency_cells(runs):
    told = [run["latency_ms"] for run in runs if run.get("latency_ms")]
    if not told:
        return f"{'':>27}"
    return "".join(f"{statistics.median(one[name] for one in told):>9.2f}" for name in ("p50", "p99", "p999"))


def print_table(table):
    width = max(len(name) for name in table.rows) + 2
    has_latency = any(run.get("latency_ms") for runs in table.rows.values() for run in runs)
    has_bytes = any(run.get("bytes") for runs in table.rows.values() for run in runs)
    print(f"\n{table.title}")
    print(f"{'program':<{width}}{'per s':>11}" + (f"{'MB/s':>8}" if has_bytes else "") +
          f"{'us CPU':>10}{'+- %':>6}" + "".join(f"{heading:>12}" for heading in table.against) +
          (f"{'p50 ms':>9}{'p99':>9}{'p99.9':>9}" if has_latency else "") + f"{'RSS MB':>8}")
    for name, runs in table.rows.items():
        line = f"{name:<{width}}{median(runs, rate):>11,.0f}"
        if has_bytes:
            line += f"{median(runs, lambda run: run['bytes'] / run['wall'] / 1e6):>8,.0f}"
        line += fixed(median(runs, price) * 1e6, 10) + f"{spread(runs, price):>6.0f}"
        for program in table.against.values():
            base = table.rows.get(program)
            line += fixed(ratio(runs, base), 12) if base else f"{'-':>12}"
        if has_latency:
            line += latency_cells(runs)
        print(line + f"{median(runs, lambda run: run['rss']) / 1e6:>8.1f}")
    for note in table.notes:
        print(note)


def print_claims(claims):
    if not claims:
        return
    width = max(len(claim.name) for claim in claims) + 2
    print(f"\n{'mark':<{width}}{'measured':>12}{'gate':>12}{'stretch':>12}")
    for claim in claims:
        print(f"{claim.name:<{width}}{fixed(claim.value, 12)}{fixed(claim.gate, 12)}"
              f"{fixed(claim.stretch, 12)}  {claim.unit} {claim.verdict()}".rstrip())
