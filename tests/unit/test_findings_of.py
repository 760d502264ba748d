"""Comparisons, what-ifs and capacity answers as findings and as report pages that can be made again."""

from __future__ import annotations

import dataclasses
import math

import pytest
from click.testing import CliRunner
from small_scenarios import PAIR, write

import fleetsim
from fleetsim.cli import commands
from fleetsim.findings import RANKS, CapacityAnswer, Curve, Difference, Front, Sensitivity, Tornado
from fleetsim.findings import findings_from_plain as from_plain
from fleetsim.findings import findings_to_plain as to_plain
from fleetsim.metrics import alike, combine
from fleetsim.study.findings_of import capacity, comparison, whatif
from fleetsim.study.saved import read_saved

SIZED = (
    PAIR
    + """\
capacity:
  variables:
    architectures.fast.pools.p.replicas: "1:4"
    architectures.wide.pools.p.replicas: "1:4"
  baseline: wide
  constraints: [{figure: e2e_mean, at_most: 60 ms}]
  loads: [1.0, 2.0]
"""
)
TRACED = (
    PAIR[: PAIR.index("workload:")]
    + """\
workload:
  classes:
    job: {arrivals: {kind: trace, file: "shipped:azure_code"}}
"""
    + PAIR[PAIR.index("architectures:") :]
)
RATE, SLOTS = "workload.arrivals.rate", "architectures.fast.pools.p.max_num_seqs"


