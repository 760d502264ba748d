"""Arrival processes: rates, gaps and counts against theory."""

import math
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from fleetsim.workload.arrivals import ARRIVALS, Source
from fleetsim.workload.arrivals.contract import thinned, times_after

HERE = Path(__file__).parent


def process(**knobs):
    return TypeAdapter(ARRIVALS[knobs["kind"]]).validate_python(knobs)


def source(horizon_s, seed=20, **more):
    return Source(seed, 0, round(horizon_s * 1e9), HERE, **more)


def arrivals(horizon_s, seed=20, block_rows=65_536, **knobs):
    """Arrival times in whole nanoseconds."""
    batches = process(**knobs).batches(source(horizon_s, seed, block_rows=block_rows))
    return np.concatenate([batch.arrival_ns for batch in batches])


def gaps_s(times_ns):
    return np.diff(times_ns, prepend=0) / 1e9


RENEWALS = [
    ({"kind": "poisson", "rate": "50 per s"}, 1.0, stats.expon(scale=0.02)),
    ({"kind": "gamma", "rate": "50 per s", "cv": 1.25}, 1.25, stats.gamma(0.64, scale=0.03125)),
    ({"kind": "gamma", "rate": "50 per s", "cv": 0.5}, 0.5, stats.gamma(4, scale=0.005)),
    # k = 2 has 1 + cv**2 = Gamma(2) / Gamma(1.5)**2 = 4 / pi
    (
        {"kind": "weibull", "rate": "50 per s", "cv": math.sqrt(4 / math.pi - 1)},
        math.sqrt(4 / math.pi - 1),
        stats.weibull_min(2, scale=0.02 / math.gamma(1.5)),
    ),
    # k = 1/2 has 1 + cv**2 = Gamma(5) / Gamma(3)**2 = 6
    ({"kind": "weibull", "rate": "50 per s", "cv": math.sqrt(5)}, math.sqrt(5), stats.weibull_min(0.5, scale=0.01)),
]


@pytest.mark.parametrize(("knobs", "cv", "theory"), RENEWALS)
def test_gaps_have_mean_cv_and_distribution_of_the_law(knobs, cv, theory):
    gaps = gaps_s(arrivals(2000, **knobs))
    count = len(gaps)
    spread = math.sqrt((stats.kurtosis(gaps, fisher=False) - 1) / 4 / count + cv**2 / count)
    assert gaps.mean() == pytest.approx(0.02, rel=4 * cv / math.sqrt(count))
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=4 * spread)
    assert stats.kstest(gaps, theory.cdf).pvalue > 0.01


@pytest.mark.parametrize("cv", [0.05, 0.5, 1.0, 3.0, 20.0])
def test_the_weibull_shape_gives_the_cv(cv):
    from fleetsim.workload.arrivals.weibull import weibull_shape

    k = weibull_shape(cv)
    assert math.gamma(1 + 2 / k) / math.gamma(1 + 1 / k) ** 2 - 1 == pytest.approx(cv**2, rel=1e-9)
    assert weibull_shape(1.0) == pytest.approx(1.0)


MEAN_RATES = [
    ({"kind": "poisson", "rate": "50 per s"}, 50),
    ({"kind": "constant", "rate": "50 per s"}, 50),
    ({"kind": "gamma", "rate": "50 per s", "cv": 2.0}, 50),
    ({"kind": "weibull", "rate": "50 per s", "cv": 2.0}, 50),
    ({"kind": "diurnal", "rate": "50 per s", "amplitude": 0.8, "period": "100 s"}, 50),
    ({"kind": "on_off", "rate_on": "100 per s", "rate_off": "20 per s", "on": "1 s", "off": "3 s"}, 40),
    (
        {
            "kind": "mmpp",
            "states": [{"rate": "10 per s", "dwell": "1 s"}, {"rate": "90 per s", "dwell": "3 s"}],
        },
        70,
    ),
]


@pytest.mark.parametrize(("knobs", "rate_per_s"), MEAN_RATES, ids=[knobs["kind"] for knobs, _ in MEAN_RATES])
def test_the_mean_rate_is_what_the_knobs_say_and_what_comes(knobs, rate_per_s):
    assert process(**knobs).mean_rate_per_s == pytest.approx(rate_per_s)
    assert len(arrivals(10_000, **knobs)) == pytest.approx(10_000 * rate_per_s, rel=0.05)


