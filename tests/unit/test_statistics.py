"""Intervals: by hand, and by how often they cover the truth."""

import math

import numpy as np
import pytest

from fleetsim import statistics

RUNS = 300


def coverage(estimates: list, truth: float) -> float:
    return sum(e.low <= truth <= e.high for e in estimates) / len(estimates)


@pytest.fixture(scope="module")
def mm1_waits() -> np.ndarray:
    """Times in system of 20,000 customers of an M/M/1 at load 0.5, started in the steady state: [runs, customers]."""
    draw = np.random.default_rng(20_260_101)
    count = 20_000
    gaps, sizes = draw.exponential(2.0, (count, RUNS)), draw.exponential(1.0, (count, RUNS))
    wait = np.where(draw.random(RUNS) < 0.5, draw.exponential(2.0, RUNS), 0.0)
    times = np.empty((RUNS, count))
    for i in range(count):  # Lindley 1952
        times[:, i] = wait + sizes[i]
        wait = np.maximum(0.0, wait + sizes[i] - gaps[i])
    return times


@pytest.fixture(scope="module")
def ar1() -> np.ndarray:
    """AR(1) with correlation 0.9 and mean 10: [runs, 4,000]."""
    draw = np.random.default_rng(20_260_102)
    series, value = np.empty((RUNS, 4_000)), draw.normal(0, 1 / math.sqrt(1 - 0.81), RUNS)
    for i in range(series.shape[1]):
        value = 0.9 * value + draw.normal(size=RUNS)
        series[:, i] = value
    return series + 10


# 95 % +- 3.5 standard errors of a share of 300 runs is 90.6 % to 99.4 %.
@pytest.mark.parametrize("rule", [statistics.batch_means, statistics.overlapping_batch_means])
def test_intervals_of_means_cover_the_truth(rule, mm1_waits, ar1):
    assert 0.906 <= coverage([rule(run) for run in mm1_waits], 2.0) <= 0.994
    assert 0.906 <= coverage([rule(run) for run in ar1], 10.0) <= 0.994


def test_intervals_of_shares_stay_within_0_and_1_and_cover_the_truth():
    truth, runs = 0.99, np.random.default_rng(20_260_103).binomial(200, 0.99, (3_000, 5)) / 200
    plain = [statistics.replications(run) for run in runs]
    found = [estimate.of_share() for estimate in plain]
    assert max(e.high for e in found) < 1 < max(e.high for e in plain)
    assert coverage(plain, truth) < 0.94 <= coverage(found, truth) <= 0.96
    wide = statistics.Estimate(0.4, -0.5, 1.3, "replications").of_share()
    assert 0 < wide.low < 0.4 < wide.high < 1
    assert statistics.Estimate(1.0, 0.97, 1.03, "batch means").of_share() == statistics.Estimate(1, 1, 1, "batch means")
    assert statistics.Estimate(0.5).of_share() == statistics.Estimate(0.5)
    by_hand = statistics.Estimate(0.9, 0.81, 0.99, "").of_share()  # (p - 0.9)^2 = 0.09 p (1 - p)
    assert (by_hand.low, by_hand.high) == pytest.approx((0.774657, 0.959287), abs=2e-6)


def test_an_interval_for_independent_data_would_not(mm1_waits):
    halves = 1.96 * mm1_waits.std(axis=1) / math.sqrt(mm1_waits.shape[1])
    assert np.mean(np.abs(mm1_waits.mean(axis=1) - 2.0) <= halves) < 0.7


def test_intervals_of_quantiles_cover_the_truth(mm1_waits):
    levels = [0.5, 0.9, 0.99]
    estimates = [statistics.quantiles(run, levels) for run in mm1_waits]
    for place, level in enumerate(levels):  # the time in system is exponential with mean 2
        assert 0.906 <= coverage([e[place] for e in estimates], -2.0 * math.log(1 - level)) <= 0.994


def test_batch_means_by_hand():
    series = np.repeat([1.0, 3.0], 100)
    found = statistics.batch_means(series, batches=2)
    # Batch means 1 and 3: standard error 1, t(1) at 97.5 % is 12.7062.
    assert (found.value, found.method) == (2.0, "batch means")
    assert found.low == pytest.approx(2 - 12.7062, abs=1e-4)
    assert found.high == pytest.approx(2 + 12.7062, abs=1e-4)


