"""What the report claims: the answer follows from the figures and never says more than they do."""

from dataclasses import replace

import pytest
from studies import study

from fleetsim.metrics.contract import Figure
from fleetsim.report.charts.heat import heat
from fleetsim.report.contract import Points, Prose
from fleetsim.report.doubts import doubts
from fleetsim.report.sections.answer import answer
from fleetsim.report.sections.comparison import comparison
from fleetsim.report.view import View, apart, known
from fleetsim.study.results import Arm, Study


def figure(name, value, width=0.0, scope="all"):
    unit, better = {"slo_attainment": ("share", "higher"), "e2e_p99": ("ms", "lower")}.get(name, ("USD", "lower"))
    low, high = (value - width, value + width) if width else (None, None)
    return Figure(name, scope, value, unit, better, low, high, "batch means" if width else "")


def arms(*given, targets=True):
    """A study of arms A, B, C ... with these figures."""
    base = study(1, tasks=60, targets=targets)
    pools = tuple(replace(pool, basis="measured") for pool in base.arms[0].runs[0].facts.pools)
    run = replace(base.arms[0].runs[0], facts=replace(base.arms[0].runs[0].facts, pools=pools))
    return replace(base, arms=tuple(Arm("ABCDEF"[i], (run,), tuple(f)) for i, f in enumerate(given)))


def served(kept, cost, p99_ms, width=0.01):
    return [figure("slo_attainment", kept, 0.001), figure("usd_per_slo_met_task", cost, cost * width),
            figure("e2e_p99", p99_ms, p99_ms * width)]  # fmt: skip


def told(of: Study):
    """The lead sentence, the supporting points and the points to be careful about."""
    blocks = answer(View(of))
    plain = {"lead": "", "points": [], "care": []}
    for block in blocks:
        if isinstance(block, Prose):
            plain["lead"] = block.text.replace("\u00a0", " ")
        elif isinstance(block, Points):
            key = "care" if block.manner == "care" else "points"
            plain[key] = [item.replace("\u00a0", " ") for item in block.items]
    return plain


def test_the_cheapest_of_those_that_serve_well_is_named_not_the_cheapest_of_all():
    said = told(arms(served(0.995, 0.004, 3000), served(0.999, 0.003, 5000), served(0.80, 0.001, 9000)))
    assert said["lead"] == (
        "B is the cheapest of the 2 architectures that keep at least 99 % of tasks within their targets, at "
        "$3.00 ($2.97 to $3.03) per 1,000 tasks within target; A is the fastest, answering 99 of 100 tasks within "
        "3.00 s (2.97 to 3.03 s)."
    )
    assert said["points"][0].startswith("Cheapest of those that meet the targets: B at $3.00")
    assert said["points"][0].endswith("next is A at $4.00 ($3.96 to $4.04), 33 % more.")


def test_the_only_one_that_serves_well_is_said_to_be():
    said = told(arms(served(0.995, 0.009, 3000), served(0.6, 0.003, 5000)))
    assert said["lead"].startswith(
        "A is the only one of 2 architectures that keeps at least 99 % of tasks within target"
    )
    assert "and also the fastest, answering" in said["lead"]


def goal_of(share, base):
    """The same study, with another goal."""
    asked = [replace(arm.runs[0], facts=replace(arm.runs[0].facts, attainment_goal=share)) for arm in base.arms]
    return replace(base, arms=tuple(replace(arm, runs=(run,)) for arm, run in zip(base.arms, asked, strict=True)))


def test_what_serves_well_is_for_the_scenario_to_say():
    three = arms(served(0.995, 0.004, 3000), served(0.96, 0.003, 5000), served(0.80, 0.001, 9000))
    assert "keep at least 95 % of tasks within their targets, at $3.00" in told(goal_of(0.95, three))["lead"]
    assert told(goal_of(0.999, three))["lead"].endswith("where 99.9 % is the goal; A is the fastest, answering 99 of "
                                                        "100 tasks within 3.00 s (2.97 to 3.03 s).")  # fmt: skip
    field = heat(View(goal_of(0.95, three)), [("all", "all")])
    assert "at least 95\u00a0% of the class" in field.reading
    assert str(field.spec).count("#0a84d6") == 2
    assert heat(View(goal_of(1.0, three)), [("all", "all")])


def test_where_none_serves_well_the_report_says_so_first():
    said = told(arms(served(0.90, 0.004, 3000), served(0.95, 0.003, 5000)))
    assert said["lead"].startswith("None of the 2 architectures meets the targets: the nearest, B, keeps 95.0 %")
    assert "cheapest" not in said["lead"]
    assert told(arms(served(0.9, 0.004, 3000)))["lead"].startswith("A does not meet the targets: it keeps 90.0 %")


