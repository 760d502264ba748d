"""The parts of the capacity search by themselves: tests of limits, search over known verdicts, bounds, steering."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from small_scenarios import write

import fleetsim
from fleetsim.errors import InputFaults
from fleetsim.scenario.capacity import limit_unit
from fleetsim.study.capacity.bounds import BOTH, Load, _running_tokens
from fleetsim.study.capacity.feasibility import ErrorBudget, LimitTest, Verdict
from fleetsim.study.capacity.mixed import evened, least_price
from fleetsim.study.capacity.search import Knowledge, cheapest, least_of


@dataclass(frozen=True)
class Priced:
    """What the search knows of a variant."""

    usd_per_hour: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.usd_per_hour.shape


def _grid(shape: tuple[int, ...], prices: tuple[float, ...]) -> Priced:
    counts = np.indices(shape) + 1
    return Priced(sum(price * count for price, count in zip(prices, counts, strict=True)))


class Known:
    """A judge that knows the truth and counts what it is asked."""

    def __init__(self, truth: list[np.ndarray]) -> None:
        self.truth, self.asked = truth, 0

    def __call__(self, fleet) -> bool:
        self.asked += 1
        return bool(self.truth[fleet.variant][fleet.index])


def _knowledge(variants: list[Priced]) -> Knowledge:
    return Knowledge(variants, [np.zeros(v.shape) for v in variants])


@pytest.mark.parametrize("needed", range(1, 65))
def test_one_dimension_is_bisection(needed):
    variant, truth = _grid((64,), (1.0,)), [np.arange(1, 65) >= needed]
    judge = Known(truth)
    found = cheapest(_knowledge([variant]), judge, 1.0)
    assert variant.usd_per_hour[found.index] == needed
    assert judge.asked <= 7


@pytest.mark.parametrize("seed", range(40))
def test_the_cheapest_of_several_kinds_is_found_with_few_verdicts(seed):
    rng = np.random.Generator(np.random.Philox(seed))
    variants, truth = [], []
    for _ in range(3):
        shape, prices = tuple(rng.integers(4, 15, 2)), tuple(rng.uniform(0.5, 4, 2))
        strength = rng.uniform(0.5, 3, 2)
        variants.append(_grid(shape, prices))
        power = sum(s * (c + 1) for s, c in zip(strength, np.indices(shape), strict=True))
        truth.append((power >= rng.uniform(5, 15)) & (np.indices(shape)[0] >= rng.integers(0, 3)))
    judge = Known(truth)
    found = cheapest(_knowledge(variants), judge, 1.0)
    holding = [v.usd_per_hour[t].min() for v, t in zip(variants, truth, strict=True) if t.any()]
    if not holding:
        assert found is None
        return
    assert variants[found.variant].usd_per_hour[found.index] == pytest.approx(min(holding))
    assert judge.asked <= sum(v.usd_per_hour.size for v in variants) / 5


def test_the_least_fleets_are_those_that_nothing_smaller_does_as_well_as():
    variant = _grid((6, 7), (1.0, 1.0))
    rows, columns = np.indices((6, 7))
    truth = rows + 2 * columns >= 6
    found = least_of(_knowledge([variant]), Known([truth]), 1.0, [0])
    least = {
        i
        for i in product(range(6), range(7))
        if truth[i] and not any(truth[j] for j in product(range(i[0] + 1), range(i[1] + 1)) if j != i)
    }
    assert {fleet.index for fleet in found} == least


def test_a_verdict_holds_for_less_load_and_a_failure_for_more():
    known = _knowledge([_grid((10,), (1.0,))])
    for load in (0.5, 1.0, 2.0):
        known.at(load)
    judge = Known([np.arange(10) >= 4])
    cheapest(known, judge, 1.0)
    assert (known.at(0.5)[0][4:] == 1).all()
    assert (known.at(2.0)[0][:4] == -1).all()
    assert (known.at(2.0)[0][4:] == 0).all()


@pytest.mark.parametrize("distance", [1.0, -1.0, 4.0, -4.0])
def test_limits_are_judged_wrong_as_seldom_as_stated(distance):
    """Means one tolerance from the limit, and four: both tests together keep their error."""
    rng = np.random.Generator(np.random.Philox(3))
    test, wrong, studies = LimitTest(10.0, True, 1.0, 0.1, 6), 0, 400
    for _ in range(studies):
        values: list[float] = []
        while (verdict := test.verdict(values)) is Verdict.OPEN:
            values += list(rng.normal(10 - distance, 2.0, test.more(values)))
        wrong += (verdict is Verdict.HOLDS) != (distance > 0)
    assert wrong <= 0.1 * studies + 2 * math.sqrt(0.09 * studies)


def test_a_figure_that_is_not_there_keeps_no_limit():
    assert LimitTest(1.0, True, 0.1, 0.05, 3).verdict([0.1, math.nan, 0.1]) is Verdict.FAILS


def test_errors_never_add_up_to_more_than_the_whole():
    budget = ErrorBudget(0.05, 4)
    assert sum(budget.next() for _ in range(1000)) <= 0.05 + 1e-12


def test_running_sequences_hold_what_long_answers_make_of_them():
    """Answers of 10 and 90 tokens to prompts of 100: nine of ten steps are of the long one."""
    load = Load(BOTH, np.full(2, 100.0), np.array([10.0, 90.0]), 1.0)
    mean, spread = _running_tokens(load)
    assert mean == pytest.approx(0.1 * 105 + 0.9 * 145)
    moments = 0.1 * (105**2 + 10**2 / 12) + 0.9 * (145**2 + 90**2 / 12)
    assert spread == pytest.approx(math.sqrt(moments - mean**2))


def test_shares_even_out_the_pools():
    work = np.array([[1.0, 2.0], [4.0, 1.0]])
    level, shares = evened(work, np.array([1, 1]))
    assert level == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(shares, [[1, 0], [0, 1]], atol=1e-6)


def test_the_cheapest_mix_is_that_of_all_whole_numbers():
    work, prices = np.array([[1.3, 0.4], [2.1, 0.9], [6.0, 1.4]]), np.array([1.0, 3.1])
    found = least_price(work, prices, np.zeros(2), np.full(2, 12))
    fits = [n @ prices for n in map(np.array, product(range(1, 13), range(1, 13))) if evened(work, n)[0] <= 1 + 1e-9]
    alone = [math.ceil(work[:, k].sum()) * prices[k] for k in range(2)]
    assert found == pytest.approx(min(fits + alone))


def test_limits_are_read_with_their_units():
    assert limit_unit("2 s") == (2000.0, "ms")
    assert limit_unit("95 %") == (pytest.approx(0.95), "share")
    assert limit_unit("$30 per h") == (pytest.approx(30), "USD/h")
    assert limit_unit("12 kW") == (12_000.0, "W")
    assert limit_unit(0.95) == (0.95, None)


BLOCK = """\
capacity:
  variables: {architectures.one.pools.big.replica: "1:4"}
  constraints: [{figure: ttft_p99, scope: class chatt, at_most: 2 s, at_least: 1 s}]
  baseline: monolith
  steer: [split]
"""


def test_all_faults_of_the_block_are_told_at_once(tmp_path):
    with pytest.raises(InputFaults) as caught:
        fleetsim.load(write(tmp_path, more=BLOCK))
    text = str(caught.value)
    assert "did you mean 'replicas'" in text
    assert "either `at_most` or `at_least`" in text
    assert "no architecture 'monolith'" in text
    assert "only by_size is steered" in text