def run(*words):
    done = CliRunner().invoke(commands, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def kinds(study, kind):
    return [finding for finding in study.findings if isinstance(finding, kind)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return write(tmp_path_factory.mktemp("pair"), PAIR)


def test_a_comparison_becomes_differences_and_arms_of_its_own_figures(pair):
    found = fleetsim.compare(pair, workers=1, budget=4, figures=["e2e_mean", "arrived"])
    study = comparison.study_of(found)
    mean, arrived = kinds(study, Difference)
    one = found.of("wide", "e2e_mean")
    assert (mean.a, mean.b, mean.value, mean.low) == ("fast", "wide", one.difference.value, one.difference.low)
    assert (mean.verdict, arrived.verdict) == ("worse", "no evidence")
    fast = study.arms[0]
    assert (fast.count, len(fast.runs)) == (4, 1)
    assert fast.value("e2e_mean") == pytest.approx(one.baseline_value), "the side by side says what the difference says"
    assert from_plain(to_plain(study.findings)) == study.findings


def test_a_grid_becomes_curves_with_crossings(pair):
    found = fleetsim.whatif(pair, vary=[f"{RATE}=4:25 per s:3"], figures=["e2e_mean"], break_even="e2e_mean")
    (curve,) = kinds(whatif.study_of(found), Curve)
    assert [point.x for point in curve.lines[0].points] == [4.0, 14.5, 25.0]
    assert (curve.x_unit, curve.here, curve.better) == ("per s", 10.0, "lower")
    (crossing,) = curve.crossings
    assert (crossing.below, crossing.above) == ("fast", "wide")
    assert crossing.low < crossing.x < crossing.high


def test_names_stand_in_their_order(pair):
    path = "architectures.fast.pools.p.balancer"
    found = fleetsim.whatif(pair, vary=[f"{path}=round_robin,random"], figures=["e2e_mean"], replications=2)
    (curve,) = kinds(whatif.study_of(found), Curve)
    assert curve.x_names == ("round_robin", "random")
    assert [point.x for point in curve.lines[0].points] == [0.0, 1.0]


def test_one_at_a_time_becomes_a_tornado_around_the_base(pair):
    found = fleetsim.whatif(pair, vary=[f"{SLOTS}=1,4", f"{RATE}=5 per s,20 per s"], design="one-at-a-time",
                            figures=["e2e_mean"], replications=4)  # fmt: skip
    tornado = kinds(whatif.study_of(found), Tornado)[0]
    for swing, own in zip(tornado.swings, found.swings, strict=False):
        assert swing.least <= tornado.base <= swing.most
        assert swing.least == tornado.base + min(own.down.value, 0)
        assert swing.most == tornado.base + max(own.up.value, 0)


def test_influences_become_a_sensitivity(pair):
    found = fleetsim.whatif(pair, vary=[f"{SLOTS}=1,4", f"{RATE}=5:15 per s:2"], figures=["e2e_mean"], replications=2,
                            sensitivity="morris", samples=2)  # fmt: skip
    first = kinds(whatif.study_of(found), Sensitivity)[0]
    assert (first.method, first.samples) == ("Morris", 2 * 3)
    assert first.influences[0].value == found.influences[0].total


def test_a_capacity_answer_becomes_candidates_constraints_front_and_curve(tmp_path):
    answer = fleetsim.capacity(write(tmp_path, SIZED))
    study = capacity.study_of(answer)
    (told,) = kinds(study, CapacityAnswer)
    assert told.chosen.figure("usd_per_hour").value == answer.answer.usd_per_hour
    assert (told.constraints[0].limit, told.constraints[0].at_least) == (60.0, False)
    assert told.constraints[0].headroom == pytest.approx(60.0 - answer.answer.kept[0].value)
    assert (told.monolith is None) == (answer.baseline is None)
    (front,) = kinds(study, Front)
    assert front.axes[0] == "usd_per_hour"
    assert sum(option.chosen for option in front.options) <= 1
    assert study.arms[0].name == answer.answer.name
    assert study.arms[0].value("e2e_mean") == pytest.approx(answer.answer.kept[0].value)


@pytest.mark.parametrize(
    "words",
    [("compare", "--budget", "3"), ("whatif", "--vary", f"{RATE}=4:16 per s:2", "--figure", "e2e_mean"), ("capacity",)],
)
def test_the_commands_write_a_page_that_is_made_again_to_the_byte(tmp_path, words):
    folder = tmp_path / "out"
    run(words[0], write(tmp_path, SIZED), *words[1:], "--workers", "1", "-q", "-o", folder)
    page = (folder / "report.html").read_bytes()
    assert b"<h1" in page
    run("report", folder, "-q")
    assert (folder / "report.html").read_bytes() == page
    assert read_saved(folder).findings


def test_runs_that_are_one_and_the_same_give_no_interval_over_them(pair):
    study = fleetsim.simulate(pair, replications=2)
    one, other = (run.figures for run in study.arms[0].runs)
    assert not alike([one, other])
    assert not alike([one])
    assert combine([one, one]) == list(one), "the intervals from within the run"
    nan = (dataclasses.replace(one[0], value=math.nan),)
    assert alike([nan, nan])


@pytest.fixture
def traced(tmp_path):
    return write(tmp_path, TRACED)


def test_a_run_of_a_trace_keeps_one_of_equal_replicates_and_says_so(traced):
    study = fleetsim.simulate(traced, replications=3)
    assert [len(arm.runs) for arm in study.arms] == [1, 1]
    assert {figure.interval for arm in study.arms for figure in arm.figures} - {""}, "intervals from within the run"
    assert "replications" not in {figure.interval for arm in study.arms for figure in arm.figures}
    assert any("one and the same run" in note for note in study.provenance["notes"])


def test_a_comparison_on_a_trace_is_no_evidence(traced):
    found = fleetsim.compare(traced, workers=1, budget=3, figures=["e2e_mean"])
    one = found.of("wide", "e2e_mean")
    assert (found.runs, one.difference.low, one.verdict) == (1, None, "no evidence at this size")
    assert any("one and the same run" in note for note in found.notes)
    assert comparison.study_of(found).findings == ()


def test_arms_without_luck_have_no_interval_beside_one_that_has_some(tmp_path):
    pool = "{steps: {base: 20 ms}, max_num_seqs: 1, replicas: 3, balancer: random, price: $1 per h}"
    third = f"  dealt:\n    pools: {{p: {pool}}}\n    workflow: {{kind: single, pool: p}}\n"
    path = write(tmp_path, TRACED + third)
    found = fleetsim.compare(path, workers=1, budget=10, figures=["e2e_mean"])
    assert found.runs == 10
    wide, dealt = found.of("wide", "e2e_mean"), found.of("dealt", "e2e_mean")
    assert (wide.pairs, wide.difference.low, wide.verdict) == (1, None, "no evidence at this size")
    assert dealt.pairs == 10
    assert dealt.difference.low < dealt.difference.value < dealt.difference.high
    assert any(note.startswith("the replications of fast, wide are one and the same run each") for note in found.notes)


def test_a_sweep_on_a_trace_has_no_intervals(traced, tmp_path):
    words = ["sweep", str(traced), "--replications", "3", "--workers", "1", "-q", "-o", str(tmp_path / "study")]
    done = CliRunner().invoke(commands, words)
    assert done.exit_code == 0, done.output
    assert "- the replications of every arm are one and the same run" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith(("fast", "wide"))]
    assert [row[-3:] for row in rows] == [["n/a", "n/a", "3"]] * 2


def test_a_hypercube_is_told_by_its_rank_correlations(tmp_path):
    vary = [f"{RATE}=4:16 per s:2", "site.pue=1.1,1.4"]
    found = fleetsim.whatif(write(tmp_path, PAIR), vary=vary, design="latin", samples=8, figures=["e2e_mean"])
    told = [one for one in whatif.study_of(found).findings if isinstance(one, Sensitivity)]
    assert [(one.arm, one.method, one.samples) for one in told] == [("fast", RANKS, 8), ("wide", RANKS, 8)]
    assert told[0].influences[0].path == RATE
    assert told[0].influences[0].value > 0.8
    assert all(abs(i.value) <= 1 for one in told for i in one.influences)


def test_a_what_if_on_a_trace_has_no_intervals(traced):
    found = fleetsim.whatif(traced, vary=[f"{SLOTS}=1,4"], figures=["e2e_mean"], replications=2)
    assert {row.estimate.low for row in found.responses} == {None}
    assert "one and the same run" in found.notes[0]