def test_constant_arrivals_do_not_drift():
    times = arrivals(10_000, kind="constant", rate="3 per s", start="1 s")
    assert len(times) == 3 * 9_999
    assert times[[0, 1, 2, 3, 29_996]].tolist() == [10**9, 1_333_333_333, 1_666_666_667, 2 * 10**9, 9_999_666_666_667]
    assert set(np.diff(times).tolist()) == {333_333_333, 333_333_334}


def test_times_far_beyond_the_horizon_do_not_overflow():
    assert times_after(5, np.array([1e-9, 2e-9, 1e300, np.inf, 1.0]), 10**17).tolist() == [6, 8]
    assert times_after(0, np.full(65_536, 1e9), 10**9).tolist() == []
    assert times_after(0, np.array([1.0, 1.0]), 2 * 10**9).tolist() == [10**9]


DIURNAL = {"kind": "diurnal", "rate": "100 per s", "amplitude": 0.8, "period": "300 s", "peak": "50 s"}


def diurnal_integral(time_s):
    """Tasks expected until then: the integral of 100 (1 + 0.8 cos(2 pi (t - 50) / 300))."""
    omega = 2 * np.pi / 300
    return 100 * (time_s + 0.8 / omega * (np.sin(omega * (time_s - 50)) + np.sin(omega * 50)))


def count_p_value(times_ns, horizon_s):
    """How well the counts of 60 equal intervals agree with the integral of the diurnal rate."""
    edges = np.linspace(0, horizon_s, 61)
    counts, expected = np.histogram(times_ns / 1e9, edges)[0], np.diff(diurnal_integral(edges))
    return stats.chi2(60).sf(((counts - expected) ** 2 / expected).sum())


def test_diurnal_counts_are_the_integral_of_the_rate():
    times = arrivals(750, **DIURNAL)
    assert count_p_value(times, 750) > 0.01
    assert stats.kstest(times / 1e9, lambda t: diurnal_integral(t) / diurnal_integral(750)).pvalue > 0.01


def test_these_tests_catch_a_wrong_envelope():
    """An envelope too low, its guard stepped around, cuts off the peak."""
    rate = process(**DIURNAL).rate_at
    low = np.concatenate(list(thinned(source(750), 120.0, lambda t: np.minimum(rate(t), 120.0))))
    assert count_p_value(low, 750) < 1e-6
    assert stats.kstest(low / 1e9, lambda t: diurnal_integral(t) / diurnal_integral(750)).pvalue < 1e-6


def test_what_thinning_leaves_of_a_constant_rate_is_poisson():
    times = np.concatenate(list(thinned(source(2000), 100.0, lambda t: np.full(t.shape, 40.0))))
    assert stats.kstest(gaps_s(times), stats.expon(scale=1 / 40).cdf).pvalue > 0.01


def test_a_rate_above_its_envelope_is_refused():
    with pytest.raises(ValueError, match=r"exceeds its envelope of 120\.0 per s"):
        list(thinned(source(750), 120.0, process(**DIURNAL).rate_at))


RATES, LEAVING = (100.0, 10.0), (2.0, 0.5)  # per s: arrivals in, and departures from, each state
MMPP = {"kind": "mmpp", "states": [{"rate": "100 per s", "dwell": "0.5 s"}, {"rate": "10 per s", "dwell": "2 s"}]}
ON_OFF = {"kind": "on_off", "rate_on": "100 per s", "rate_off": "10 per s", "on": "0.5 s", "off": "2 s"}


@pytest.mark.parametrize("knobs", [MMPP, ON_OFF])
def test_rate_and_dispersion_of_a_modulated_process(knobs):
    """Fischer and Meier-Hellstern 1993, with Heffes and Lucantoni's index of dispersion of counts in t seconds."""
    (l1, l2), (r1, r2) = RATES, LEAVING
    mean_rate = (l1 * r2 + l2 * r1) / (r1 + r2)
    limit = 2 * (l1 - l2) ** 2 * r1 * r2 / ((r1 + r2) ** 2 * (l1 * r2 + l2 * r1))
    window_s = 8.0
    dispersion = 1 + limit * (1 - (1 - math.exp(-(r1 + r2) * window_s)) / ((r1 + r2) * window_s))
    horizon_s = 40_000
    counts = np.histogram(arrivals(horizon_s, **knobs), np.arange(0, horizon_s + 1, window_s) * 1e9)[0]
    error = math.sqrt((1 + limit) / (mean_rate * horizon_s))
    assert counts.mean() / window_s == pytest.approx(mean_rate, rel=4 * error)
    assert counts.var() / counts.mean() == pytest.approx(dispersion, rel=4 * math.sqrt(3 / len(counts)))


