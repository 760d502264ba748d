"""Which answers are right: a factor model of how easy tasks are for models (docs/engine.md, section 3a).

Every function here is pure: what a task, a part of it (role), a model and a sample of its answers (attempt) have in
store is a function of the seed and of those numbers, so every architecture, both engines and the figures see the same.
The model is a probit factor copula with unsolvable tasks; its parameters and evidence: docs/quality.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fleetsim.compiled import leaf, routine
from fleetsim.luck import Stream, bits, normal, uniform
from fleetsim.normal import normal_cdf, normal_quantile
from fleetsim.tables import BLANK, JUDGED_DOMAINS, JUDGED_MODELS, LABELS, PROTOTYPES

# Of a fixed type, not literal numbers: kernels that take them are then compiled once and not for each.
_TASK, _PART, _FAMILY, _MODEL, _SAMPLE, _UNSOLVABLE, _WRONG, _LABEL, _BLANK_LUCK, _LENGTH, _SCORE, _REPLAY, _LOOP = (
    np.int64(stream)
    for stream in (
        Stream.EASE_TASK,
        Stream.EASE_PART,
        Stream.EASE_FAMILY,
        Stream.EASE_MODEL,
        Stream.EASE_SAMPLE,
        Stream.UNSOLVABLE,
        Stream.WRONG,
        Stream.LABEL,
        Stream.BLANK,
        Stream.LENGTH,
        Stream.SCORE,
        Stream.REPLAY,
        Stream.LOOP,
    )
)
_FIRST = np.int64(0)
_BLANK, _PROTOTYPES, _CERTAIN = BLANK, np.uint64(PROTOTYPES), 1e-15


class Quality(NamedTuple):
    """How right the models of a scenario are, as the engines need it."""

    models: np.recarray  # tables.JUDGED_MODELS
    domains: np.recarray  # tables.JUDGED_DOMAINS
    ability: np.ndarray  # float64[model, domain]: normal_quantile(accuracy / (1 - unsolvable))
    common: np.ndarray  # float64[model, domain]: share of the ease that all models have in common; negative: against it
    common_task: np.ndarray  # float64[model, domain]: how much of that share is of the whole task, not of a part of it
    wrong_cdf: np.ndarray  # float64[domain, PROTOTYPES, LABELS - 2]: shares of wrong answers, added up
    outcomes: np.ndarray  # int8[row, model]: recorded right (1) and wrong (0) answers; no rows: answers are drawn
    outcome_rows: np.ndarray  # int64[domain, (first row, rows)]


def unjudged() -> Quality:
    """The tables of a scenario in which no answer is judged."""
    return Quality(
        JUDGED_MODELS.empty(0),
        JUDGED_DOMAINS.empty(0),
        np.zeros((0, 0)),
        np.zeros((0, 0)),
        np.zeros((0, 0)),
        np.zeros((0, PROTOTYPES, LABELS - 2)),
        np.zeros((0, 0), np.int8),
        np.zeros((0, 2), np.int64),
    )


@leaf
def own_seed(quality, seed, model):
    """The seed of what is a model's own: of its name, not of its row, so that it is one in every scenario; -1: none."""
    return seed if model < 0 else seed ^ quality.models[model].salt


@leaf
def outcome(quality, seed, task, domain, model):
    """1 or 0 as recorded for the row of outcomes that the task replays."""
    first, rows = quality.outcome_rows[domain, 0], quality.outcome_rows[domain, 1]
    row = first + np.int64(bits(seed, _REPLAY, task, _FIRST, _FIRST) % np.uint64(rows))
    return quality.outcomes[row, model]


