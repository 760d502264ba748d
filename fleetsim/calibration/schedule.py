"""Which steps a benchmark makes, without their times.

Where clients answer at once or all requests are there from the start, arrivals happen at ends of steps only: the
succession of steps does not depend on how long they take. Every mean time is then a fixed weighted sum of step times,
linear in base[n], alpha and beta, and a fit can try thousands of step tables without simulating again. Requests on
their way to a server arrive within steps; which ones meet in a step is decided by times about right, and kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetsim.calibration.walk import walk

_FINE = 16  # every step size up to this is a knot; above, knots lie in equal ratios
_RATIO = 1.1


@dataclass(frozen=True)
class Sum:
    """A time as a weighted sum: over knots of base[n], and of KV read, windowed KV read and area."""

    base: np.ndarray
    linear: np.ndarray  # float64[3]: factors of alpha, window alpha and beta

    def plus(self, other: Sum, times: float) -> Sum:
        """This and another sum so many times."""
        return Sum(self.base + times * other.base, self.linear + times * other.linear)

    def seconds(self, base_ns: np.ndarray, linear_ns: np.ndarray) -> float:
        """The time for a step table given at the knots."""
        return float(self.base @ base_ns + self.linear @ linear_ns) / 1e9


@dataclass(frozen=True)
class Pace:
    """About how long steps take, and a request on its way: what decides which prompts meet in a step."""

    base_ns: np.ndarray  # at the knots
    linear_ns: np.ndarray  # float64[3]: alpha, window alpha and beta
    delay_ns: float  # from an answer's end to the queue

    def of(self, at: np.ndarray, budget: int) -> tuple[np.ndarray, np.ndarray, float]:
        """The same with steps of 0 .. budget tokens, as the kernel takes it."""
        return np.interp(np.arange(budget + 1.0), at, self.base_ns), self.linear_ns, self.delay_ns


@dataclass(frozen=True)
class Schedule:
    """What the steps of a benchmark add up to."""

    ttft: Sum  # mean over requests, without the time a request takes to the queue
    tpot: Sum  # mean over requests of (E2E - TTFT) / (tokens - 1)
    makespan: Sum


def knots(largest: int) -> np.ndarray:
    """float64: the step sizes at which a table is evaluated; base is linear between them."""
    count = int(np.ceil(np.log(max(largest, _FINE + 1) / _FINE) / np.log(_RATIO)))
    coarse = np.rint(_FINE * _RATIO ** np.arange(1, count + 1))
    return np.unique(np.concatenate([np.arange(1.0, _FINE + 1), np.minimum(coarse, largest), [float(largest)]]))


def schedule(
    prompts: np.ndarray,
    answers: np.ndarray,
    clients: int,
    limits: tuple[int, int, int],
    window: int,
    at: np.ndarray,
    prefill_first: bool = False,
    settling: int = 0,
    pace: Pace | None = None,
) -> Schedule:
    """The schedule of a closed loop: request i * clients + c is client c's, each after the answer before.

    `prompts`, `answers`: int64 tokens. `limits`: batched tokens, sequences, KV tokens; a sequence is admitted when all
    of it has room, so none is ever preempted. `window`: tokens of a sliding window, 0 if none. `at`: knots.
    `prefill_first`: prompts have steps of their own. `settling`: so many first requests fill the engine, and their TPOT
    does not count. `pace`: without one, requests are in the queue as soon as the answer before ends. Engine:
    docs/engine.md, sections 5 and 5a, on one replica.
    """
    budget, sequences, kv_tokens = limits
    pace = pace or Pace(np.zeros(len(at)), np.zeros(3), 0.0)
    tokens = np.zeros((3, budget + 1))
    sums = np.zeros((3, 3))
    many = int(np.count_nonzero(answers[settling:] > 1))
    walk(
        prompts,
        answers,
        min(clients, len(prompts)),
        budget,
        min(sequences, len(prompts)),
        kv_tokens,
        window,
        prefill_first,
        settling,
        pace.of(at, budget),
        tokens,
        sums,
    )
    scale = (len(prompts), max(many, 1), 1)
    ttft, tpot, makespan = (
        Sum(_onto(at, row / n), linear / n) for row, linear, n in zip(tokens, sums, scale, strict=True)
    )
    return Schedule(ttft, tpot, makespan)


def _onto(at: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weights of step sizes shared out to the knots on either side, as linear interpolation does."""
    sizes = np.flatnonzero(weights)
    left = np.clip(np.searchsorted(at, sizes, side="right") - 1, 0, len(at) - 2)
    share = (sizes - at[left]) / (at[left + 1] - at[left])
    onto = np.zeros(len(at))
    np.add.at(onto, left, weights[sizes] * (1 - share))
    np.add.at(onto, left + 1, weights[sizes] * share)
    return onto
