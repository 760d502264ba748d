"""Many answers at once, drawn by the very rules that the engines use: for figures, fits and tests without a fleet."""

from __future__ import annotations

import numpy as np

from fleetsim.compiled import kernel
from fleetsim.luck import Stream, normal
from fleetsim.quality.answers import ease, is_right, label, length_factor, own_seed, score, spread

_SIGNAL = int(Stream.SIGNAL)


@kernel
def draw_answers(quality, seed, first, count, domain, model, role, attempts, probit):
    """int8 right[task, attempt] and int8 label[task, attempt] of a model's answers to tasks first .. first+count-1."""
    rights = np.empty((count, attempts), np.int8)
    labels = np.empty((count, attempts), np.int8)
    for i in range(count):
        for a in range(attempts):
            easy = ease(quality, seed, first + i, domain, model, role, a)
            right = is_right(quality, seed, first + i, domain, model, role, probit, easy)
            rights[i, a] = right
            labels[i, a] = label(quality, seed, first + i, domain, model, role, a, right)
    return rights, labels


@kernel
def draw_ease(quality, seed, first, count, domain, model, role, attempt):
    """float64[task]: how easy tasks first .. first+count-1 are for one sample of a model's answers."""
    out = np.empty(count)
    for i in range(count):
        out[i] = ease(quality, seed, first + i, domain, model, role, attempt)
    return out


@kernel
def draw_lengths(quality, seed, first, count, domain, model):
    """float64[task]: by which factor difficulty and chance make a model's answers longer."""
    out = np.empty(count)
    for i in range(count):
        easy = ease(quality, seed, first + i, domain, model, 0, 0)
        out[i] = length_factor(quality, seed, first + i, model, 0, 0, easy)
    return out


@kernel
def draw_scores(quality, seed, first, right, model, separation):
    """float64[task]: what a verifier sees of answers that are right (1) or wrong (0)."""
    out = np.empty(len(right))
    for i in range(len(right)):
        out[i] = score(quality, seed, first + i, model, 0, 0, right[i], separation)
    return out


@kernel
def draw_signals(quality, seed, first, count, domain, model, other, informed):
    """float64[task]: what a router sees: of how easy tasks are for a model, or how much easier than for another (>= 0).

    A signal's correlation with what it is of is `informed`.
    """
    out = np.empty(count)
    for i in range(count):
        seen = ease(quality, seed, first + i, domain, model, 0, 0)
        if other >= 0:
            seen -= ease(quality, seed, first + i, domain, other, 0, 0)
            seen /= spread(quality, domain, model, other)
        noise = normal(own_seed(quality, seed, model), _SIGNAL, first + i, 0, 0)
        out[i] = informed * seen + np.sqrt(1.0 - informed * informed) * noise
    return out


def plurality(labels: np.ndarray, blank: int) -> np.ndarray:
    """float64[task]: the chance that a plurality vote over labels[task, voter] is right (label 0); ties at random.

    Blank answers do not vote; without any vote the answer is wrong.
    """
    votes = np.stack([(labels == which).sum(axis=1) for which in range(blank)], axis=1)
    most = votes.max(axis=1)
    leaders = (votes == most[:, None]).sum(axis=1)
    return np.where((most > 0) & (votes[:, 0] == most), 1.0 / leaders, 0.0)
