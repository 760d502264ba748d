"""The capacity search against answers that theory knows: the cases that are quick enough for every run of the suite.

All cases, again and again, and grids of which every fleet is simulated: `python benchmarks/capacity_truth.py`.
"""

from __future__ import annotations

import pytest
from theory_capacity import CASES, SHARE

FAST = ("M-M-2 at 10", "by turns at 3", "without 1 at 3", "slots for free at 9", "three kinds at 3")


@pytest.mark.parametrize("name", FAST)
def test_the_search_finds_the_known_optimum(name, tmp_path):
    answer = CASES[name].ask(tmp_path)
    assert CASES[name].right(answer), answer.answer
    assert answer.confirmation.complete
    assert answer.effort.fleets * SHARE <= answer.effort.candidates


def test_there_are_enough_cases_and_none_is_a_near_tie():
    assert len(CASES) >= 20
    for case in CASES.values():
        below = [o.mean_ms for o in case.options if o.usd_per_hour < case.best_usd_per_hour - 1e-9]
        best = min(o.mean_ms for o in case.options if o.usd_per_hour <= case.best_usd_per_hour + 1e-9)
        assert best * 1.1 < case.limit_ms < min(below) / 1.1, case.name
