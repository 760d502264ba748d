"""Stopping, pairs and the selection of the best: by hand, and by how often whole studies are right."""

import math

import numpy as np
import pytest

from fleetsim.statistics import Estimate, Precision, Selection, StoppingRule, paired, replications
from fleetsim.statistics.stopping import LEAST_RUNS

STUDIES = 1_000


def lindley(draw: np.random.Generator, shape: tuple[int, ...], load: float, customers: int = 60) -> np.ndarray:
    """Mean wait of the first customers of an M/M/1 that starts empty: one value a run (Lindley 1952)."""
    wait, total = np.zeros(shape), np.zeros(shape)
    for _ in range(customers):
        wait = np.maximum(0.0, wait + draw.exponential(load, shape) - draw.exponential(1.0, shape))
        total += wait
    return total / customers


def studied(values: np.ndarray, rule: StoppingRule, precision: Precision) -> tuple[Estimate, int]:
    """A study that takes its runs from `values`."""
    done = rule.first
    while True:
        found = replications(values[:done])
        more = rule.more(done, [precision.excess(found, found.value)])
        if not more:
            return found, done
        done += more


def share(hits: list[bool]) -> float:
    return float(np.mean(hits))


@pytest.mark.parametrize(("relative", "floor"), [(0.3, 0.89), (0.1, 0.925)])
def test_a_study_that_stops_by_its_precision_covers_the_truth(relative, floor):
    """Exponential data, 95 %: 92 % was measured at a loose precision, 95 % at a fine one; 2.5 % is 3.5 errors of a
    share of 1,000 studies."""
    draw, rule = np.random.default_rng(20_260_201), StoppingRule(2_000)
    found = [studied(draw.exponential(1.0, 2_000), rule, Precision(relative=relative)) for _ in range(STUDIES)]
    assert share([e.low <= 1.0 <= e.high for e, _ in found]) >= floor
    assert all((e.high - e.low) / 2 <= relative * e.value for e, _ in found)
    assert min(runs for _, runs in found) >= LEAST_RUNS


def test_a_study_of_queues_covers_the_truth():
    draw, rule = np.random.default_rng(20_260_202), StoppingRule(200)
    runs = lindley(draw, (400, 200), 1 / 0.6)
    truth = lindley(np.random.default_rng(20_260_203), (400_000,), 1 / 0.6).mean()
    found = [studied(values, rule, Precision(relative=0.1)) for values in runs]
    assert 0.9 <= share([e.low <= truth <= e.high for e, _ in found]) <= 0.98
    assert 10 < np.mean([count for _, count in found]) < 200


def test_runs_are_added_seldom_and_within_the_budget():
    rule = StoppingRule(100)
    assert rule.first == LEAST_RUNS
    assert rule.more(10, [0.4, 1.0]) == 0
    assert rule.more(10, []) == 0
    assert rule.more(10, [0.4, 1.2]) == 5, "10 * 1.44 = 14.4"
    assert rule.more(10, [3.0]) == 10, "at most twice as many"
    assert rule.more(10, [math.inf]) == 10
    assert rule.more(10, [1.01]) == 2, "at least two"
    assert rule.more(80, [3.0]) == 20
    assert rule.more(100, [3.0]) == 0
    assert StoppingRule(4).first == 4
    assert StoppingRule(4).more(4, [9.0]) == 0


def test_precision_is_relative_to_a_value_or_in_its_unit():
    known = Estimate(100.0, 96.0, 104.0, "replications")
    assert Precision(relative=0.04).excess(known, 100.0) == pytest.approx(1.0)
    assert Precision(relative=0.01).excess(known, -200.0) == pytest.approx(2.0)
    assert Precision(absolute=2.0).excess(known, 100.0) == pytest.approx(2.0)
    assert Precision(relative=0.01, absolute=8.0).excess(known, 100.0) == pytest.approx(0.5)
    assert Precision(relative=0.01).excess(Estimate(1.0), 1.0) == math.inf
    assert Precision(relative=0.01).excess(known, 0.0) == math.inf
    assert Precision(relative=0.01).excess(Estimate(0.0, 0.0, 0.0), 0.0) == 0.0


