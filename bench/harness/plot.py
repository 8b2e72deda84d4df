# SPDX-License-Identifier: Apache-2.0
"""SVG of a result's tables, drawn by gnuplot: a line where the table is a series, bars elsewhere."""

import re
import shutil
import subprocess

from harness.bench import BenchError
from harness.result import price

HEAD = '''
set terminal svg size 900,{height} dynamic background rgb "white" font "sans,13"
set output "{output}"
set title "{title}" noenhanced
set grid
unset key
'''

LINE = HEAD + '''
set logscale x
set xlabel "{title}" noenhanced
unset title
set ylabel "microseconds of CPU an event (median, least, most)"
set yrange [0:*]
$data << EOD
{data}
EOD
plot $data using 1:2:3:4 with yerrorlines linewidth 2 pointtype 7
'''

BARS = HEAD + '''
set logscale x
set xlabel "microseconds of CPU an event (median)"
set lmargin 42
set style fill solid 0.6 noborder
set boxwidth 0.7
set xrange [{least}:*]
set yrange [{last}:-0.6]
$data << EOD
{data}
EOD
plot $data using (0.5 * ($2 + $3)):0:3:2:($0 - 0.35):($0 + 0.35):ytic(1) with boxxyerror
'''


def costs(runs):
    return sorted(price(run) * 1e6 for run in runs)


def quoted(text):
    return '"' + text.replace('"', "'") + '"'


def script(table, output):
    """table: as a result file has it."""
    rows = table["rows"]
    title = re.split("[;(]", table["title"])[0].replace('"', "'").strip()
    if table.get("points"):
        data = "\n".join(f"{x} {values[len(values) // 2]} {values[0]} {values[-1]}"
                         for x, values in ((x, costs(rows[name])) for x, name in table["points"]))
        return LINE.format(height=500, output=output, title=title, data=data)
    medians = {name: costs(runs)[len(runs) // 2] for name, runs in rows.items()}
    least = min(medians.values()) / 2
    data = "\n".join(f"{quoted(name)} {least} {value}" for name, value in medians.items())
    return BARS.format(height=120 + 28 * len(rows), output=output, title=title, data=data, last=len(rows) - 0.4,
                       least=least)


def draw(result, directory):
    """Returns the files, one a table."""
    if shutil.which("gnuplot") is None:
        raise BenchError("--plot needs gnuplot: bench/setup-peers")
    directory.mkdir(parents=True, exist_ok=True)
    files = []
    for workload, tables in result["workloads"].items():
        for number, table in enumerate(tables, 1):
            name = re.sub(r"[^a-z0-9]+", "-", table["title"].split(",")[0].lower()).strip("-")[:40]
            path = directory / f"{workload}-{number}-{name}.svg"
            run = subprocess.run(["gnuplot"], input=script(table, path), text=True, capture_output=True, check=False)
            if run.returncode != 0 or not path.exists():
                raise BenchError(f"gnuplot: {run.stderr}")
            files.append(path)
    return files
