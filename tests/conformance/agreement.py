"""What it is to agree: two engines, one plan, the same records."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fleetsim.engine.run import run
from fleetsim.study.verify import first_difference


def engines_agree(kind: str, made: Callable, numbers: Iterable[int]) -> None:
    """Hold the core to the reference on random plans; `made(number)` gives a plan and its tasks."""
    for number in numbers:
        plan, tasks = made(number)
        difference = first_difference(run(plan, tasks), run(plan, tasks, engine="reference"))
        assert difference is None, f"{kind} {number}: {difference}"
