"""Comparisons: what is better by construction is found better, what is equal is not; runs are added as needed."""

import json

import pytest
from click.testing import CliRunner
from small_scenarios import SMALL, write
from study_points import QUICK

import fleetsim
from fleetsim.cli import commands
from fleetsim.errors import FleetsimError, UnknownName
from fleetsim.statistics import Precision, paired
from fleetsim.study.differences import BETTER, DIFFERS, NO_EVIDENCE, WORSE, differences
from fleetsim.study.points import evaluate, point_of
from fleetsim.study.run import load

PLAIN = SMALL[: SMALL.index("architectures:")].replace("horizon: 20 s", "horizon: 8 s")
TWO = """
architectures:
  slow: {pools: {p: {steps: {base: 6 ms}, replicas: 2, price: $1 per h}}, workflow: {kind: single, pool: p}}
  fast: {pools: {p: {steps: {base: 5 ms}, replicas: 2, price: $3 per h}}, workflow: {kind: single, pool: p}}
  twin: {pools: {p: {steps: {base: 6 ms}, replicas: 2, price: $1 per h}}, workflow: {kind: single, pool: p}}
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return fleetsim.compare(write(tmp_path_factory.mktemp("compare"), PLAIN + TWO), workers=1, budget=12)


def test_verdicts_follow_the_better_direction(found):
    assert found.arms == ("slow", "fast", "twin")
    assert found.of("fast", "e2e_mean").verdict == BETTER
    assert found.of("fast", "usd_per_hour").verdict == WORSE, "a difference without luck"
    assert found.of("fast", "usd_per_slo_met_task").verdict == WORSE
    assert found.of("fast", "arrived").verdict == NO_EVIDENCE, "the tasks are the same"
    assert found.of("fast", "no_such_figure") is None


def test_arms_that_are_the_same_give_no_evidence(found):
    assert {d.verdict for d in found.differences if d.arm == "twin"} == {NO_EVIDENCE}
    assert all(d.difference.value == 0 for d in found.differences if d.arm == "twin" and d.pairs)


def test_luck_is_common_and_that_is_said(found):
    """Both arms serve the same tasks: nearly all that their mean times vary by is common."""
    assert found.of("fast", "e2e_mean").variance_ratio < 0.2
    assert found.of("fast", "e2e_mean").pairs == found.runs


def test_figures_that_are_judged_are_one_family_and_the_others_another(found):
    others = [d for d in found.differences if not d.judged]
    directed = sum(1 for d in others if d.heading.better)
    assert {d.level for d in found.judged} == {1 - (1 - 0.95) / len(found.judged)}
    assert {d.level for d in others} == {1 - (1 - 0.95) / directed}


def test_differences_are_those_of_the_pairs(tmp_path):
    loaded = load(write(tmp_path, PLAIN + TWO), ["warm_up=2 s"])
    runs = {arm: [evaluate(point_of(loaded, arm, replicate=k)) for k in range(4)] for arm in ("slow", "fast")}
    one = next(d for d in differences(runs, ["ttft_p99 class chat"]) if d.judged)
    slow, fast = ([r.value("ttft_p99", "class chat") for r in runs[arm]] for arm in ("slow", "fast"))
    expected = paired(fast, slow)
    assert (one.difference, one.variance_ratio) == (expected.difference, expected.variance_ratio)
    assert one.value - one.baseline_value == pytest.approx(one.difference.value)
    short = fleetsim.compare(loaded, figures=["ttft_p99 class chat"], budget=4, workers=1)
    assert (short.runs, short.of("fast", "ttft_p99", "class chat").difference.value) == (4, one.difference.value)


def test_a_difference_without_a_better_side_differs(tmp_path):
    text = PLAIN + TWO.replace("base: 5 ms", "base: 60 ms")
    done = fleetsim.compare(write(tmp_path, text), workers=1, budget=10, sets=["warm_up=2 s"])
    one = done.of("fast", "utilisation", "pool p")
    assert (one.heading.better, one.verdict) == ("", DIFFERS)


def test_runs_are_added_until_the_precision_or_the_budget(tmp_path):
    path = write(tmp_path, QUICK[: QUICK.index("architectures:")] + TWO)

    def asked(precision, budget):
        figure = ["e2e_mean"] if precision.absolute else []
        return fleetsim.compare(path, precision=precision, budget=budget, figures=figure, workers=1)

    assert asked(Precision(relative=10.0), 40).runs == 10, "ten at least"
    assert asked(Precision(relative=10.0), 4).runs == 4, "unless there is no more"
    fine = asked(Precision(relative=1e-9), 15)
    assert fine.runs == 15
    assert fine.short
    some = asked(Precision(absolute=2.0), 400)
    assert 10 <= some.runs < 400
    assert not some.short
    one = some.of("fast", "e2e_mean").difference
    assert (one.high - one.low) / 2 <= 2.0


def test_all_arms_have_one_warm_up(tmp_path):
    done = fleetsim.compare(write(tmp_path, PLAIN + TWO), workers=1, budget=10)
    warm_up = done.of("fast", "warm_up")
    assert warm_up.value == warm_up.baseline_value
    assert "found in 3 pilot runs" in done.provenance["warm_up"]
    done = fleetsim.compare(write(tmp_path, PLAIN + TWO), workers=1, budget=10, sets=["warm_up=3 s"])
    assert (done.of("fast", "warm_up").value, done.provenance["warm_up"]) == (3.0, "as the scenario says")


def test_an_arm_that_never_settles_is_named(tmp_path):
    text = PLAIN + TWO.replace("{steps: {base: 5 ms},", "{max_num_seqs: 1, steps: {base: 50 ms},")
    done = fleetsim.compare(write(tmp_path, text), workers=1, budget=10)
    assert "fast never settled: its figures depend on the horizon" in done.notes


def test_two_scenarios_have_the_luck_of_the_first(tmp_path):
    one = PLAIN + TWO[: TWO.index("  fast")]
    other = one.replace("seed: 7", "seed: 99").replace("base: 6 ms", "base: 5 ms")
    done = fleetsim.compare(write(tmp_path, one), write(tmp_path, other, name="other.yaml"), workers=1, budget=10)
    assert done.arms == ("small: slow", "other: slow")
    assert done.of("other: slow", "arrived").difference.value == 0
    assert done.of("other: slow", "e2e_mean").verdict == BETTER
    assert not done.notes
    assert {str(tmp_path / "small.yaml"), str(tmp_path / "other.yaml")} <= set(done.provenance["inputs"])
    busier = write(tmp_path, other.replace("20 per s", "25 per s"), name="busier.yaml")
    done = fleetsim.compare(write(tmp_path, one), busier, workers=1, budget=10)
    assert any("the workloads differ" in note for note in done.notes)


def test_workers_change_nothing(tmp_path, found):
    again = fleetsim.compare(write(tmp_path, PLAIN + TWO), workers=2, budget=12)
    assert [d.summary() for d in again.differences] == [d.summary() for d in found.differences]


def test_what_cannot_be_compared_is_told(tmp_path):
    path = write(tmp_path, PLAIN + TWO)
    with pytest.raises(FleetsimError, match="there is one arm and nothing to compare it with"):
        fleetsim.compare(write(tmp_path, PLAIN + TWO[: TWO.index("  fast")], name="lone.yaml"), workers=1)
    with pytest.raises(UnknownName, match="no figure 'ttft_p98'; did you mean 'ttft_p9"):
        fleetsim.compare(path, figures=["ttft_p98"], workers=1, budget=2)
    with pytest.raises(FleetsimError, match="needs that one figure"):
        fleetsim.compare(path, precision=Precision(absolute=1.0), workers=1)
    done = fleetsim.compare(path, figures=["ttft_p999"], workers=1, budget=10)
    assert any("ttft_p999 all of fast cannot be compared: a run needs 10,000 observations" in n for n in done.notes)


def run(*words: str):
    return CliRunner().invoke(commands, [*map(str, words)])


def test_the_command_says_it_in_words_and_in_json(tmp_path):
    path = write(tmp_path, PLAIN + TWO)
    words = ("compare", path, "--workers", "1", "--budget", "12", "-o", tmp_path / "out")
    done = run(*words)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("small: One or two?\n\n12 pairs of runs under the same luck, seed 7, warm-up ")
    assert "fast against slow:" in done.stdout
    assert "intervals hold together at 95 %" in done.stdout
    data = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert data["format"] == "fleetsim comparison 1"
    assert data["provenance"]["command"][:3] == ["fleetsim", "compare", str(path)]
    one = next(d for d in data["differences"] if (d["arm"], d["figure"], d["scope"]) == ("fast", "e2e_p99", "all"))
    assert one["verdict"] == "better"
    assert one["low"] < one["difference"] < one["high"] < 0
    again = run(*words)
    assert (again.exit_code, "add --resume" in again.output) == (2, True)
    assert run(*words, "--resume").stdout == done.stdout
    assert json.loads(run(*words, "--resume", "--json").stdout) == data


def test_the_command_goes_on_where_it_was_killed(tmp_path):
    path, folder = write(tmp_path, PLAIN + TWO), tmp_path / "out"
    words = ("compare", path, "--workers", "1", "--budget", "12", "-q", "-o", folder)
    first = run(*words)
    written = {name: (folder / name).read_bytes() for name in ("comparison.json", "report.html", "summary.json")}
    lines = (folder / "runs").read_bytes().splitlines(keepends=True)
    (folder / "runs").write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:30])  # killed while it wrote
    again = run(*words, "--resume")
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert {name: (folder / name).read_bytes() for name in written} == written
    other = run(*words, "--resume", "--seed", "8")
    assert (other.exit_code, "another study" in other.output) == (2, True)


@pytest.mark.parametrize("precision", ["0 %", "-1", "much", "nan", "5 % more"])
def test_a_precision_that_is_none_is_told(tmp_path, precision):
    done = run("compare", write(tmp_path, PLAIN + TWO), "--precision", precision)
    assert done.exit_code == 2
    assert "is no precision; write '5 %'" in done.output


def test_three_scenarios_are_too_many(tmp_path):
    path = write(tmp_path, PLAIN + TWO)
    done = run("compare", path, path, path)
    assert (done.exit_code, "write the arms into one file" in done.output) == (2, True)
