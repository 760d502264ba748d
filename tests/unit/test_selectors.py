"""Every selector on options written by hand: the rule as its source states it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fleetsim.luck import Stream, bits
from fleetsim.policies.selectors import SELECTORS
from fleetsim.tables import KNOBS, OPTION_SIGNALS

LUCK = np.uint64(12345)


def choice(name: str, *rows: dict[str, float], luck: np.uint64 = LUCK, **knobs: float) -> int:
    """What a selector takes of options; columns that a row does not name are 0."""
    options = OPTION_SIGNALS.empty(len(rows))
    for option, row in zip(options, rows, strict=True):
        for column, value in row.items():
            option[column] = value
    selector = SELECTORS[name]
    assert set(knobs) <= set(selector.knobs)
    values = [float(knobs.get(knob, default)) for knob, default in selector.knobs.items()]
    return int(selector.rule(options, luck, np.array(values + [0.0] * (KNOBS - len(values)))))


def shares(name: str, *rows: dict[str, float], draws: int = 4000, **knobs: float) -> np.ndarray:
    """How often it takes each option, over luck."""
    taken = [choice(name, *rows, luck=np.uint64(bits(1, int(Stream.SELECTOR), n, 0, 0)), **knobs) for n in range(draws)]
    return np.bincount(taken, minlength=len(rows)) / draws


def near(found: float, expected: float, draws: int = 4000) -> bool:
    return abs(found - expected) <= 3 * np.sqrt(max(expected * (1 - expected), 1 / draws) / draws)


CHEAP, GOOD = {"quality": 0.7, "cost_usd": 1.0, "seconds": 1.0}, {"quality": 0.9, "cost_usd": 3.0, "seconds": 4.0}
FAIR = {"quality": 0.85, "cost_usd": 2.0, "seconds": 2.0}


def test_all_have_a_test():
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in SELECTORS if f'"{name}"' not in source] == []


@pytest.mark.parametrize(("weight", "expected"), [(1.0, 1), (0.0, 0), (0.5, 0), (0.8, 2)])
def test_score_weighs_quality_against_cost_between_the_cheapest_and_the_dearest(weight, expected):
    # cheapness 1, 0, 0.5: at 0.8 the scores are 0.56 + 0.2, 0.72, 0.68 + 0.1
    assert choice("score", CHEAP, GOOD, FAIR, quality_weight=weight) == expected


def test_best_known_takes_the_cheaper_of_equals():
    assert choice("best_known", CHEAP, GOOD, FAIR) == 1
    assert choice("best_known", GOOD, {**GOOD, "cost_usd": 1.0}) == 1


def test_least_cost_meets_quality_and_time_queue_included():
    assert choice("least_cost", CHEAP, FAIR, GOOD, quality=0.8) == 1
    assert choice("least_cost", CHEAP, FAIR, GOOD, quality=0.95) == 2  # none is: the best
    assert choice("least_cost", CHEAP, {**FAIR, "load": 96.0}, GOOD, quality=0.8, within_s=5.0) == 2  # 2 s x 96/32


def test_budget_raises_the_price_of_money_as_spending_runs_ahead():
    def rows(spent: float) -> tuple[dict[str, float], ...]:
        return CHEAP, {**GOOD, "reports": spent}

    knobs = {"usd_per_task": 3.0, "usd_per_answer": 20.0}
    assert choice("budget", *rows(0.0), **knobs) == 1  # 0.9 - 3/20 against 0.7 - 1/20
    assert choice("budget", CHEAP, {**GOOD, "reports": 5.0}, **{**knobs, "usd_per_task": 1.0}) == 0
    assert choice("budget", *rows(5.0), **{**knobs, "usd_per_task": 30.0}) == 1


@pytest.mark.parametrize(("ease", "expected"), [(0.31, 0), (0.29, 1)])
def test_difficulty_is_a_threshold(ease, expected):
    assert choice("difficulty", {"signal": ease}, {"signal": 9.0}, at_least=0.3) == expected


def test_load_adaptive_gives_way_to_load():
    assert choice("load_adaptive", {"signal": -0.5}, {"load": 0.0}, yields=0.05) == 1
    assert choice("load_adaptive", {"signal": -0.5}, {"load": 12.0}, yields=0.05) == 0


@pytest.mark.parametrize(("lead", "expected"), [(0.26, 1), (0.25, 0)])
def test_win_rate_is_a_threshold_on_the_predicted_share_of_wins(lead, expected):
    assert choice("win_rate", {}, {"signal": lead}, threshold=0.6, slope=1.0) == expected  # Phi(0.2533) = 0.6


def test_oracle_takes_the_cheapest_right_one():
    right = {"right": 1.0}
    assert choice("oracle", CHEAP, {**GOOD, **right}, {**FAIR, **right}) == 2
    assert choice("oracle", GOOD, CHEAP) == 1
    assert SELECTORS["oracle"].bound


def test_chance_takes_all_alike():
    assert all(near(share, 1 / 3) for share in shares("chance", {}, {}, {}))


LEARNED = {"reports": 100.0, "reward": 50.0}, {"reports": 100.0, "reward": 60.0}, {"reports": 4.0, "reward": 2.0}


def test_epsilon_greedy_explores_its_share():
    found = shares("epsilon_greedy", *LEARNED, explore=0.3)
    assert all(near(*pair) for pair in zip(found, (0.1, 0.8, 0.1), strict=True))
    assert choice("epsilon_greedy", *LEARNED, {}, explore=0.0) == 3  # each once first


def test_ucb1_prefers_what_is_little_known():
    # 0.5 + sqrt(2 ln 204 / 4) = 2.13 against 0.6 + sqrt(2 ln 204 / 100) = 0.93
    assert choice("ucb1", *LEARNED) == 2
    assert choice("ucb1", *LEARNED[:2]) == 1
    assert choice("ucb1", *LEARNED, {}) == 3


def test_thompson_takes_an_option_as_often_as_it_is_the_best():
    luck = np.random.Generator(np.random.PCG64(3))
    posterior = [luck.beta(1 + row["reward"], 1 + row["reports"] - row["reward"], 200_000) for row in LEARNED]
    best = np.bincount(np.argmax(posterior, axis=0), minlength=3) / 200_000
    found = shares("thompson", *LEARNED)
    assert all(near(*pair) for pair in zip(found, best, strict=True))


def test_wider_or_deeper_goes_wider_until_an_answer_was_scored():
    assert all(near(*pair) for pair in zip(shares("wider_or_deeper", {}, {}, {}, {}), (0.5, 0.5, 0, 0), strict=True))
    scored = {"reports": 1.0, "reward": 0.2}
    assert (shares("wider_or_deeper", scored, {}, {}, {}) > 0.1).all()
