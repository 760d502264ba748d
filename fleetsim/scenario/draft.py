"""A scenario under examination, and walks over its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fleetsim.scenario.document import Flaw, Place
from fleetsim.scenario.schema import Architecture, Pool, Scenario, TaskClass


class Draft(NamedTuple):
    """A scenario with the data it was made of and the folder whose files it may name."""

    scenario: Scenario
    data: Any
    base: Path

    def architectures(self) -> Iterator[tuple[Place, Architecture]]:
        """Every architecture with its place."""
        for name, architecture in self.scenario.architectures.items():
            yield ("architectures", name), architecture

    def pools(self) -> Iterator[tuple[Place, Pool]]:
        """Every pool with its place; the prefill side of a disaggregated one too."""
        for place, architecture in self.architectures():
            for name, pool in architecture.pools.items():
                yield (*place, "pools", name), pool
                if pool.prefill is not None:
                    yield (*place, "pools", name, "prefill"), pool.prefill_pool()

    def classes(self) -> Iterator[tuple[Place, TaskClass]]:
        """Every task class with its place."""
        for name, task_class in self.scenario.workload.classes.items():
            yield ("workload", "classes", name), task_class


Rule = Callable[[Draft], Iterator[Flaw]]
