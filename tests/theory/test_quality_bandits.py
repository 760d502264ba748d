"""Bandits in whole runs: what learning costs grows with the logarithm of the tasks, not with their number.

Regret is how many right answers were to be expected more from the best model all along. UCB1: Auer, Cesa-Bianchi,
Fischer, "Finite-time analysis of the multiarmed bandit problem", Machine Learning 47 (2002), theorem 1. Thompson
sampling: Kaufmann, Korda, Munos, "Thompson sampling: an asymptotically optimal finite-time analysis", ALT 2012.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fleetsim.study.run import prepare

RIGHT = {"good": 0.75, "middling": 0.6, "poor": 0.45}
RUNS, FIRST = 24, 1000
SCENARIO = """\
name: bandits
seed: 11
horizon: 165 s
drain: 10 s
workload:
  arrivals: {kind: poisson, rate: 100 per s}
  classes: {chat: {prompt: 40 tokens, output: 1 tokens}}
quality: {accuracy: RIGHT}
architectures:
  one:
    pools:
      poor: {steps: {base: 1 ms}, price: $1 per h}
      good: {steps: {base: 1 ms}, price: $1 per h}
      middling: {steps: {base: 1 ms}, price: $1 per h}
    workflow: {kind: market, vendors: [poor, good, middling], learns: true, rule: RULE}
"""


@pytest.fixture(scope="module")
def regret(tmp_path_factory: pytest.TempPathFactory):
    """Rule -> float64[run, 3]: regret after 1,000, 4,000 and 16,000 tasks."""

    @cache
    def run(rule: str) -> np.ndarray:
        path: Path = tmp_path_factory.mktemp("bandits") / "bandits.yaml"
        path.write_text(SCENARIO.replace("RULE", rule).replace("RIGHT", repr(RIGHT).replace("'", "")))
        (arm,) = prepare(path).arms
        lost = max(RIGHT.values()) - np.array([RIGHT["poor"], RIGHT["good"], RIGHT["middling"]])
        runs = [arm.run(number, "core").records.tasks for number in range(RUNS)]  # without their figures
        sums = [np.cumsum(lost[tasks.answer_pool]) for tasks in runs]
        return np.array([[own[count * FIRST - 1] for count in (1, 4, 16)] for own in sums])

    return run


def error(values: np.ndarray) -> float:
    return 3 * float(values.std(ddof=1)) / np.sqrt(len(values))


@pytest.mark.parametrize("rule", ["ucb1", "thompson"])
def test_each_factor_of_four_costs_the_same(regret, rule):
    grown = np.diff(regret(rule), axis=1)
    more = grown[:, 1] - grown[:, 0]
    assert abs(more.mean()) <= error(more)
    linear = grown[:, 1] - 4 * grown[:, 0]  # 12,000 tasks after 3,000
    assert linear.mean() < -error(linear)


def test_a_share_of_blind_tries_costs_the_same_each_time(regret):
    """The contrast: epsilon-greedy goes on losing its share of tries, in proportion to the tasks."""
    grown = np.diff(regret("{kind: epsilon_greedy, explore: 0.1}"), axis=1)
    blind = 0.1 * np.mean([max(RIGHT.values()) - right for right in RIGHT.values()])
    assert grown[:, 1].mean() == pytest.approx(12 * FIRST * blind, abs=error(grown[:, 1]))
    linear = grown[:, 1] - 4 * grown[:, 0]  # 12,000 tasks after 3,000
    assert abs(linear.mean()) <= error(linear)


def test_ucb1_is_below_its_bound(regret):
    found = regret("ucb1")
    gaps = [max(RIGHT.values()) - right for right in RIGHT.values() if right < max(RIGHT.values())]
    for column, tasks in enumerate((FIRST, 4 * FIRST, 16 * FIRST)):
        bound = sum(8 * math.log(tasks) / gap + (1 + math.pi**2 / 3) * gap for gap in gaps)
        assert found[:, column].mean() + error(found[:, column]) < bound
