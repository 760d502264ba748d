"""Figures of queueing theory from the records of a run: what is seen by those who arrive after the warm-up.

Every figure is a function of a `Window`. Tails are shares of calls beyond the exact quantile: such a share has no bias
at any sample size, where a sample quantile of correlated waits has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from theory_runs import STEP_S, Run, all_finished

Figure = Callable[["Window"], float]


@dataclass(frozen=True)
class Window:
    """A run without its warm-up; all its tasks have finished."""

    run: Run
    warm_up_s: float

    def __post_init__(self) -> None:
        assert all_finished(self.run), "a task did not finish: the scenario needs a longer drain"

    @property
    def warm_up_ns(self) -> int:
        """When the figures begin."""
        return round(self.warm_up_s * 1e9)

    def calls(self, pool: int = 0) -> np.ndarray:
        """Calls of a pool that reached it after the warm-up."""
        calls = self.run.records.calls
        return calls[(calls.pool == pool) & (calls.queued_ns >= self.warm_up_ns)]

    def tasks(self) -> np.ndarray:
        """Tasks that arrived after the warm-up."""
        tasks = self.run.records.tasks
        return tasks[tasks.arrival_ns >= self.warm_up_ns]

    def waits_s(self, pool: int = 0) -> np.ndarray:
        """Times from reaching the pool to the first step."""
        calls = self.calls(pool)
        return (calls.admitted_ns - calls.queued_ns) / 1e9

    def sojourns_s(self) -> np.ndarray:
        """Times from arrival to the last token."""
        tasks = self.tasks()
        return (tasks.finish_ns - tasks.arrival_ns) / 1e9

    def samples(self, pool: int = 0) -> np.ndarray:
        """SAMPLES rows [time, replica] of a pool after the warm-up."""
        samples = self.run.records.samples
        grid = samples.reshape(-1, self.run.plan.replicas)
        first, count = self.run.plan.pools.first_replica[pool], self.run.plan.pools.replicas[pool]
        return grid[grid["time_ns"][:, 0] >= self.warm_up_ns, first : first + count]

    def states(self, pool: int = 0) -> np.ndarray:
        """int [time, replica]: calls at each replica, waiting or running."""
        samples = self.samples(pool)
        return samples["waiting"] + samples["running"]

    def gains(self, *columns: str, pool: int = 0) -> float:
        """How much counters of SAMPLES grew from the first to the last look, added over replicas and columns."""
        samples = self.samples(pool)
        return float(sum((samples[c][-1] - samples[c][0]).sum() for c in columns))

    def span_s(self, pool: int = 0) -> float:
        """Time from the first to the last look."""
        times = self.samples(pool)["time_ns"]
        return float(times[-1, 0] - times[0, 0]) / 1e9


def wait(pool: int = 0) -> Figure:
    """Mean time in queue."""
    return lambda window: window.waits_s(pool).mean()


def wait_of(class_id: int) -> Figure:
    """Mean time in queue of the calls of one class."""

    def figure(window: Window) -> float:
        tasks = window.run.records.tasks
        own = tasks.class_id[np.searchsorted(tasks.task, window.calls().task)] == class_id
        return window.waits_s()[own].mean()

    return figure


def wait_squared(window: Window) -> float:
    """Second moment of the time in queue."""
    return (window.waits_s() ** 2).mean()


def waited(step_s: float = STEP_S, pool: int = 0) -> Figure:
    """Share of calls that found no free slot; a free one is taken at the next step, which is no wait."""
    return lambda window: (window.waits_s(pool) > step_s).mean()


def wait_beyond(limit_s: float) -> Figure:
    """Share of calls that waited longer than that."""
    return lambda window: (window.waits_s() > limit_s).mean()


def sojourn(window: Window) -> float:
    """Mean time from arrival to the last token."""
    return window.sojourns_s().mean()


def sojourn_squared(window: Window) -> float:
    """Second moment of that time."""
    return (window.sojourns_s() ** 2).mean()


def sojourn_beyond(limit_s: float) -> Figure:
    """Share of tasks that took longer than that."""
    return lambda window: (window.sojourns_s() > limit_s).mean()


def sojourn_of(class_id: int) -> Figure:
    """Mean time of the tasks of one class."""
    return lambda window: window.sojourns_s()[window.tasks().class_id == class_id].mean()


def slowdown(window: Window) -> float:
    """Mean of the time over the time alone at the replica."""
    return (window.sojourns_s() / (window.tasks().output_tokens * STEP_S)).mean()


def sojourn_of_size(size_s: float, band: float = 0.1) -> Figure:
    """Mean time of tasks of about a size, brought to that size: under processor sharing time is linear in size."""

    def figure(window: Window) -> float:
        sizes_s = window.tasks().output_tokens * STEP_S
        alike = np.abs(sizes_s / size_s - 1) < band
        return size_s * window.sojourns_s()[alike].sum() / sizes_s[alike].sum()

    return figure


def number(pool: int = 0) -> Figure:
    """Mean number of calls at a pool, as the timeline saw it."""
    return lambda window: window.states(pool).sum(axis=1).mean()


def number_spread(mean: float) -> Figure:
    """Mean squared distance of the number of calls from its exact mean."""
    return lambda window: ((window.states().sum(axis=1) - mean) ** 2).mean()


def state_share(low: int, high: int) -> Figure:
    """Share of time with low..high calls at the pool."""

    def figure(window: Window) -> float:
        states = window.states().sum(axis=1)
        return ((states >= low) & (states <= high)).mean()

    return figure


def all_idle(window: Window) -> float:
    """Share of time with every replica idle."""
    return (window.states() == 0).all(axis=1).mean()


def some_idle(window: Window) -> float:
    """Share of time with at least one replica idle."""
    return (window.states() == 0).any(axis=1).mean()


def number_at_phase(phase: int, phases: int) -> Figure:
    """Mean number at every `phases`-th look."""
    return lambda window: window.states().sum(axis=1)[phase::phases].mean()


def busy(pool: int = 0) -> Figure:
    """Share of time in steps, averaged over the replicas."""

    def figure(window: Window) -> float:
        replicas = window.samples(pool).shape[1]
        return window.gains("prefill_ns", "decode_ns", pool=pool) / 1e9 / window.span_s(pool) / replicas

    return figure


def idle_time(window: Window) -> float:
    """Share of time out of steps."""
    return 1 - busy()(window)


def batch(window: Window) -> float:
    """Mean number of sequences in a step, each of which gives one token."""
    return window.gains("output_tokens") / window.gains("steps")


def token_rate(window: Window) -> float:
    """Tokens produced per second."""
    return window.gains("output_tokens") / window.span_s()


def token_gap(window: Window) -> float:
    """Mean duration of the step that made a token, over tokens."""
    calls = window.calls()
    return float((calls.finish_ns - calls.admitted_ns).sum()) / 1e9 / float(calls.output_tokens.sum())


def task_rate(window: Window) -> float:
    """Tasks finished per second between the warm-up and the horizon."""
    finish_ns, horizon_ns = window.run.records.tasks.finish_ns, window.run.plan.horizon_ns
    done = (finish_ns >= window.warm_up_ns) & (finish_ns < horizon_ns)
    return done.sum() / ((horizon_ns - window.warm_up_ns) / 1e9)


def slots_busy(slots: int) -> Figure:
    """Share of a replica's slots in use."""
    return lambda window: window.samples()["running"].mean() / slots


def replicas_with(calls: int) -> Figure:
    """Share of replicas with at least so many calls."""
    return lambda window: (window.states() >= calls).mean()


def call_time(pool: int) -> Figure:
    """Mean time at a pool, from reaching it to the last token."""

    def figure(window: Window) -> float:
        calls = window.calls(pool)
        return float((calls.finish_ns - calls.queued_ns).sum()) / 1e9 / len(calls)

    return figure
