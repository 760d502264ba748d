"""How much faster a sweep is on several worker processes than in one process, folder and table included.

    python benchmarks/sweep_speed.py --points 5000 --workers 2

Runs the same sweep of the quickstart scenario (arrival rates x replications x its architectures, a minute of arrivals
each) in this process and over workers, each into a study folder of its own, and compares the tables byte by byte. Wall
time means something on a machine that does nothing else; so processor seconds are given too: `on idle cores` is the
speed-up if all processor seconds of the sweep over workers were spread over as many idle cores.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from contextlib import nullcontext
from multiprocessing.forkserver import _forkserver
from pathlib import Path

import fleetsim
from fleetsim.study.table import FILES
from fleetsim.study.workers import local_crew

_RATES = 50
_ARCHITECTURES = 2


def _processor_s(*processes: int) -> float:
    """Of this process and of others by their numbers."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    stats = [Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split() for number in processes]
    ticks = sum(int(fields[11]) + int(fields[12]) for fields in stats)
    return own.ru_utime + own.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def _swept(points: int, workers: int, folder: Path) -> tuple[float, float]:
    """Wall and processor seconds of the sweep, its workers' start among them."""
    replications = max(1, points // (_RATES * _ARCHITECTURES))
    began, spent = time.perf_counter(), _processor_s()
    with nullcontext() if workers == 1 else local_crew(workers) as crew:
        fleetsim.sweep(
            "quickstart",
            sets=["horizon=1 min", "drain=1 min"],
            vary=[f"workload.arrivals.rate=2:8 per s:{_RATES}"],
            replications=replications,
            workers=workers,
            executor=crew,
            folder=folder,
        )
        helpers = [] if crew is None else [*crew.processes(), _forkserver._forkserver_pid]
        return time.perf_counter() - began, _processor_s(*helpers) - spent


def main() -> int:
    """Run it and print what came of it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--points", type=int, default=5000)
    options.add_argument("--workers", type=int, default=2)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _swept(100, 1, folder / "warm")  # compiles, or loads what is compiled
        one_s, one_cpu_s = _swept(given.points, 1, folder / "one")
        many_s, many_cpu_s = _swept(given.points, given.workers, folder / "many")
        same = all((folder / "one" / name).read_bytes() == (folder / "many" / name).read_bytes() for name in FILES)
        rows = (folder / "one" / "table.csv").read_text().count("\n") - 1
    print(f"{rows} points, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"in one process:   {one_s:7.1f} s wall, {one_cpu_s:7.1f} s processor")
    print(f"over {given.workers} processes: {many_s:7.1f} s wall, {many_cpu_s:7.1f} s processor")
    print(f"speed-up {one_s / many_s:.2f} by wall time, {one_cpu_s / (many_cpu_s / given.workers):.2f} on idle cores")
    print(f"tables {'equal to the byte' if same else 'DIFFER'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
