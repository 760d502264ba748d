"""Counter-based random numbers: every draw is a pure function of what it is for.

`bits(seed, stream, task, node, attempt)` is Philox4x32-10 (Salmon, Moraes, Dror, Shaw,
"Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3): the key is the seed, the counter
says what the draw is for. No draw depends on any other, so every architecture, policy
and both engines see the same luck, and replicate k can be run alone.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from fleetsim.compiled import helper, kernel
from fleetsim.normal import normal_quantile


class Stream(IntEnum):
    """What a draw is for. Numbers are part of the file format: add, never renumber."""

    ARRIVAL = 1
    CLASS = 2
    DOMAIN = 3
    PROMPT = 4
    OUTPUT = 5
    THINK = 6
    SELECT = 7
    BALANCE = 8
    PHASE = 9  # state changes of arrival processes with states
    REPLICATE = 10  # the seed of a replicate
    EASE_TASK = 11  # latent ease of a task, all parts and models alike
    EASE_PART = 12  # of one part
    EASE_FAMILY = 13  # for one family of models
    EASE_MODEL = 14  # for one model
    EASE_SAMPLE = 15  # of one sample of its answers
    UNSOLVABLE = 16
    WRONG = 17  # which wrong answers a part attracts
    LABEL = 18
    BLANK = 19
    LENGTH = 20
    SCORE = 21  # a verifier's noise
    SIGNAL = 22  # a router's noise
    GUESS = 23
    SELECTOR = 24
    FEEDBACK = 25
    TIE = 26
    DELAY = 27
    LOOP = 28
    ENDPOINT_TTFT = 29
    ENDPOINT_TPOT = 30
    ENDPOINT_ERROR = 31
    REPLAY = 32  # which row of recorded outcomes a task is
    OUTAGE = 33
    CALIBRATION = 34  # the seed of the labelled tasks that a verifier is calibrated on


_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_TWELVE = np.uint64(12)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX1, _MIX2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@helper
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32 on four counter words and two key words (all uint64 below 2**32)."""
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1 & _LOW, (p0 >> _SHIFT) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@helper
def bits(seed, stream, task, node, attempt):
    """64 random bits for one purpose.

    The counter is (task low, task high, node | attempt << 16, stream | attempt >> 16 << 8).
    """
    key, row = np.uint64(seed), np.uint64(task)
    purpose = np.uint64(node) | (np.uint64(attempt) << np.uint64(16))
    words = purpose & _LOW, np.uint64(stream) | (purpose >> _SHIFT << np.uint64(8))
    w0, w1, _, _ = philox(row & _LOW, row >> _SHIFT, words[0], words[1], key & _LOW, key >> _SHIFT)
    return (w0 << _SHIFT) | w1


@helper
def unit(word):
    """The uint64 `word` as a float strictly between 0 and 1, on the midpoints of a grid of 2**-52.

    One bit more would not fit beside the half of the midpoint: the largest words would be rounded to 1.
    """
    return (np.float64(word >> _TWELVE) + 0.5) * (1.0 / 4503599627370496.0)


@helper
def uniform(seed, stream, task, node, attempt):
    """One float strictly between 0 and 1 for one purpose."""
    return unit(bits(seed, stream, task, node, attempt))


@helper
def fraction(luck, draw):
    """The `draw`-th float strictly between 0 and 1 from one word of luck (SplitMix64 finaliser)."""
    z = np.uint64(luck) + _GOLDEN * np.uint64(draw + 1)
    z = (z ^ (z >> np.uint64(30))) * _MIX1
    z = (z ^ (z >> np.uint64(27))) * _MIX2
    z = z ^ (z >> np.uint64(31))
    return unit(z)


@helper
def choice(luck, draw, count):
    """The `draw`-th pick of an index below `count` from one word of luck."""
    return np.int64(fraction(luck, draw) * count)


@helper
def normal(seed, stream, task, node, attempt):
    """One standard normal for one purpose."""
    return normal_quantile(uniform(seed, stream, task, node, attempt))


@kernel
def uniforms(seed, stream, first, count, node, attempt):
    """float64[count]: `uniform` for the tasks first .. first+count-1."""
    out = np.empty(count)
    for i in range(count):
        out[i] = uniform(seed, stream, first + i, node, attempt)
    return out


def replicate_seed(seed: int, replicate: int) -> int:
    """The seed of replicate k: the scenario's own for k = 0, else derived, so that k can be run alone."""
    if replicate == 0:
        return seed
    return int(bits(seed, int(Stream.REPLICATE), replicate, 0, 0) >> np.uint64(1))