def two_speeds(customers: int, pairs: int, studies: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean waits at a server that gets the same customers at two speeds: [study, pair] of each."""
    draw = np.random.default_rng(20_260_204)
    waits, totals = np.zeros((2, studies, pairs)), np.zeros((2, studies, pairs))
    speeds = np.array([0.6, 0.5])[:, None, None]
    for _ in range(customers):
        size, gap = draw.exponential(1.0, (studies, pairs)), draw.exponential(1.0, (studies, pairs))
        waits = np.maximum(0.0, waits + speeds * size - gap)
        totals += waits
    return tuple(totals / customers)


@pytest.mark.parametrize(
    ("customers", "pairs", "low", "high"),
    [(1_000, 12, 0.925, 0.97), (80, 12, 0.85, 0.92)],
    ids=["runs that hold many tasks", "runs of a few tasks, whose means are skewed"],
)
def test_paired_intervals_cover_the_truth_if_runs_are_long_enough(customers, pairs, low, high):
    slow, fast = two_speeds(customers, pairs, STUDIES)
    truth = float((slow - fast).mean())
    found = [paired(a, b) for a, b in zip(slow, fast, strict=True)]
    assert low <= share([f.difference.low <= truth <= f.difference.high for f in found]) <= high


def test_common_luck_narrows_a_difference():
    slow, fast = two_speeds(300, 30, 50)
    found = [paired(a, b) for a, b in zip(slow, fast, strict=True)]
    assert np.median([f.variance_ratio for f in found]) < 0.35
    wide, narrow = paired(slow[0], fast[0], level=0.99).difference, found[0].difference
    assert wide.low < narrow.low < narrow.high < wide.high


def selected(draw: np.random.Generator, means: np.ndarray, spread: float, common: float, **given) -> tuple[str, int]:
    """The winner of one study and the runs it took in all; `common` is the share of luck that all arms have."""
    names = [f"arm {n}" for n in range(len(means))]

    def run() -> dict[str, float]:
        luck = common * draw.normal() + math.sqrt(1 - common**2) * draw.normal(size=len(means))
        return dict(zip(names, means + spread * luck, strict=True))

    first = [run() for _ in range(10)]
    study = Selection({name: [one[name] for one in first] for name in names}, **given)
    spent = 10 * len(names)
    while not study.decided:
        spent += len(study.contenders)
        study.add(run())
    return study.best, spent


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_the_best_is_selected_as_often_as_promised(better):
    """The least favourable case: all others worse by just what matters. 500 studies: 95 % - 2 standard errors."""
    draw, sign = np.random.default_rng(20_260_205), 1.0 if better == "lower" else -1.0
    means = sign * np.array([1.0, 0.0, 1.0, 1.0, 1.0])
    found = [selected(draw, means, 2.0, 0.0, indifference=1.0, better=better) for _ in range(500)]
    assert share([best == "arm 1" for best, _ in found]) >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / 500)


def test_common_luck_saves_runs_and_keeps_the_promise():
    draw, means = np.random.default_rng(20_260_206), np.array([0.0, 0.5, 0.5, 1.0])
    alone = [selected(draw, means, 2.0, 0.0, indifference=0.5) for _ in range(150)]
    together = [selected(draw, means, 2.0, 0.9, indifference=0.5) for _ in range(300)]
    assert share([best == "arm 0" for best, _ in together]) >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / 300)
    assert np.mean([spent for _, spent in together]) < 0.5 * np.mean([spent for _, spent in alone])


def test_arms_that_are_far_behind_drop_out_early():
    draw = np.random.default_rng(20_260_207)
    first = {f"arm {n}": (n * 10 + draw.normal(size=10)).tolist() for n in range(6)}
    study = Selection(first, indifference=0.1)
    assert (study.best, study.decided, study.contenders) == ("arm 0", True, ("arm 0",))


def test_arms_without_any_luck_are_decided_at_once():
    assert Selection({"a": [2.0] * 10, "b": [1.0] * 10}, indifference=0.1).contenders == ("b",)
    assert Selection({"a": [1.0] * 10}, indifference=0.1).decided


def test_a_selection_says_what_it_cannot_do():
    with pytest.raises(ValueError, match="indifference must be positive"):
        Selection({"a": [1.0, 2.0], "b": [1.0, 2.0]}, indifference=0.0)
    with pytest.raises(ValueError, match="as many first runs"):
        Selection({"a": [1.0, 2.0], "b": [1.0]}, indifference=1.0)