def test_overlapping_batch_means_by_hand():
    # n = 4, size 2: batch means 0.5, 1, 1.5 about 1; V = 0.5 * 2 / (3 * 2).
    found = statistics.overlapping_batch_means(np.array([0.0, 1.0, 1.0, 2.0]), batches=2, least=1)
    assert found.value == 1.0
    assert found.high - 1.0 == pytest.approx(statistics.t_quantile(1.5) * math.sqrt(1 / 6))


def test_sectioning_is_centred_on_the_whole_run():
    found = statistics.sectioning(5.0, [6.0, 6.0])
    assert found.value == 5.0
    assert found.high - 5.0 == pytest.approx(12.7062, abs=1e-4)  # (1 + 1) / 1 / 2 under the root


def test_short_series_have_a_value_and_no_interval():
    for rule in (statistics.batch_means, statistics.overlapping_batch_means):
        assert rule(np.arange(150.0)) == statistics.Estimate(74.5)
        assert math.isnan(rule(np.zeros(0)).value)
    assert statistics.quantiles(np.arange(101.0), [0.5]) == [statistics.Estimate(50.0)]
    assert math.isnan(statistics.quantiles(np.zeros(0), [0.5])[0].value)
    median, tail = statistics.quantiles(np.arange(1_000.0), [0.5, 0.99])
    assert median.method == "sectioning"
    assert tail.low is None  # 50 observations a section do not show a p99


def test_p999_needs_ten_thousand():
    assert not statistics.supports(0.999, 9_999)
    assert statistics.supports(0.999, 10_000)
    assert statistics.supports(0.99, 1_000)


def test_t_quantiles():
    assert statistics.t_quantile(19) == pytest.approx(2.0930, abs=1e-4)
    assert statistics.t_quantile(29, 0.99) == pytest.approx(2.7564, abs=1e-4)


def test_replications_by_hand():
    found = statistics.replications([1.0, 2.0, 3.0, float("nan")])
    assert found.value == 2.0
    assert found.high - 2.0 == pytest.approx(4.3027 / math.sqrt(3), abs=1e-4)
    assert statistics.replications([4.0]) == statistics.Estimate(4.0)
    assert math.isnan(statistics.replications([]).value)


def test_pairs_remove_the_luck_that_is_shared():
    luck = np.array([5.0, -3.0, 8.0, 0.0])
    found = statistics.paired(luck + np.array([1.1, 0.9, 1.1, 0.9]), luck)
    assert found.difference.value == pytest.approx(1.0)
    assert found.difference.method == "paired"
    assert found.difference.low > 0.8
    assert found.variance_ratio < 0.01
    with pytest.raises(ValueError, match="4 and 2 runs"):
        statistics.paired(luck, luck[:2])


def test_mser5_cuts_the_start_and_no_more():
    draw = np.random.default_rng(7)
    calm = draw.normal(10, 1, 5_000)
    assert statistics.mser5(calm).cut < 500
    started_full = calm.copy()
    started_full[:600] += np.linspace(40, 0, 600)
    found = statistics.mser5(started_full)
    assert 400 <= found.cut <= 800
    assert not found.doubtful
    assert statistics.mser5(np.arange(20.0)) == statistics.WarmUp(0, False)


def test_mser5_by_hand():
    # Ten means of five: nine zeros behind one ten. Any cut of at least one batch leaves no spread; the first is taken.
    series = np.concatenate([np.full(5, 10.0), np.zeros(50)])
    assert statistics.mser5(series) == statistics.WarmUp(5, False)


def test_mser5_doubts_a_series_that_never_settles():
    found = statistics.mser5(np.arange(10_000.0))
    assert found.doubtful
    assert found.cut == 5_000


def test_inverse_carries_the_interval_over():
    found = statistics.Estimate(4.0, 2.0, 8.0, "batch means").inverse(16.0)
    assert (found.value, found.low, found.high) == (4.0, 2.0, 8.0)
    assert statistics.Estimate(4.0, -1.0, 8.0, "x").inverse(16.0).low is None
    assert math.isnan(statistics.Estimate(0.0).inverse(1.0).value)
