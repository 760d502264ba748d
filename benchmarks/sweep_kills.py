"""kill -9 a sweep at random moments and go on with it: the tables must be the same to the byte.

    python benchmarks/sweep_kills.py --kills 50

A sweep of a small scenario by two worker processes is killed `--kills` times at moments drawn evenly over the time that
it takes unbroken, then ended with --resume. A sweep that had ended before its moment came is begun afresh, and counted.

Exit code 0: tables and printed results equal, no kept point ran again. 1: they differ.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "unit"))

import sweep_kills
from small_scenarios import write
from study_points import QUICK


def main() -> int:
    """Run it and print what came of it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--replications", type=int, default=400, help="of each of two architectures")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    more = ("--replications", str(given.replications), "-q")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        scenario = write(folder, QUICK)
        sweep_kills.run(scenario, folder / "warm", "-q")  # compiles, or loads what is compiled
        began = time.monotonic()
        whole = sweep_kills.run(scenario, folder / "whole", *more)
        span_s = time.monotonic() - began
        print(f"unbroken: {2 * given.replications} points in {span_s:.1f} s, exit code {whole.returncode}", flush=True)
        kept, finished = [], 0
        for count in sweep_kills.killed(scenario, folder / "killed", given.kills, given.seed, span_s, *more):
            kept.append(count)
            finished += not (folder / "killed").exists()
            print(f"kill {len(kept)}: {count} points kept", flush=True)
        last = sweep_kills.run(scenario, folder / "killed", "--resume", *more)
        same = sweep_kills.tables(folder / "killed") == sweep_kills.tables(folder / "whole")
        lines = (folder / "killed" / "journal").read_text().splitlines()
        again = sum(n - 1 for n in Counter(line for line in lines if '"point"' in line).values())
        right = same and last.stdout == whole.stdout and last.returncode == 0 and again == 0
    print(f"{given.kills} kills ({finished} sweeps had ended and were begun afresh), {again} kept points ran again")
    print(f"tables and printed results {'equal to the byte' if right else 'DIFFER'}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