@routine
def ease(quality, seed, task, domain, model, role, attempt):
    """Standard normal: how easy a part of a task is for one sample of a model's answers.

    Sum of factors shared by all, a family, a model and a sample; their variances are the correlations' differences.
    What is common to all counts the other way round for a model whose share is negative.
    With recorded outcomes it is moved to the side of the ability that the outcome says, its rank there kept.
    """
    d, m = quality.domains[domain], quality.models[model]
    own = own_seed(quality, seed, model)
    share, of_task = abs(quality.common[model, domain]), quality.common_task[model, domain]
    z = math.sqrt(share - of_task) * normal(seed, _PART, task, 256 * role, _FIRST)
    if of_task > 0.0:
        z += math.sqrt(of_task) * normal(seed, _TASK, task, _FIRST, _FIRST)
    if quality.common[model, domain] < 0.0:
        z = -z
    if d.rho_family > 0.0:
        z += math.sqrt(d.rho_family) * normal(seed ^ m.family, _FAMILY, task, 256 * role, _FIRST)
    alike = share + d.rho_family
    z += math.sqrt(max(m.rho_within - alike, 0.0)) * normal(own, _MODEL, task, 256 * role, _FIRST)
    z += math.sqrt(1.0 - max(m.rho_within, alike)) * normal(own, _SAMPLE, task, 256 * role, attempt)
    if len(quality.outcomes) == 0:
        return z
    p, u = normal_cdf(quality.ability[model, domain]), normal_cdf(z)
    u = (1.0 - p) + p * u if outcome(quality, seed, task, domain, model) == 1 else (1.0 - p) * u
    return normal_quantile(min(max(u, _CERTAIN), 1.0 - _CERTAIN))


@routine
def is_right(quality, seed, task, domain, model, role, probit, easy):
    """1 if an answer is right whose sample is this easy (see `ease`), else 0; `probit` is added to the ability."""
    if easy + quality.ability[model, domain] + probit <= 0.0:
        return 0
    return 0 if uniform(seed, _UNSOLVABLE, task, 256 * role, _FIRST) < quality.domains[domain].unsolvable else 1


@routine
def label(quality, seed, task, domain, model, role, attempt, right):
    """0 if the answer is right; else which wrong answer it is, or BLANK."""
    if right == 1:
        return 0
    own = own_seed(quality, seed, model)
    if uniform(own, _BLANK_LUCK, task, 256 * role, attempt) < quality.models[model].blank_share:
        return _BLANK
    prototype = np.int64(bits(seed, _WRONG, task, 256 * role, _FIRST) % _PROTOTYPES)
    u, j = uniform(own, _LABEL, task, 256 * role, attempt), 0
    while j < quality.wrong_cdf.shape[2] - 1 and u >= quality.wrong_cdf[domain, prototype, j]:
        j += 1
    return 1 + j


@routine
def length_factor(quality, seed, task, model, role, attempt, easy):
    """By how much an answer is longer than the task's own length says: lognormal of mean 1, long where not easy.

    The task's part of the variance (`length_shared`) is in the workload's lengths already.
    """
    m = quality.models[model]
    own = math.sqrt(max(1.0 - m.length_kappa * m.length_kappa - m.length_shared, 0.0))
    noise = normal(own_seed(quality, seed, model), _LENGTH, task, 256 * role, attempt)
    return math.exp(
        m.length_sigma * (own * noise - m.length_kappa * easy)
        - 0.5 * m.length_sigma * m.length_sigma * (own * own + m.length_kappa * m.length_kappa)
    )


@routine
def score(quality, seed, task, model, role, attempt, right, separation):
    """What a verifier sees of an answer: standard normal, higher by `separation` if it is right."""
    noise = normal(own_seed(quality, seed, model), _SCORE, task, 256 * role, attempt)
    return noise + separation if right == 1 else noise


@routine
def spread(quality, domain, model, other):
    """Standard deviation of the difference of two models' ease (first samples of one task)."""
    d = quality.domains[domain]
    if model == other:
        return math.sqrt(max(2.0 - 2.0 * quality.models[model].rho_within, 1e-12))
    product = quality.common[model, domain] * quality.common[other, domain]
    alike = math.copysign(math.sqrt(abs(product)), product)
    alike += d.rho_family if quality.models[model].family == quality.models[other].family else 0.0
    return math.sqrt(2.0 - 2.0 * alike)


@routine
def estimate(quality, domain, ability, signal, informed):
    """Probability that an answer is right for one who knows the ability and a signal that is so well informed."""
    left = math.sqrt(max(1.0 - informed * informed, 1e-12))
    return (1.0 - quality.domains[domain].unsolvable) * normal_cdf((ability + informed * signal) / left)


@routine
def loop_luck(quality, seed, task, domain, node, model, role, lane, difficulty):
    """Uniform draw for the passes of a loop: high where the task is difficult for the model."""
    if model < 0:
        return uniform(seed, _LOOP, task, node, lane)
    easy = ease(quality, seed, task, domain, model, role, lane)
    own = math.sqrt(1.0 - difficulty * difficulty) * normal(seed, _LOOP, task, node, lane)
    return normal_cdf(own - difficulty * easy)
