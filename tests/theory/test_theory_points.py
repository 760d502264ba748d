"""Simulated values against queueing theory: the points that are quick enough for every run of the suite.

All points, with tighter standard errors: `python benchmarks/theory.py`.
"""

from __future__ import annotations

import math

import pytest
import theory_formulas as formulas
from theory_point import oracles, values_of
from theory_points import FAST, POINTS
from theory_verdicts import FAST_REPLICATIONS, REPLICATIONS, judged, limit_of, replication

_FAST_LIMIT = limit_of(sum(len(POINTS[name].checks) for name in FAST), FAST_REPLICATIONS)


@pytest.mark.parametrize("name", FAST)
def test_simulation_meets_theory(name):
    figures = [replication(name, number, True) for number in range(FAST_REPLICATIONS)]
    wrong = [verdict for verdict in judged(POINTS[name], figures, _FAST_LIMIT, True) if verdict.word != "agrees"]
    assert not wrong


def test_enough_points_are_covered_and_every_oracle_is_used():
    assert set(oracles()) <= set(POINTS)
    assert len(POINTS) >= 30
    assert len(FAST) >= 12
    assert REPLICATIONS >= 30


@pytest.mark.parametrize("name", POINTS)
def test_caps_bite(name):
    point = POINTS[name]
    assert all(0 < check.cap <= 0.2 for check in point.checks)
    assert point.bias < min(check.cap for check in point.checks) / 50
    assert point.span.warm_up_s < point.span.horizon_s / 3


def test_a_wrong_value_is_told_from_a_right_one():
    """What the verdict is for: 5 % off is a difference, and a few noisy replications are no proof of anything."""
    point = POINTS["MM1-80"]
    exact = [check.value for check in point.checks]
    wobble = [[value * (1 + 0.01 * (-1) ** k) for value in exact] for k in range(FAST_REPLICATIONS)]
    off = [[value * 1.05 for value in row] for row in wobble]
    noisy = [[value * (1 + 0.9 * (-1) ** k) for value in exact] for k in range(FAST_REPLICATIONS)]
    assert {verdict.word for verdict in judged(point, wobble, 6.0, False)} == {"agrees"}
    assert {verdict.word for verdict in judged(point, off, 6.0, False)} == {"differs"}
    assert {verdict.word for verdict in judged(point, noisy, 6.0, False)} == {"void"}


def test_formulas_meet_the_oracles():
    for name, slots in (("MMc-3-0.2", 3), ("MMc-8-7.2", 8), ("MMc-32-30", 32), ("MM1-80", 1)):
        lam, mu = oracles()[name]["params"]["lam"], oracles()[name]["params"]["mu"]
        assert math.isclose(formulas.mmc_sojourn_s(lam, mu, slots), values_of(name)["W"], rel_tol=1e-12)
    row = values_of("KING-U-90")
    assert formulas.marchal_lower_bound_s(0.9, 1, 5.5) < row["Wq_upper_daley"] < row["Wq_upper"]
