"""Hold the simulator to queueing theory: `python benchmarks/theory.py`.

Runs ordinary scenarios that restrict the simulator to models with known answers, and prints for every value what was
simulated, its standard error, t and the verdict. The points and their tolerance rule are in tests/theory.

Exit code 0: every check agrees. 1: one differs, or is void because its standard error is above its cap.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "theory"))

from theory_points import FAST, POINTS
from theory_verdicts import FAST_REPLICATIONS, REPLICATIONS, Verdict, judged, limit_of, replication

_ROW = "{:<12}{:<27}{:>12}{:>12}{:>9}{:>8}  {}"


def _block(name: str, numbers: range, fast: bool) -> tuple[str, int, list[list[float]]]:
    return name, numbers.start, [replication(name, number, fast) for number in numbers]


def _verify(names: list[str], replications: int, processes: int, fast: bool) -> list[Verdict]:
    """Replications in blocks over the processes; their order, and so every result, is fixed."""
    half = -(-replications // 2)
    blocks = [range(0, half), range(half, replications)]
    figures: dict[str, dict[int, list[list[float]]]] = defaultdict(dict)
    with ProcessPoolExecutor(processes) as executor:
        jobs = [executor.submit(_block, name, numbers, fast) for name in names for numbers in blocks]
        for done, job in enumerate(as_completed(jobs), start=1):
            name, start, rows = job.result()
            figures[name][start] = rows
            print(f"{done}/{len(jobs)} {name}", file=sys.stderr, flush=True)
    limit = limit_of(sum(len(POINTS[name].checks) for name in names), replications)
    verdicts = []
    for name in names:
        rows = [row for start in sorted(figures[name]) for row in figures[name][start]]
        verdicts += judged(POINTS[name], rows, limit, fast)
    return verdicts


def _table(verdicts: list[Verdict]) -> str:
    lines = [_ROW.format("point", "value", "exact", "simulated", "SE", "t", "verdict")]
    for v in verdicts:
        sign = {"equal": "", "at most": "<= ", "at least": ">= "}[v.kind]
        error = f"{100 * v.error / abs(v.value):.2f} %"
        lines.append(
            _ROW.format(v.point, v.check, f"{sign}{v.value:.6g}", f"{v.simulated:.6g}", error, f"{v.t:.2f}", v.word)
        )
    return "\n".join(lines)


def _summary(verdicts: list[Verdict], replications: int, seconds: float) -> dict:
    equal = [v for v in verdicts if v.kind == "equal"]
    words = [v.word for v in verdicts]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "points": len({v.point for v in verdicts}),
        "checks": len(verdicts),
        "replications": replications,
        "limit": verdicts[0].limit,
        "largest_abs_t": max(abs(v.t) for v in equal),
        "mean_t_squared": sum(v.t**2 for v in equal) / len(equal),
        "agree": words.count("agrees"),
        "differ": words.count("differs"),
        "void": words.count("void"),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("points", nargs="*", metavar="POINT", help="ids of points; all of them if left out")
    parser.add_argument("--fast", action="store_true", help="the short runs of the test suite")
    parser.add_argument("--replications", type=int, help=f"default {REPLICATIONS}, with --fast {FAST_REPLICATIONS}")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one a core")
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of the table")
    options = parser.parse_args()
    known = FAST if options.fast else tuple(POINTS)
    if strangers := [name for name in options.points if name not in known]:
        parser.error(f"no point {', '.join(strangers)}; there are {', '.join(known)}")
    options.points = list(dict.fromkeys(options.points)) or list(known)
    options.replications = options.replications or (FAST_REPLICATIONS if options.fast else REPLICATIONS)
    if options.replications < 2:
        parser.error("a standard error needs 2 replications or more")
    return options


def main() -> int:
    """Read the command line, run the points, print."""
    options, begin = _options(), time.perf_counter()
    verdicts = _verify(options.points, options.replications, options.processes, options.fast)
    summary = _summary(verdicts, options.replications, time.perf_counter() - begin)
    if options.json:
        rows = [asdict(v) | {"verdict": v.word, "bias": POINTS[v.point].bias} for v in verdicts]
        print(json.dumps({"summary": summary, "checks": rows}))
    else:
        print(_table(verdicts) + "\n")
        print("\n".join(f"{key:<18}{value:.4g}" for key, value in summary.items()))
    return 0 if summary["agree"] == summary["checks"] else 1


if __name__ == "__main__":
    sys.exit(main())
