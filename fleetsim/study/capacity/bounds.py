"""What no replica can do better than: bounds and guesses from its step-time table, before anything is simulated.

`floor_ns` is a bound: a replica whose work comes in faster cannot keep up under any scheduler. `pace_ns` is a guess:
the time a call takes of a replica that runs its best steady batch within the target for time per token, as in the
allocation of mixed accelerators (Griggs et al., "Melange", arXiv 2404.14527). Bounds decide, guesses only say where to
look first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fleetsim.planning import EquippedPool

PREFILL, DECODE, BOTH = "prefill", "decode", "both"
_DEVIATIONS, _PRICES = 3.0, 33


@dataclass(frozen=True)
class Load:
    """The calls that come to a fleet of replicas alike."""

    part: str  # PREFILL, DECODE or BOTH: what of a call is done here
    prompt_tokens: np.ndarray  # float64, one a call
    output_tokens: np.ndarray
    span_s: float  # time they came in

    @property
    def calls_per_s(self) -> float:
        """How many a second."""
        return len(self.prompt_tokens) / self.span_s

    def subset(self, which: np.ndarray) -> Load:
        """The calls of a mask."""
        return Load(self.part, self.prompt_tokens[which], self.output_tokens[which], self.span_s)


def floor_ns(load: Load, pool: EquippedPool, prices: tuple[float, float] | None = None) -> np.ndarray:
    """float64, one a call: the time it takes of a replica at the very least; `prices` are those of `token_prices`.

    Every token has its price, whatever steps it shares; a decoded token reads its context whatever else is in the step;
    prefill attends to every pair of prompt tokens however it is cut.
    """
    table, prompt = pool.table, load.prompt_tokens
    decode_ns, prefill_ns = prices or token_prices(load, pool)
    decoded, prefilled = _tokens(load)
    read = decoded * prompt + decoded * (decoded - 1) / 2
    return decode_ns * decoded + prefill_ns * prefilled + table.alpha_ns * read + table.beta_ns * prefilled**2 / 2


def token_prices(load: Load, pool: EquippedPool) -> tuple[float, float]:
    """(decode, prefill): prices of a token in ns such that no step costs less than its tokens, dearest for this load.

    A step of n tokens of which at most B decode costs base[n] >= decode * d + prefill * (n - d) for every d <= B if
    decode = prefill + min over n of (base[n] - prefill * n) / min(n, B). Prices up to the cheapest time of a token
    are tried for prefill.
    """
    base_ns = pool.table.base_ns[1:]
    sizes = np.arange(1, len(base_ns) + 1)
    together = np.minimum(sizes, min(pool.pool.max_num_seqs, pool.table.kv_blocks))
    prefill = np.linspace(0.0, float(np.min(base_ns / sizes)), _PRICES)
    decode = np.array([price + np.min((base_ns - price * sizes) / together) for price in prefill])
    decoded, prefilled = _tokens(load)
    best = int(np.argmax(decode * decoded.sum() + prefill * prefilled.sum()))
    return float(decode[best]), float(prefill[best])


def _tokens(load: Load) -> tuple[np.ndarray, np.ndarray]:
    """(decoded, prefilled) tokens of every call in this fleet; the first token of an answer comes with its prompt."""
    none = np.zeros_like(load.prompt_tokens)
    decoded = none if load.part == PREFILL else np.maximum(load.output_tokens - 1, 0)
    return decoded, none if load.part == DECODE else load.prompt_tokens


def least_replicas(load: Load, pool: EquippedPool) -> float:
    """How many replicas must be busy all the time with this load, less three deviations for its chance."""
    work_ns = floor_ns(load, pool)
    sure_ns = work_ns.sum() - _DEVIATIONS * np.sqrt((work_ns**2).sum())
    return max(0.0, float(sure_ns) / (load.span_s * 1e9))


def busy_replicas(load: Load, pool: EquippedPool, tpot_s: float) -> float:
    """A guess of how many replicas the load keeps busy at their best pace; inf if one cannot keep it at all."""
    return load.calls_per_s * pace_ns(load, pool, tpot_s) / 1e9 if len(load.prompt_tokens) else 0.0


def pace_ns(load: Load, pool: EquippedPool, tpot_s: float) -> float:
    """A guess of what a mean call takes of a replica in its best steady batch of at most `tpot_s` a step."""
    table, prompt, output = pool.table, float(load.prompt_tokens.mean()), float(load.output_tokens.mean())
    if load.part == PREFILL:
        return float(floor_ns(load, pool).mean())
    steps = max(output, 1.0)
    context, spread = _running_tokens(load)
    batches = _batches(pool, context, spread)
    fresh = 0.0 if load.part == DECODE else prompt / steps  # prompt tokens of a step, for each running sequence
    tokens = np.clip(np.rint(batches * (1 + fresh)), 1, len(table.base_ns) - 1).astype(np.int64)
    step_ns = table.base_ns[tokens] + table.alpha_ns * batches * context
    step_ns = step_ns + table.beta_ns * batches * fresh * prompt / 2
    fits = step_ns <= tpot_s * 1e9
    within = batches * (1 + fresh) <= len(table.base_ns) - 1
    per_call = np.where(fits & within, steps * step_ns / batches, np.inf)
    return float(per_call.min())


def _running_tokens(load: Load) -> tuple[float, float]:
    """Mean and deviation of the tokens that a running sequence holds: long answers run longer, and are met more often.

    Of an answer of o tokens to a prompt of p, run through at an even pace, p + o/2 in the mean of its own time.
    """
    prompt, output = load.prompt_tokens, np.maximum(load.output_tokens, 1.0)
    weight = output / output.sum()
    mean = float((weight * (prompt + output / 2)).sum())
    square = float((weight * (prompt**2 + prompt * output + output**2 / 3)).sum())
    return mean, float(np.sqrt(max(square - mean**2, 0.0)))


def _batches(pool: EquippedPool, context: float, spread: float) -> np.ndarray:
    """Sizes of batch to look at: up to the limit of sequences, as far as their KV memory fits, two deviations more than
    its mean."""
    room = pool.table.kv_blocks * pool.table.block_tokens
    root = (math.sqrt(spread**2 + context * room) - spread) / max(context, 1.0)  # n context + 2 spread sqrt(n) = room
    most = int(max(1, min(pool.pool.max_num_seqs, root**2, 4096)))
    return np.unique(np.geomspace(1, most, 40).astype(np.int64))
