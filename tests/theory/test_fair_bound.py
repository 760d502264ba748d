"""The fair order never breaks its bound: Theorem 4.4 of Sheng et al. 2024, Fairness in Serving Large Language Models.

Two clients that are backlogged all the time from t1 to t2 are served amounts that differ by 2 max(w_in L_in, w_out M)
at most, L_in being the longest prompt and M the most tokens that a running batch can hold.
"""

from __future__ import annotations

import pytest
from fair_backlogs import ANSWER_MOST, PROMPT_MOST, SEATS, backlogs, both_backlogged, widest_gap

RUNS = range(12)
BATCH_TOKENS = SEATS * (PROMPT_MOST + ANSWER_MOST)


def bound(w_in: float, w_out: float) -> float:
    return 2 * max(w_in * PROMPT_MOST, w_out * BATCH_TOKENS)


@pytest.mark.parametrize(("w_in", "w_out"), [(1.0, 2.0), (0.5, 0.5)])
def test_fair_never_breaks_its_bound(w_in, w_out):
    order, gaps, seconds = {"kind": "fair", "w_in": w_in, "w_out": w_out}, [], 0.0
    for number in RUNS:
        run = backlogs(number, order)
        seconds += sum(end - start for start, end in both_backlogged(run)) / 1e9
        gaps.append(widest_gap(run, w_in, w_out))
    assert max(gaps) <= bound(w_in, w_out)
    assert max(gaps) > 0.02 * bound(w_in, w_out), "nothing was measured"
    assert seconds > 100, "they were hardly ever backlogged together"


def test_first_come_breaks_it():
    gaps = [widest_gap(backlogs(number, "first_come")) for number in RUNS]
    assert max(gaps) > bound(1.0, 2.0)