def test_overlapping_intervals_are_not_called_a_difference():
    said = told(arms(served(0.999, 0.0030, 3000, 0.05), served(0.999, 0.0031, 3050, 0.05)))
    assert "the cheapest in these runs, though not beyond doubt" in said["lead"]
    assert "the fastest in these runs" in said["lead"]
    assert said["points"][0].endswith("an interval that overlaps, so these runs do not tell the two apart.")
    assert said["points"][1].endswith("these runs do not tell it from B.")


def test_figures_without_an_interval_are_not_taken_for_certain():
    said = told(arms(served(0.999, 0.003, 3000, 0.0), served(0.999, 0.006, 9000, 0.0)))
    assert "though not beyond doubt" in said["lead"]
    assert all(line.endswith("the runs are too short to say how sure that is.") for line in said["points"])


def test_without_targets_money_and_time_alone_are_compared():
    given = [
        [figure("usd_per_million_output_tokens", usd, 0.1), figure("e2e_p99", ms, 10.0)]
        for usd, ms in ((9, 1e3), (5, 2e3))
    ]
    said = told(arms(*given, targets=False))
    assert said["lead"].startswith(
        "B is the cheapest of 2 architectures at $5.00 ($4.90 to $5.10) per million output tokens;"
    )
    assert "target" not in said["lead"]


def test_nothing_priced_and_nothing_counted_make_no_claim():
    assert "No architecture has a cost" in told(arms([], [], targets=False))["lead"]
    assert "no task was counted" in told(arms([], []))["lead"]
    assert told(replace(arms([]), arms=()))["lead"] == "The study holds no runs."


def test_what_weakens_the_answer_is_said_and_arms_are_gathered():
    counts = [figure("arrived", 1000.0), figure("in_flight", 50.0), figure("refused_kv", 2.0), figure("cut", 20.0)]
    doubtful = [figure("warm_up_doubtful", 1.0)]
    unsure = [figure("slo_attainment", 0.992, 0.01)]
    of = arms(counts + unsure, counts + doubtful)
    care = [line.replace("\u00a0", " ") for line in doubts(View(of))]
    assert [line.split(":")[0] for line in care] == ["B", "A", "A and B", "A and B", "A and B"]
    assert told(of)["care"] == [*care[:3], "2 more under \u201cWhat is uncertain\u201d."]
    for word in (
        "5.0 % of tasks had no answer",
        "0.2 % of tasks were refused",
        "2.0 % of answers were cut",
        "98.2 %",
        "never settled",
    ):
        assert any(word in line for line in care), word


def test_step_times_from_data_sheets_alone_are_a_caveat():
    care = told(study(3, tasks=60))["care"]
    assert any("chat wafer rest on data sheets alone" in line for line in care)


@pytest.mark.parametrize(("one", "other", "answer_"), [((1, 0.1), (1.3, 0.1), True), ((1, 0.1), (1.15, 0.1), False),
                                                      ((1, 0), (2, 0), True), ((1, 0), (1, 0), False)])  # fmt: skip
def test_apart_means_that_intervals_do_not_touch(one, other, answer_):
    assert apart(figure("x", *one), figure("x", *other)) is answer_


def test_only_prices_are_exact_without_an_interval():
    assert known(figure("usd_per_hour", 3.0))
    assert known(figure("e2e_p99", 3.0, 0.1))
    assert not known(figure("e2e_p99", 3.0))


def test_the_best_is_marked_and_those_not_told_apart_from_it():
    view = View(
        arms(served(0.999, 0.0030, 3000, 0.05), served(0.999, 0.0031, 9000, 0.05), served(0.5, 0.02, 9000, 0.05))
    )
    table = comparison(view)[0]
    marks = {column: [row[i].mark for row in table.rows] for i, column in enumerate(table.columns) if i}
    assert marks["Cost per 1,000 tasks within target"] == ["best", "tie", ""]
    assert marks["Time to the whole answer, p99"] == ["best", "", ""]
    assert marks["Tasks within target"] == ["best", "best", ""]


def test_one_arm_has_no_best():
    table = comparison(View(arms(served(0.999, 0.003, 3000))))[0]
    assert {cell.mark for row in table.rows for cell in row} == {""}


def test_the_only_one_is_not_beyond_doubt_where_another_may_keep_the_goal_too():
    near = [figure("slo_attainment", 0.97, 0.03), *served(0.97, 0.002, 4000)[1:]]
    assert "within target, though not beyond doubt, at" in told(arms(served(0.995, 0.009, 3000), near))["lead"]
