"""What a study returns: every run with its figures, and for every arm the figures over its replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleetsim.findings import Finding
from fleetsim.metrics.contract import Figure, RunFacts
from fleetsim.records import Records

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """One simulated run."""

    facts: RunFacts
    records: Records
    figures: tuple[Figure, ...]
    warm_up_s: float  # the cut that was made
    seconds: float  # wall time of the engine; talk, never a result


@dataclass(frozen=True)
class Arm:
    """One alternative of the comparison: its replicates and the figures over them."""

    name: str
    runs: tuple[Run, ...]
    figures: tuple[Figure, ...]
    simulated: int | None = None  # runs behind the figures, where not all of them were kept

    @property
    def count(self) -> int:
        """How many runs the figures rest on."""
        return len(self.runs) if self.simulated is None else self.simulated

    def value(self, name: str, scope: str = "all") -> float:
        """The figure's value; nan if there is no such figure."""
        return next((f.value for f in self.figures if f.name == name and f.scope == scope), float("nan"))

    def figure(self, name: str, scope: str = "all") -> Figure | None:
        """The figure, or None."""
        return next((f for f in self.figures if f.name == name and f.scope == scope), None)


@dataclass(frozen=True)
class Study:
    """The answer to a scenario's question."""

    name: str
    question: str
    arms: tuple[Arm, ...]
    provenance: dict[str, Any]  # versions, seed, engine, hash of the resolved scenario, inputs with their hashes
    resolved: str  # the scenario as YAML with every default
    findings: tuple[Finding, ...] = ()  # what was found beside the figures of the arms

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of all arms, one arm after the other."""
        return tuple(run for arm in self.arms for run in arm.runs)

    def frame(self) -> pd.DataFrame:
        """All figures, tidy: one row an arm, scope and figure."""
        import pandas as pd

        return pd.DataFrame([{"arm": arm.name, **vars(figure)} for arm in self.arms for figure in arm.figures])

    def _records(self, table: str) -> pd.DataFrame:
        import pandas as pd

        from fleetsim.study.columns import Naming, as_frame

        naming = Naming(self.runs)
        parts = [as_frame(block) for run in naming.runs for block in naming.blocks(run, table)]
        return pd.concat(parts, ignore_index=True)

    def calls(self) -> pd.DataFrame:
        """Every call of every run: arm, replicate and the columns of tables.CALLS, numbers of names as names."""
        return self._records("calls")

    def tasks(self) -> pd.DataFrame:
        """Every task of every run: arm, replicate and the columns of tables.TASK_RECORDS, numbers of names as names."""
        return self._records("tasks")

    def timeline(self) -> pd.DataFrame:
        """The timeline of every run: arm, replicate, pool and the columns of tables.SAMPLES."""
        return self._records("timeline")
