"""The contract of an arrival process: knobs as a scenario writes them, arrival times as the engines read them.

Times are the running sum of gaps, each rounded to whole nanoseconds, in int64: so they do not depend on the sizes of
the blocks in which they are drawn.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

import numpy as np

from fleetsim import luck
from fleetsim.luck import Stream
from fleetsim.scenario.families import ARRIVALS
from fleetsim.scenario.fields import Model

BLOCK_ROWS = 65_536
COMMON = 0xFFFF
"""The node under which arrivals common to several classes draw; a class of its own draws under its number."""

_FIRST_BLOCK_ROWS = 1_024


@dataclass(frozen=True)
class Source:
    """What an arrival process draws from, and for how long."""

    seed: int
    node: int  # the class by order in the scenario, or COMMON
    horizon_ns: int
    base: Path  # the scenario's folder
    class_name: str | None = None  # None for common arrivals
    block_rows: int = BLOCK_ROWS

    def uniforms(self, stream: Stream, first: int, count: int, attempt: int = 0) -> np.ndarray:
        """float64[count] strictly between 0 and 1, for the draws first .. first+count-1 of a stream."""
        return luck.uniforms(self.seed, int(stream), int(first), int(count), self.node, attempt)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """(first, count) of successive blocks without end: small ones first, as most workloads are small."""
        first, count = 0, min(_FIRST_BLOCK_ROWS, self.block_rows)
        while True:
            yield first, count
            first, count = first + count, min(2 * count, self.block_rows)


@dataclass(frozen=True)
class Batch:
    """Successive arrivals; a process that brings lengths or classes of its own gives those columns too."""

    arrival_ns: np.ndarray  # int64, ascending
    prompt_tokens: np.ndarray | None = None
    output_tokens: np.ndarray | None = None
    labels: np.ndarray | None = None  # names of task classes


class _Process(Model):
    """What open and closed processes have in common."""

    brings_lengths: ClassVar[bool] = False  # whether its tasks have lengths of their own

    def labels(self, base: Path) -> set[str] | None:
        """The names of task classes it brings with its tasks; None if it brings none. Files are relative to `base`."""
        return None

    def notes(self, base: Path) -> tuple[str, ...]:
        """What was mended in reading its files, for the report."""
        return ()


class OpenProcess(_Process):
    """Arrivals that do not wait for answers."""

    @property
    def mean_rate_per_s(self) -> float | None:
        """Tasks a second on average, as its knobs tell; None if only its file can."""
        return None

    @abstractmethod
    def batches(self, source: Source) -> Iterator[Batch]:
        """All arrivals before `source.horizon_ns` in order of time, a pure function of the source's seed and node."""


class ClosedProcess(_Process):
    """Clients that send their next task some time after the answer to the last one."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many clients there are."""

    @abstractmethod
    def starts_ns(self) -> np.ndarray:
        """int64[count]: when each client sends its first task."""

    @abstractmethod
    def think_ns(self, source: Source, first: int, count: int) -> np.ndarray:
        """int64[count]: the pauses after the tasks first .. first+count-1; task j*N+c is the j-th of client c."""


Process = TypeVar("Process", bound=type[Model])


def arrival_process(process: Process) -> Process:
    """Register an arrival process under its `kind`."""
    ARRIVALS.add(process.model_fields["kind"].default, process)
    return process


def times_after(now_ns: int, gaps_s: np.ndarray, horizon_ns: int) -> np.ndarray:
    """int64: the arrival times that follow `now_ns` by these gaps (s), as far as they are before the horizon."""
    with np.errstate(over="ignore"):
        gaps_ns = np.minimum(np.rint(gaps_s * 1e9), horizon_ns)
    near = np.searchsorted(np.cumsum(gaps_ns), 2.0 * horizon_ns)  # what lies beyond could overflow an int64
    times = now_ns + np.cumsum(gaps_ns[:near].astype(np.int64))
    return times[: np.searchsorted(times, horizon_ns)]


def renewals(source: Source, gap_s: Callable[[np.ndarray], np.ndarray]) -> Iterator[np.ndarray]:
    """Arrival times (int64 ns) whose gaps are independent: `gap_s` turns uniforms into gaps (s)."""
    now_ns = 0
    for first, count in source.blocks():
        times = times_after(now_ns, gap_s(source.uniforms(Stream.ARRIVAL, first, count)), source.horizon_ns)
        yield times
        if len(times) < count:
            return
        now_ns = int(times[-1])


def thinned(
    source: Source, envelope_per_s: float, rate_per_s: Callable[[np.ndarray], np.ndarray]
) -> Iterator[np.ndarray]:
    """Arrival times (int64 ns) of a Poisson process whose rate (1/s) is a function of time (s).

    Candidates come at the envelope's rate; one at time t is kept with probability rate(t) / envelope
    (Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", 1979).
    Raises ValueError if the rate exceeds the envelope anywhere it is asked for: the result would be wrong.
    """
    first = 0
    for times in renewals(source, lambda u: -np.log(u) / envelope_per_s):
        rates = rate_per_s(times / 1e9)
        if np.any(rates > envelope_per_s * (1 + 1e-12)):
            raise ValueError(f"the rate exceeds its envelope of {envelope_per_s} per s")
        yield times[source.uniforms(Stream.ARRIVAL, first, len(times), attempt=1) * envelope_per_s < rates]
        first += len(times)
