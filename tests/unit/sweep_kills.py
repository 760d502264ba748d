"""Killing a sweep at random moments and going on with it: the test does so a few times, the benchmark many."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAIN = "import sys; sys.argv[0] = 'fleetsim'; from fleetsim.cli import main; main()"
TABLES = ("table.csv", "table.parquet", "table.json")


def command(scenario: Path, folder: Path, *more: str) -> list[str]:
    """A sweep of the scenario by two worker processes."""
    return [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        MAIN,
        "sweep",
        str(scenario),
        "-o",
        str(folder),
        "--workers",
        "2",
        *more,
    ]


def run(scenario: Path, folder: Path, *more: str) -> subprocess.CompletedProcess:
    """A sweep to its end."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command(scenario, folder, *more), env=environment, capture_output=True, text=True, check=False
    )


def killed(scenario: Path, folder: Path, kills: int, seed: int, span_s: float, *more: str) -> Iterator[int]:
    """Start a sweep and kill -9 it after a random time within `span_s`, again and again; yields the points kept then.

    A sweep that ended before its time came is begun afresh.
    """
    dice, environment = random.Random(seed), os.environ | {"PYTHONPATH": str(ROOT)}
    for _ in range(kills):
        words = command(scenario, folder, "--resume", *more)
        process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.0, span_s))
        ended = process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
        points = folder / "points"
        yield len(list(points.glob("[0-9a-f]*.json"))) if points.is_dir() else 0
        if ended:
            shutil.rmtree(folder)


def tables(folder: Path) -> list[bytes]:
    """The bytes of a finished sweep's tables."""
    return [(folder / name).read_bytes() for name in TABLES]
