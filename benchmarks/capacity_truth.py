"""Hold the capacity search to answers that are known: `python benchmarks/capacity_truth.py`.

Every case that queueing theory knows (tests/theory/theory_capacity.py), and small grids of real machines of which every
fleet is simulated (tests/theory/theory_capacity_grids.py), each asked again and again under other luck. Prints for
every case how often the answer was right, and which share of the candidates, and of the runs of a full grid, it took.

Exit code 0: the share of wrong answers is at most the stated error, and no case took more than a fifth of the fleets.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "theory"))

from theory_capacity import CASES, SHARE
from theory_capacity_grids import GRIDS, RUNS

ERROR = 0.05
_ROW = "{:<28}{:>9}{:>9}{:>12}{:>10}{:>10}{:>12}{:>13}"


def _theory(name: str, repeats: int) -> dict:
    case = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        answers = [case.ask(Path(folder), repeat) for repeat in range(repeats)]
    return _row(name, [case.right(a) for a in answers], answers)


def _grid(number: int, repeats: int) -> dict:
    grid = GRIDS[number]
    with tempfile.TemporaryDirectory() as folder:
        truth = grid.truth(Path(folder))
        answers = [grid.ask(Path(folder), repeat) for repeat in range(repeats)]
    return _row(grid.name, [truth.right(a) for a in answers], answers)


def _row(name: str, right: list[bool], answers: list) -> dict:
    efforts = [answer.effort for answer in answers]
    candidates = efforts[0].candidates
    runs = [effort.runs for effort in efforts]
    return {
        "case": name,
        "repeats": len(right),
        "right": sum(right),
        "candidates": candidates,
        "fleets": sum(e.fleets for e in efforts) / len(efforts),
        "most_fleets": max(e.fleets for e in efforts),
        "runs": sum(runs) / len(runs),
        "grid_runs": candidates * RUNS,
        "confirmed": sum(a.confirmation is not None and a.confirmation.complete for a in answers),
    }


def main() -> None:
    """Ask every case, print the table, leave with the verdict."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9, help="of every case [9: 225 in all]")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as executor:
        jobs = [executor.submit(_theory, name, options.repeats) for name in CASES]
        jobs += [executor.submit(_grid, number, options.repeats) for number in range(len(GRIDS))]
        rows = []
        for job in jobs:
            rows.append(job.result())
            print(f"{len(rows)}/{len(jobs)} {json.dumps(rows[-1])}", file=sys.stderr, flush=True)
    asked, right = sum(r["repeats"] for r in rows), sum(r["right"] for r in rows)
    small = all(r["most_fleets"] * SHARE <= r["candidates"] for r in rows)
    if options.json:
        print(json.dumps({"rows": rows, "asked": asked, "right": right, "error": ERROR}, indent=1))
    else:
        print(_table(rows))
        print(f"\n{right} of {asked} right: {100 * (1 - right / asked):.1f} % wrong, at most {100 * ERROR:g} % stated")
        print(f"at most a fifth of the fleets simulated in every case: {'yes' if small else 'NO'}")
    sys.exit(0 if 1 - right / asked <= ERROR and small else 1)


def _table(rows: list[dict]) -> str:
    heading = ("case", "right", "of", "candidates", "fleets", "at most", "runs", "of a grid's")
    lines = [_ROW.format(*heading)]
    for r in rows:
        share = f"{100 * r['runs'] / r['grid_runs']:.1f} %"
        cells = (r["right"], r["repeats"], r["candidates"], f"{r['fleets']:.1f}", r["most_fleets"], f"{r['runs']:.0f}")
        lines.append(_ROW.format(r["case"], *cells, share))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
