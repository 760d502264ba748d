"""What the report recommends: cost first, then right answers, then speed, each only where the runs tell."""

from dataclasses import replace

from test_report_answer import arms, figure, served

from fleetsim.metrics.contract import Figure
from fleetsim.report.answers.advice import advice
from fleetsim.report.answers.arms import lead
from fleetsim.report.view import View
from fleetsim.study.results import Arm


def judged(share, usd_per_1000_right, p99_ms, usd_per_hour=100.0):
    right = Figure("accuracy", "all", share, "share", "higher", share - 0.01, share + 0.01, "batch means")
    cost = figure("cost_per_correct_usd", usd_per_1000_right / 1000, 0.0002)
    return [*served(0.999, 0.003, p99_ms), right, cost, figure("usd_per_hour", usd_per_hour)]


def said(*given):
    return [line.replace("\u00a0", " ") for line in advice(View(arms(*given)))]


def test_of_arms_that_cost_the_same_the_one_that_is_right_more_often_is_chosen():
    lines = said(judged(0.50, 4.0, 1000), judged(0.75, 4.1, 3000))
    assert lines[0].startswith("Serve this load with B: ")
    assert lines[1] == (
        "These runs do not tell its cost from that of A; its answers are right more often than those of A."
    )
    assert lines[2] == "Where speed is worth more than money, A is 3.0 times as fast at the p99, at +0 % fleet cost."


def test_of_those_right_as_often_the_fastest_is_chosen():
    lines = said(judged(0.50, 4.0, 1000), judged(0.75, 4.05, 3000), judged(0.755, 4.1, 2000))
    assert lines[0].startswith("Serve this load with C: ")
    assert lines[1].endswith("its answers are right more often than those of A and it is the fastest of the 2 left.")


def test_a_dearer_arm_that_is_right_more_often_is_told():
    lines = said(judged(0.50, 4.0, 1000), judged(0.75, 9.0, 3000, usd_per_hour=180.0))
    assert lines[0].startswith("Serve this load with A: ")
    assert lines[1] == (
        "Where a right answer is worth more than money, B is right in 75.0 % of tasks, A in 50.0 %, "
        "at +80 % fleet cost."
    )


def test_of_those_right_as_often_the_cheapest_is_told():
    dear, cheap = judged(0.755, 9.0, 3000, usd_per_hour=180.0), judged(0.75, 8.0, 3000, usd_per_hour=120.0)
    lines = said(judged(0.50, 4.0, 1000), dear, cheap)
    assert "C is right in 75.0 % of tasks, A in 50.0 %, at +20 % fleet cost." in lines[1]


def test_a_cheaper_arm_that_is_right_more_often_has_only_its_targets_against_it():
    late = [f for f in judged(0.75, 8.0, 3000, usd_per_hour=90.0) if f.name != "slo_attainment"]
    lines = said(judged(0.50, 4.0, 1000), [*late, *(f for f in served(0.9, 0.003, 3000) if f.name == "slo_attainment")])
    told = (
        "Where a right answer is worth more than the target, B is right in 75.0 % of tasks, A in 50.0 %, at -10 % fleet"
    )
    assert lines[1].startswith(told)


def test_without_judged_answers_speed_decides_between_equal_costs():
    lines = said(served(0.999, 0.003, 3000), served(0.999, 0.003, 1000))
    assert lines[0].startswith("Serve this load with B: ")
    assert lines[1] == "These runs do not tell its cost from that of A; it is the fastest of them."
    lines = said(served(0.999, 0.003, 3000), served(0.999, 0.003, 3000))
    assert lines[1].startswith("These runs tell its cost from that of B no more than its speed")


def test_a_rented_endpoint_is_no_machine_to_add_more_of():
    base = arms(served(0.5, 0.003, 3000))
    run = base.arms[0].runs[0]
    pools = tuple(replace(pool, tariff=((0.0, 1e-6, 4e-6),)) for pool in run.facts.pools)
    rented = replace(
        base, arms=(Arm("A", (replace(run, facts=replace(run.facts, pools=pools)),), base.arms[0].figures),)
    )
    lines = advice(View(rented))
    assert "Let a second vendor stand in" in lines[-1]
    assert "replicas" not in lines[-1]


def test_arms_whose_costs_read_the_same_are_not_told_apart():
    view = View(arms(served(0.999, 0.0030000, 3000, 0.0001), served(0.999, 0.0030012, 3000, 0.0001)))
    assert "though not beyond doubt" in lead(view)


def test_who_is_right_more_often_is_told_though_it_misses_targets():
    late = [*served(0.95, 0.003, 3000), *judged(0.75, 3.0, 3000)[3:]]
    lines = said(judged(0.50, 4.0, 1000), late)
    assert lines[0].startswith("Serve this load with A: ")
    assert lines[1] == (
        "Where a right answer is worth more than the target, B is right in 75.0 % of tasks, A in 50.0 %, "
        "at +0 % fleet cost; but it keeps 95.0 % of tasks within target."
    )
