"""Findings: what studies hand to reports, as plain data and back, and what answers make of them."""

import json
import math
from dataclasses import replace

import pytest
from findings_made import all_findings, capacity, curves, differences, front, influences
from studies import study

from fleetsim.findings import Curve, CurvePoint, Line, findings_from_plain, findings_to_plain
from fleetsim.report.answers import changes, search
from fleetsim.report.view import View

ARMS = ("A", "B", "C")


def plain(text):
    return text.replace("\u00a0", " ")


def view(*findings):
    return View(replace(study(1, tasks=60), arms=(), findings=findings))


def test_findings_come_back_from_json_as_they_were():
    findings = all_findings(ARMS)
    assert findings_from_plain(json.loads(json.dumps(findings_to_plain(findings), allow_nan=False))) == findings


def test_a_number_that_json_has_no_word_for_comes_back_as_nan():
    curve = Curve("e2e_p99", "ms", "rate", (Line("A", (CurvePoint(1.0, math.inf),)),))
    (back,) = findings_from_plain(json.loads(json.dumps(findings_to_plain((curve,)))))
    assert math.isnan(back.lines[0].points[0].value)


@pytest.mark.parametrize(
    ("change", "said"),
    [(lambda d: d.update(kind="Guess"), "finding 1 is of no known kind"), (lambda d: d.pop("unit"), "Curve: no 'unit'"),
     (lambda d: d.update(colour="red"), "Curve: unknown 'colour'"),
     (lambda d: d["lines"][0]["points"][0].update(x="far"), r"Curve.lines\[0\].points\[0\].x: str where"),
     (lambda d: d.update(lines=3), "Curve.lines: int where list belongs")],
)  # fmt: skip
def test_what_is_not_a_finding_is_refused_by_name(change, said):
    (data,) = findings_to_plain((curves(("A", "B")),))
    change(data)
    with pytest.raises(ValueError, match=said):
        findings_from_plain([data])


def test_a_search_is_answered_with_the_fleet_what_the_next_lacks_and_what_others_cost():
    answer = capacity()
    assert plain(search.lead(answer)) == (
        "chat on 4 H100 is the fleet to take: of all that keep every constraint it has the least fleet cost per hour, "
        "$42.0; the best fleet of the baseline, one large model on 8 H200, comes to $109, 2.6 times as much."
    )
    below, runner_up, binding = map(plain, search.support(answer))
    assert below.startswith(
        "The next cheaper fleet, chat on 3 H100, does not do: tasks within target of class chat is 92.0 %"
    )
    assert runner_up == "The runner-up, chat on 5 H100, comes to $52.5, 25 % more."
    assert binding.endswith("the chosen fleet has 99.4 % (99.3 to 99.5 %), 0.400 points to spare.")
    assert plain(search.recommendation(answer)[1]) == "Plan for $42.0 an hour, $30,700 a month."


def test_a_search_that_found_nothing_says_so_and_recommends_no_fleet():
    answer = replace(capacity(), chosen=None, runner_up=None, neighbour_below=None)
    assert plain(search.lead(answer)) == (
        "No fleet within the bounds of the search keeps tasks within target of class chat at or above 99.0 % and p99 "
        "time to the whole answer at or below 6.00 s."
    )
    assert search.support(answer) == []
    assert "relax a constraint" in search.recommendation(answer)[0]


def test_headroom_is_negative_where_a_constraint_is_broken():
    kept, fast = capacity().constraints
    assert kept.headroom == pytest.approx(0.004)
    assert replace(kept, limit=0.999).headroom < 0
    assert replace(fast, limit=1.0).headroom < 0


def test_crossings_and_verdicts_are_said_in_words():
    of = view(curves(("A", "B")), *differences("A", "B"), *influences("A"))
    assert changes.turning_points(of) == [
        "In cost per 1,000 tasks within target, B is better below and A above workload.arrivals.rate = 0.769 times "
        "(0.700 to 0.840)."
    ]
    assert plain(changes.judged(of)[0]) == (
        "B against A: better in cost per 1,000 tasks within target ($1.20 lower, $1.00 to $1.40), worse in p99 time "
        "to the whole answer (900 ms higher, 500 to 1,300 ms)."
    )
    hangs = plain(changes.hangs_on(of)[0])
    assert hangs.endswith("hangs most on pools.chat.price (up to 32 %) and workload.arrivals.rate (up to 22 %).")
    assert changes.lead(view()) == "The study holds no runs."


def test_a_paired_verdict_goes_before_intervals_that_overlap():
    made = study(2, tasks=400)
    a, b = (arm.name for arm in made.arms)
    cost = differences(a, b)[0]
    for verdict, apart in (("better", True), ("no evidence", False)):
        of = View(replace(made, findings=(replace(cost, verdict=verdict),)))
        assert of.told_apart("usd_per_slo_met_task", *of.arms) is apart


def test_alternatives_that_only_findings_name_have_looks_of_their_own():
    made = study(2, tasks=60)
    of = View(replace(made, findings=(*differences(made.arms[0].name, "Other"), front(ARMS))))
    looks = [key.look for key in (*of.keys, of.key("Other"))]
    assert len(set(looks)) == 3
