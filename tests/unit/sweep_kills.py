"""Killing a sweep at random moments and going on with it: the test does so a few times, the benchmark many."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
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
    dice = random.Random(seed)
    for _ in range(kills):
        process = _started(scenario, folder, *more)
        time.sleep(dice.uniform(0.0, span_s))
        ended = process.poll() is not None
        _kill(process)
        yield kept(folder)
        if ended:
            shutil.rmtree(folder)


def killed_with(counts: Sequence[int], scenario: Path, folder: Path, seed: int, *more: str) -> None:
    """Start a sweep and kill -9 it a moment after so many points are kept, for each of the counts."""
    dice = random.Random(seed)
    for count in counts:
        process = _started(scenario, folder, *more)
        while kept(folder) < count:
            assert process.poll() is None, f"it ended with {kept(folder)} points"
            time.sleep(0.01)
        time.sleep(dice.uniform(0.0, 0.2))
        _kill(process)


def kept(folder: Path) -> int:
    """How many points a folder holds."""
    return len(list(folder.glob("points/[0-9a-f]*.json")))


def _started(scenario: Path, folder: Path, *more: str) -> subprocess.Popen:
    words, environment = command(scenario, folder, "--resume", *more), os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _kill(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def tables(folder: Path) -> list[bytes]:
    """The bytes of a finished sweep's tables."""
    return [(folder / name).read_bytes() for name in TABLES]
