# SPDX-License-Identifier: Apache-2.0
"""What a result holds for: machine, commit, versions."""

import os
import pathlib
import platform
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def output_of(*command):
    """The first line of what a command prints, '' where there is no such command."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT,
                             stdin=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ((run.stdout or run.stderr).splitlines() or [""])[0].strip()


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = re.findall(r"^model name\s*:\s*(.+)$", file.read(), re.MULTILINE)
    return names[0] if names else platform.machine()


def commit():
    if not shutil.which("git"):
        return "unknown"
    name = output_of("git", "rev-parse", "--short", "HEAD")
    return name + (" and changes" if output_of("git", "status", "--porcelain") else "")


def library(name):
    return output_of("pkg-config", "--modversion", name)


def describe():
    return {
        "processor": processor(), "cpus": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.release()}", "commit": commit(),
        "versions": {
            "cc": output_of("cc", "--version"), "simdjson": library("simdjson"),
            "libcurl": library("libcurl"), "coreutils": output_of("cat", "--version"),
            "jq": output_of("jq", "--version"), "python": platform.python_version(),
        },
    }


def line(machine):
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    return (f"{machine['processor']}, {machine['cpus']} CPUs, {machine['memory_gb']} GB, "
            f"{machine['system']}, commit {machine['commit']}\n{versions}")


def free_memory():
    """Bytes that can be used before the machine swaps."""
    with open("/proc/meminfo", encoding="ascii") as file:
        return int(re.search(r"MemAvailable:\s+(\d+)", file.read()).group(1)) * 1024
