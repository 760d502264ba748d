"""What metrics look at: the part of a run's records that counts, behind the warm-up and before the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fleetsim.metrics.contract import PoolFacts, RunFacts
from fleetsim.records import Records
from fleetsim.statistics import mser5
from fleetsim.tables import Status
from fleetsim.units import nanoseconds

_ENDED = np.dtype(
    [
        ("finish_ns", "i8"),
        ("class_id", "i4"),
        ("prompt_tokens", "i4"),
        ("output_tokens", "i4"),
        ("right", "i4"),
        ("met", "?"),
    ],
    align=True,
)


@dataclass(frozen=True)
class Settled:
    """Where a run's warm-up ends, and whether it ever settled."""

    cut_ns: int
    doubtful: bool


class View:
    """One run, behind its warm-up.

    The window is (warm-up, horizon]. Tasks and calls belong to it if their task arrived in it, whenever they ended;
    what a fleet produced and cost in it is taken from what happened in it, whenever it arrived. So an overloaded
    fleet is neither flattered by work it did after the horizon nor by the tasks it left waiting.
    """

    def __init__(
        self, facts: RunFacts, records: Records, settled: Settled | None = None, intervals: bool = True
    ) -> None:
        self.facts, self.records = facts, records
        self.intervals = intervals  # whether anybody wants to know how sure a figure of this run alone is
        self.horizon_ns = nanoseconds(facts.horizon_s)
        settled = settled or settle(facts, records)
        self.cut_ns, self.warm_up_doubtful = settled.cut_ns, settled.doubtful
        self.warm_up_s = self.cut_ns / 1e9
        self.window_s = (self.horizon_ns - self.cut_ns) / 1e9

    @cached_property
    def tasks(self) -> np.recarray:
        """TASK_RECORDS that arrived in the window, in order of arrival; not copied in an open loop."""
        tasks = self.records.tasks
        arrival_ns = tasks.arrival_ns
        if _ascending(arrival_ns):
            return tasks[slice(*np.searchsorted(arrival_ns, [self.cut_ns, self.horizon_ns]))]
        inside = np.flatnonzero((arrival_ns >= self.cut_ns) & (arrival_ns < self.horizon_ns))
        return tasks[inside[np.argsort(arrival_ns[inside], kind="stable")]]

    @cached_property
    def calls(self) -> np.recarray:
        """CALLS of tasks that arrived in the window, in order of their tasks, in a closed loop in order of sending."""
        calls, tasks = self.records.calls, self.records.tasks
        if _ascending(tasks.arrival_ns):
            if not len(self.tasks):
                return calls[:0]
            first, last = self.tasks.task[[0, -1]]
            return calls[slice(*np.searchsorted(calls.task, [first, last + 1]))]
        arrival_ns = tasks.arrival_ns[np.searchsorted(tasks.task, calls.task)]
        inside = np.flatnonzero((arrival_ns >= self.cut_ns) & (arrival_ns < self.horizon_ns))
        return calls[inside[np.argsort(calls.sent_ns[inside], kind="stable")]]

    @cached_property
    def call_classes(self) -> np.ndarray:
        """int32[calls]: class of each call's task."""
        tasks = self.records.tasks
        return tasks.class_id[np.searchsorted(tasks.task, self.calls.task)]

    @cached_property
    def ended(self) -> np.recarray:
        """Tasks answered in the window, whenever they arrived (columns of _ENDED): what its cost bought."""
        tasks = self.records.tasks
        inside = self.inside(tasks.finish_ns) & answered(tasks)
        ended = np.empty(np.count_nonzero(inside), _ENDED).view(np.recarray)
        for column in ("finish_ns", "class_id", "prompt_tokens", "output_tokens", "right"):
            ended[column] = tasks[column][inside]
        ended.met = self.met(tasks)[inside]
        return ended

    def inside(self, time_ns: np.ndarray) -> np.ndarray:
        """bool: which times lie in the window."""
        return (time_ns > self.cut_ns) & (time_ns <= self.horizon_ns)

    @cached_property
    def timeline(self) -> Timeline:
        """The samples in the window; all of them, and the run's end, if there are less than two."""
        samples, replicas = self.records.samples, len(self.records.final)
        times = samples.time_ns
        inside = samples[(times >= self.cut_ns) & (times <= self.horizon_ns)]
        if len(inside) < 2 * replicas:
            inside = np.concatenate([samples, self.records.final]).view(np.recarray)
        if not _ascending(inside.time_ns):
            inside = inside[np.lexsort((inside.replica, inside.time_ns))]
        return Timeline(inside.reshape(-1, replicas) if replicas else inside.reshape(0, 0))

    def pool_scopes(self) -> list[tuple[str, PoolFacts, slice]]:
        """Scope, facts and replica rows of every pool."""
        return [(f"pool {p.name}", p, slice(p.first_replica, p.first_replica + p.replicas)) for p in self.facts.pools]

    def met(self, tasks: np.recarray) -> np.ndarray:
        """bool[tasks]: answered, and all targets of the class met; a class without targets meets them if answered."""
        met = answered(tasks)
        output_tokens, first_ns, finish_ns = tasks.output_tokens, tasks.first_token_ns, tasks.finish_ns
        for number, targets in enumerate(self.facts.classes):
            own = tasks.class_id == number
            if targets.ttft_s is not None:
                met &= ~own | ((first_ns >= 0) & (first_ns - tasks.arrival_ns <= targets.ttft_s * 1e9))
            if targets.tpot_s is not None:  # an answer of one token has no gap to be late in
                limit_ns = targets.tpot_s * 1e9 * (output_tokens - 1)
                met &= ~own | (output_tokens <= 1) | ((first_ns >= 0) & (finish_ns - first_ns <= limit_ns))
            if targets.e2e_s is not None:
                met &= ~own | (finish_ns - tasks.arrival_ns <= targets.e2e_s * 1e9)
        return met

    @cached_property
    def aimed(self) -> np.ndarray:
        """bool[classes]: which classes have a target."""
        targets = [(c.ttft_s, c.tpot_s, c.e2e_s) for c in self.facts.classes]
        return np.array([any(t is not None for t in three) for three in targets], bool)


