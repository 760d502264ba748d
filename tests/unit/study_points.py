"""Points of a small study, for tests of what runs many of them."""

from __future__ import annotations

from pathlib import Path

from small_scenarios import SMALL, write

from fleetsim.study.points import Point, point_of
from fleetsim.study.run import load

QUICK = SMALL.replace("horizon: 20 s", "horizon: 3 s").replace("seed: 7", "seed: 7\nwarm_up: 0 s\ndrain: 5 s")


def small_points(folder: Path, count: int, architecture: str = "one") -> list[Point]:
    """Replicates of one architecture that take some milliseconds each."""
    point = point_of(load(write(folder, QUICK)), architecture)
    return [point.replicated(k) for k in range(count)]
