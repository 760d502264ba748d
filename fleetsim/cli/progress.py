"""How far a study is, for whoever sits at a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fleetsim.cli.group import talk
from fleetsim.cli.text import three, time_text

if TYPE_CHECKING:
    from fleetsim.study.leaders import Leaders
    from fleetsim.study.sweep import Standing

_EVERY_S = 10.0  # between lines where there is no terminal


@contextmanager
def progress_bar(quiet: bool) -> Iterator[Callable[[str, float], None] | None]:
    """A function to tell what is being done and which share is; None where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task("", total=1.0)
        yield lambda doing, share: bar.update(row, description=doing, completed=share)


@contextmanager
def points_progress(quiet: bool, leaders: Leaders) -> Iterator[Callable[[Standing], None]]:
    """A function that takes in how far a study of points is, and shows it with the best arm so far.

    At a terminal as a bar; elsewhere a line on stderr now and then; nothing if `quiet`, but what was found wrong in
    the study's folder is said always.
    """
    with progress_bar(quiet) as bar:
        said = time.monotonic()

        def tell(standing: Standing) -> None:
            nonlocal said
            for point, result in standing.fresh:
                leaders.add(point, result)
            for word in standing.words:
                talk(word)
            text = _standing(standing, leaders, foresee=bar is None)  # the bar has a clock of its own
            if bar is not None:
                bar(text, standing.done / standing.total)
            elif not quiet and (time.monotonic() - said >= _EVERY_S or not standing.fresh):
                talk(text)
                said = time.monotonic()

        yield tell


def _standing(standing: Standing, leaders: Leaders, foresee: bool) -> str:
    parts = [f"{standing.done:,} of {standing.total:,} points"]
    if foresee and standing.left_s is not None and standing.done < standing.total:
        parts.append(f"{time_text(max(1.0, round(standing.left_s)))} left")
    best = leaders.best()
    if best is not None:
        parts.append(f"best so far: {best.arm} ({leaders.heading.key} {three(best.estimate.value)})")
    return ", ".join(parts)