def settle(facts: RunFacts, records: Records) -> Settled:
    """Where the warm-up of a run ends: where the facts say, or by MSER-5.

    It looks at end-to-end times in order of arrival and at how many tasks each arrival finds in flight, and takes the
    longer one: times may be flat while a fleet that began empty fills, and its output is still below its input. It is
    the times that tell whether a run has settled at all: numbers in flight wander in any long run.
    """
    if facts.warm_up_s is not None:
        return Settled(nanoseconds(facts.warm_up_s), doubtful=False)
    done = np.flatnonzero(answered(records.tasks))
    arrival_ns = records.tasks.arrival_ns[done]
    times_ns = records.tasks.finish_ns[done] - arrival_ns
    if not _ascending(arrival_ns):
        order = np.argsort(arrival_ns, kind="stable")
        arrival_ns, times_ns = arrival_ns[order], times_ns[order]
    slow, filling = mser5(times_ns), mser5(_in_flight(records.tasks, arrival_ns))
    cut = max(slow.cut, filling.cut)
    return Settled(min(int(arrival_ns[cut]) if cut else 0, nanoseconds(facts.horizon_s)), slow.doubtful)


def _in_flight(tasks: np.recarray, time_ns: np.ndarray) -> np.ndarray:
    """int64[times]: tasks that have arrived before each of some times and not ended."""
    ended = np.sort(tasks.finish_ns[tasks.finish_ns >= 0])
    arrived = np.sort(tasks.arrival_ns)
    return np.searchsorted(arrived, time_ns) - np.searchsorted(ended, time_ns)


def settle_together(runs: Sequence[Settled]) -> list[Settled]:
    """One cut for runs that are compared: the longest warm-up of those that settled, so that all show the same time."""
    steady = [run.cut_ns for run in runs if not run.doubtful] or [run.cut_ns for run in runs]
    return [Settled(max(steady), run.doubtful) for run in runs]


@dataclass(frozen=True)
class Timeline:
    """SAMPLES as a grid: [time, replica]."""

    rows: np.recarray

    @property
    def elapsed_s(self) -> float:
        """Time between the first and the last sample."""
        return float(self.rows.time_ns[-1, 0] - self.rows.time_ns[0, 0]) / 1e9 if self.rows.size else 0.0

    def total(self, counter: str) -> np.ndarray:
        """float64[replica]: how much a counter grew."""
        values = self.rows[counter]
        return (values[-1] - values[0]).astype(np.float64) if len(values) else np.zeros(values.shape[1])

    def rates(self, counter: str, replicas: slice) -> np.ndarray:
        """float64[times - 1]: growth of a counter per second, summed over the replicas."""
        grown = np.diff(self.rows[counter][:, replicas].sum(axis=1))
        seconds = np.diff(self.rows.time_ns[:, 0]) / 1e9 if self.rows.size else np.zeros(0)
        return grown[seconds > 0] / seconds[seconds > 0]


def answered(rows: np.recarray) -> np.ndarray:
    """bool[rows]: which tasks or calls are finished, cut short or not."""
    return (rows.status == Status.FINISHED) | (rows.status == Status.CUT)


def ratio(amount: float, over: float) -> float:
    """`amount / over`; nan over nothing."""
    return float(amount) / float(over) if over else float("nan")


def _ascending(values: np.ndarray) -> bool:
    return bool((values[1:] >= values[:-1]).all())
