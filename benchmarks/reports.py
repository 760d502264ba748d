"""Render the examples in reports/: the page of every shipped scenario, as `fleetsim run` writes it.

    python benchmarks/reports.py [NAME ...]

Scenarios of claims are left out unless named: `fleetsim claims` makes one page of them all.

Pages are made here and never edited. Each holds the command, the seed, the versions and the hashes of its inputs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import fleetsim
from fleetsim import report

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "reports"


def main(names: list[str]) -> None:
    """Run the scenarios of these names, all of them if there is none, and write their pages."""
    FOLDER.mkdir(exist_ok=True)
    shipped = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))
    for name in names or [name for name in shipped if not name.startswith("claim_")]:
        page = FOLDER / f"{name}.html"
        report.write(fleetsim.simulate(name), page)
        print(f"{page.relative_to(ROOT)}  {page.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
