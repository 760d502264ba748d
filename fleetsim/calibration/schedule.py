"""Which steps a benchmark makes, without their times.

Where clients answer at once or all requests are there from the start, arrivals happen at ends of steps only: the
succession of steps does not depend on how long they take. Every mean time is then a fixed weighted sum of step times,
linear in base[n], alpha and beta, and a fit can try thousands of step tables without simulating again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleetsim.compiled import helper, kernel

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
) -> Schedule:
    """The schedule of a closed loop: request i * clients + c is client c's, each after the answer before.

    `prompts`, `answers`: int64 tokens. `limits`: batched tokens, sequences, KV tokens; a sequence is admitted when all
    of it has room, so none is ever preempted. `window`: tokens of a sliding window, 0 if none. `at`: knots.
    `prefill_first`: prompts have steps of their own. `settling`: so many first requests fill the engine, and their TPOT
    does not count. Engine: docs/engine.md, sections 5 and 5a, on one replica.
    """
    budget, sequences, kv_tokens = limits
    tokens = np.zeros((3, budget + 1))
    sums = np.zeros((3, 3))
    many = int(np.count_nonzero(answers[settling:] > 1))
    _run(
        prompts,
        answers,
        min(clients, len(prompts)),
        budget,
        min(sequences, len(prompts)),
        kv_tokens,
        window,
        prefill_first,
        settling,
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


@helper
def _decoding(prompts, answers, who, emitted, running, window, settling):
    """How many sequences decode, the KV they read, the same in windows, and their sum of 1 / (answer - 1).

    The first `settling` requests have no part in the sum.
    """
    decoding = 0
    context = 0.0
    windowed = 0.0
    weight = 0.0
    for i in range(running):
        if emitted[i] > 0:
            decoding += 1
            read = prompts[who[i]] + emitted[i]
            context += read
            windowed += min(read, window)
            if who[i] >= settling:
                weight += 1.0 / (answers[who[i]] - 1)
    return decoding, context, windowed, weight


@helper
def _carry_on(prompts, who, done, emitted, running, left):
    """Gives the prompts that have begun their next chunks: tokens and area."""
    chunks = 0
    area = 0.0
    for i in range(running):
        if emitted[i] == 0:
            chunk = min(prompts[who[i]] - done[i], left - chunks)
            area += chunk * (done[i] + chunk / 2.0)
            done[i] += chunk
            chunks += chunk
    return chunks, area


@helper
def _count(tokens, sums, size, factors, context, windowed, area):
    """Adds a step of `size` tokens to all rows, each as often as its factor says."""
    for row in range(3):
        tokens[row, size] += factors[row]
        sums[row, 0] += factors[row] * context
        sums[row, 1] += factors[row] * windowed
        sums[row, 2] += factors[row] * area


@kernel
def _run(prompts, answers, clients, budget, sequences, kv_tokens, window, prefill_first, settling, tokens, sums):
    """Adds up, over all steps: rows TTFT, TPOT and makespan of `tokens` by step size, and of `sums`."""
    total = len(prompts)
    queue = np.empty(total, np.int64)
    head = tail = 0
    for client in range(clients):
        queue[tail] = client
        tail += 1
    who = np.empty(sequences, np.int64)
    done = np.empty(sequences, np.int64)
    emitted = np.empty(sequences, np.int64)
    running = 0
    waiting = clients
    kv = 0
    while running > 0 or head < tail:
        decoding, context, windowed, weight = _decoding(prompts, answers, who, emitted, running, window, settling)
        left = budget if prefill_first else budget - decoding
        chunks, area = _carry_on(prompts, who, done, emitted, running, left)
        left -= chunks
        while left > 0 and running < sequences and head < tail:
            task = queue[head]
            need = prompts[task] + answers[task]
            if kv + need > kv_tokens and running > 0:
                break
            head += 1
            kv += need
            chunk = min(prompts[task], left)
            who[running] = task
            done[running] = chunk
            emitted[running] = 0
            running += 1
            area += chunk * (chunk / 2.0)
            chunks += chunk
            left -= chunk
        paused = prefill_first and chunks > 0
        if paused:
            decoding, context, windowed = 0, 0.0, 0.0
        size = decoding + chunks
        _count(tokens, sums, size, (float(waiting), weight, 1.0), context, windowed, area)
        kept = 0
        for i in range(running):
            task = who[i]
            if emitted[i] > 0:
                emitted[i] += 0 if paused else 1
            elif done[i] >= prompts[task]:
                emitted[i] = 1
                waiting -= 1
            if emitted[i] >= answers[task]:
                kv -= prompts[task] + answers[task]
                if task + clients < total:
                    queue[tail] = task + clients
                    tail += 1
                    waiting += 1
            else:
                who[kept] = task
                done[kept] = done[i]
                emitted[kept] = emitted[i]
                kept += 1
        running = kept
