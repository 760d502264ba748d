"""The log of gaps between tokens against the gaps written out one by one."""

import numpy as np
import pytest

from fleetsim.records.run_log import RunLog
from fleetsim.tables import RUNS, RunKind

QUANTILES = np.array([0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0])


def some_rows(seed: int, count: int, *, growth_ns: float = 1300.0, replicas: int = 3) -> np.recarray:
    """Rows of replicas that step one run after the other, as engines make them."""
    draw = np.random.default_rng(seed)
    rows = RUNS.empty(count)
    rows.first_ns = draw.lognormal(16, 0.4, count)
    rows.growth_ns = draw.integers(0, 3, count) * growth_ns
    rows.replica = draw.integers(0, replicas, count)
    rows.steps = draw.integers(1, 40, count)
    rows.decoding = draw.integers(1, 9, count)
    for replica in range(replicas):
        own = np.flatnonzero(rows.replica == replica)
        lengths = (
            rows[own].steps * rows[own].first_ns + rows[own].growth_ns * rows[own].steps * (rows[own].steps - 1) / 2
        )
        rows.start_ns[own] = np.concatenate([[0], np.cumsum(np.ceil(lengths))])[:-1].astype(np.int64)
    return rows


def written_out(rows: np.recarray, start_ns: float = -1, stop_ns: float = np.inf, replicas=None) -> np.ndarray:
    """Every gap of every token, the slow way."""
    gaps = []
    for row in rows:
        if replicas is not None and row.replica not in replicas:
            continue
        for step in range(row.steps):
            k = step + 1
            end_ns = row.start_ns + int(np.floor(k * row.first_ns + row.growth_ns * (0.5 * k * (k - 1)) + 0.5))
            if start_ns < end_ns <= stop_ns:
                gaps += [row.first_ns + step * row.growth_ns] * row.decoding
    return np.array(gaps)


def logged(rows: np.recarray, cap_rows: int = 8_000_000, block: int = 100) -> RunLog:
    log = RunLog(cap_rows)
    for start in range(0, len(rows), block):
        log.add(rows[start : start + block])
    return log


def test_one_run_of_steps_by_hand():
    rows = RUNS.empty(2)
    rows[0] = (0, 10.0, 2.0, 0, 3, 2, RunKind.STEPS)  # 10 10 12 12 14 14
    rows[1] = (0, 100.0, 0.0, 1, 1, 1, RunKind.RESUMED)
    log = logged(rows)
    assert log.exact
    assert log.count() == 7
    assert log.mean() == pytest.approx(172 / 7)
    assert log.quantiles([0, 0.5, 1]).tolist() == [10.0, 12.0, 100.0]
    assert log.quantiles([0.5], replicas=[1]).tolist() == [100.0]
    assert log.count(stop_ns=22) == 4  # steps end at 10, 22, 36; the resumed gap at 100
    assert log.count(start_ns=22) == 3
    assert log.count(start_ns=10, stop_ns=22) == 2


@pytest.mark.parametrize("growth_ns", [0.0, 1300.0, 1e-3, 4e6])
def test_quantiles_are_those_of_all_gaps(growth_ns):
    rows = some_rows(1, 400, growth_ns=growth_ns)
    gaps = written_out(rows)
    log = logged(rows)
    assert log.count() == len(gaps)
    assert log.mean() == pytest.approx(gaps.mean(), rel=1e-12)
    np.testing.assert_allclose(log.quantiles(QUANTILES), np.quantile(gaps, QUANTILES), rtol=1e-14)


@pytest.mark.parametrize(
    "window", [(None, 10**9), (5 * 10**8, None), (3 * 10**8, 9 * 10**8), (4 * 10**8, 4 * 10**8 + 1)]
)
@pytest.mark.parametrize("replicas", [None, [0, 2]])
def test_windows_select_tokens_by_when_they_are_emitted(window, replicas):
    rows = some_rows(2, 300)
    start_ns, stop_ns = window
    gaps = written_out(rows, -1 if start_ns is None else start_ns, np.inf if stop_ns is None else stop_ns, replicas)
    log = logged(rows)
    assert log.count(start_ns, stop_ns, replicas) == len(gaps)
    if len(gaps):
        # A step in the midst of a row is first + i * growth however the row is cut, but for the last bit.
        expected = np.quantile(gaps, QUANTILES)
        np.testing.assert_allclose(log.quantiles(QUANTILES, start_ns, stop_ns, replicas), expected, rtol=1e-12)


def test_nothing_has_no_quantiles():
    log = RunLog()
    assert log.count() == 0
    assert np.isnan(log.mean())
    assert np.isnan(log.quantiles([0.5, 0.99])).all()
    log.add(some_rows(3, 10))
    assert np.isnan(log.quantiles([0.5], replicas=[99])).all()


def test_a_log_beyond_its_cap_folds_the_oldest_rows_and_says_so():
    rows = some_rows(4, 2_000)
    gaps = written_out(rows)
    log = logged(rows, cap_rows=64)
    assert not log.exact
    assert 0 < len(log.rows) <= 128
    assert np.array_equal(log.rows, rows[-len(log.rows) :])
    assert log.count() == len(gaps)
    assert log.mean() == pytest.approx(gaps.mean(), rel=1e-12)
    np.testing.assert_allclose(log.quantiles(QUANTILES), np.quantile(gaps, QUANTILES), rtol=2.0**-13)
    own = written_out(rows, replicas=[1])
    assert log.count(replicas=[1]) == len(own)
    assert log.mean(replicas=[1]) == pytest.approx(own.mean(), rel=1e-12)
    np.testing.assert_allclose(log.quantiles(QUANTILES, replicas=[1]), np.quantile(own, QUANTILES), rtol=2.0**-13)