def test_a_modulated_process_is_stationary_from_the_start():
    counts = [len(arrivals(0.25, seed=seed, **MMPP)) for seed in range(3000)]
    expected = 0.25 * (100 * 0.2 + 10 * 0.8)
    assert np.mean(counts) == pytest.approx(expected, abs=4 * np.std(counts) / math.sqrt(len(counts)))


def test_equal_rates_make_a_modulated_process_poisson():
    states = [{"rate": "50 per s", "dwell": "0.1 s"}, {"rate": "50 per s", "dwell": "1 s"}]
    gaps = gaps_s(arrivals(2000, kind="mmpp", states=states))
    assert stats.kstest(gaps, stats.expon(scale=0.02).cdf).pvalue > 0.01


def test_fixed_bursts_keep_to_the_clock():
    times = arrivals(100, kind="on_off", rate_on="40 per s", on="2 s", off="3 s", durations="fixed") / 1e9
    assert np.all(times % 5 <= 2)
    assert len(times) == pytest.approx(1600, abs=4 * 40)
    assert stats.kstest(times % 5, stats.uniform(0, 2).cdf).pvalue > 0.01


OPEN = [
    {"kind": "constant", "rate": "30 per s"},
    *(knobs for knobs, _, _ in RENEWALS),
    DIURNAL,
    MMPP,
    ON_OFF,
    {"kind": "trace", "file": "shipped:azure_code", "rate_scale": 1.5, "repeat": True},
]


@pytest.mark.parametrize("knobs", OPEN, ids=lambda knobs: knobs["kind"])
def test_times_are_ordered_before_the_horizon_and_free_of_block_sizes_and_horizon(knobs):
    times = arrivals(200, **knobs)
    assert times.dtype == np.int64
    assert np.all(np.diff(times) >= 0)
    assert 0 <= times[0] <= times[-1] < 200 * 10**9
    assert np.array_equal(arrivals(200, block_rows=7, **knobs), times)
    assert np.array_equal(arrivals(90, **knobs), times[times < 90 * 10**9])


@pytest.mark.parametrize("knobs", OPEN[1:], ids=lambda knobs: knobs["kind"])
def test_another_seed_gives_other_times(knobs):
    assert not np.array_equal(arrivals(20, **knobs), arrivals(20, seed=21, **knobs))


def test_clients_start_along_the_ramp_and_think_by_the_law():
    closed = process(kind="closed_loop", clients=4, ramp="10 s", think={"kind": "exponential", "mean": "5 s"})
    assert closed.starts_ns().tolist() == [0, 2_500_000_000, 5_000_000_000, 7_500_000_000]
    pauses = closed.think_ns(source(1e6), 0, 50_000)
    assert stats.kstest(pauses / 1e9, stats.expon(scale=5).cdf).pvalue > 0.01
    assert np.array_equal(closed.think_ns(source(1e6), 300, 50), pauses[300:350])
    assert process(kind="closed_loop", clients=2).think_ns(source(1), 0, 3).tolist() == [0, 0, 0]


def test_every_process_is_tried_here_and_has_a_schema():
    assert {knobs["kind"] for knobs in OPEN} | {"closed_loop"} == set(ARRIVALS)
    for kind, member in ARRIVALS.items():
        assert TypeAdapter(member).json_schema()["properties"]["kind"]["const"] == kind


BAD_KNOBS = [
    {"kind": "poisson", "rate": "0 per s"},
    {"kind": "poisson", "rate": 5},
    {"kind": "gamma", "rate": "1 per s", "cv": 0},
    {"kind": "weibull", "rate": "1 per s", "cv": "1"},
    {"kind": "mmpp", "states": [{"rate": "1 per s", "dwell": "1 s"}]},
    {"kind": "mmpp", "states": [{"rate": "0 per s", "dwell": "1 s"}] * 2},
    {"kind": "diurnal", "rate": "1 per s", "amplitude": 1.5},
    {"kind": "on_off", "rate_on": "1 per s", "on": "0 s", "off": "1 s"},
    {"kind": "closed_loop", "clients": 0},
    {"kind": "closed_loop", "clients": 1, "think": {"mean": "1 s"}},
    {"kind": "trace", "file": "t.csv", "speed": 0},
]


@pytest.mark.parametrize("knobs", BAD_KNOBS)
def test_bad_knobs_are_refused(knobs):
    with pytest.raises(ValidationError):
        process(**knobs)
