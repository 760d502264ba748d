"""Claims: what their files say, how they are judged, and the command."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from click.testing import CliRunner

from fleetsim.claims.run import arms, run
from fleetsim.claims.stated.contract import CLAIMS, Claim, Effect, Setting, figure
from fleetsim.claims.verdict import Finding, Measured, Outcome, crossings, judge, together
from fleetsim.claims.words import conclusion, effect_text
from fleetsim.cli import commands
from fleetsim.metrics.contract import METRICS
from fleetsim.statistics import Estimate
from fleetsim.study.run import load, prepare

RATIO = Effect("cheaper", "cost", figure("usd_per_task"), "ratio", "lower", 1.0)
GAIN = Effect("more right", "accuracy", figure("accuracy"), "difference", "higher", 0.0, "share")


def point(effect: Effect, x: float, value: float, half: float, line: str = "") -> Measured:
    estimate = Estimate(value, value - half, value + half, "paired")
    setting = Setting(x, line=line)
    return Measured(setting, value, estimate.low, estimate.high, 1.0, 1.0, 5, 0.2, judge(effect, estimate))


def outcome(effect: Effect, *points: Measured, lines: str = "kind of line") -> Outcome:
    settings = tuple(p.setting for p in points)
    claim = Claim("made", "A made claim.", ("A1",), "none", "a", "b", "load", settings, (effect,), lines=lines)
    met = []
    for line in dict.fromkeys(p.setting.line for p in points):
        met += crossings(effect, [p for p in points if p.setting.line == line], factors=False)
    return Outcome(claim, (Finding(effect, points, tuple(met)),), 5, False)


@pytest.mark.parametrize("name", list(CLAIMS))
def test_every_setting_of_every_claim_is_a_sound_scenario(name):
    claim = CLAIMS[name]
    assert claim.name == name
    assert set(claim.metrics) <= set(METRICS)
    assert load(claim.scenario).scenario.warm_up_s != "auto"
    for sets in dict.fromkeys(setting.sets for setting in claim.settings):
        names = {arm.name for arm in prepare(claim.scenario, sets=sets).arms}
        used = {arm for setting in claim.settings if setting.sets == sets for arm in arms(claim, setting)}
        assert used <= names


def test_an_effect_holds_only_if_the_whole_interval_does():
    assert judge(GAIN, Estimate(0.02, 0.01, 0.03)) == "holds"
    assert judge(GAIN, Estimate(-0.02, -0.03, -0.01)) == "fails"
    assert judge(GAIN, Estimate(0.02, -0.01, 0.05)) == "open"
    assert judge(GAIN, Estimate(0.02)) == "open"
    assert judge(GAIN, Estimate(math.nan, math.nan, math.nan)) == "open"
    assert judge(RATIO, Estimate(0.9, 0.8, 0.99)) == "holds"
    assert judge(RATIO, Estimate(1.0, 1.0, 1.0)) == "open"


def test_verdicts_together():
    assert together(["holds", "holds"]) == "holds"
    assert together(["open", "holds"]) == "holds or open"
    assert together(["fails", "open"]) == "fails or open"
    assert together(["open"]) == "open"
    assert together(["fails", "open", "holds"]) == "depends"


def test_it_is_told_where_a_line_turns():
    found = outcome(GAIN, point(GAIN, 0, 0.1, 0.01), point(GAIN, 1, 0.01, 0.02), point(GAIN, 2, -0.03, 0.01))
    (met,) = found.findings[0].crossings
    assert (met.below, met.above, met.first, met.then) == (0, 2, "holds", "fails")
    assert met.at == pytest.approx(1.25)
    text = conclusion(found, found.findings[0])
    assert text == "depends on load: holds up to 0, fails from 2 (even near 1.25)"


def test_it_is_told_which_lines_differ():
    found = outcome(RATIO, point(RATIO, 0, 0.5, 0.1, "one"), point(RATIO, 0, 1.5, 0.1, "two"))
    assert conclusion(found, found.findings[0]) == "depends on kind of line: one: holds; two: fails"
    assert effect_text(RATIO, found.findings[0].points[0]) == "x0.500 (0.400 to 0.600)"


def test_a_claim_runs_quick_and_is_false_where_it_is_false():
    claim = CLAIMS["robust_routing"]
    claim = replace(claim, settings=tuple(s for s in claim.settings if s.x in (0.001, 0.75)), effects=claim.effects[:2])
    found = run(claim, replicates=3, quick=True)
    more_right, cheaper = found.findings
    assert [p.verdict for p in more_right.points if p.setting.line == "takes it for its own"] == ["holds", "fails"]
    assert cheaper.verdict == "holds"
    assert found.verdict == "depends"
    again = run(claim, replicates=3, quick=True)
    assert [p.value for f in found.findings for p in f.points] == [p.value for f in again.findings for p in f.points]


def test_a_figure_that_is_not_there_decides_nothing():
    claim = CLAIMS["token_or_task"]
    nothing = replace(claim.effects[0], of=lambda run, setting: math.nan)
    found = run(replace(claim, settings=claim.settings[:1], effects=(nothing,)), replicates=2, quick=True)
    assert found.verdict == "open"


def test_the_command_prints_and_writes(tmp_path):
    done = CliRunner().invoke(commands, ["claims", "upgrade", "--quick", "--settings", "-o", str(tmp_path), "-q"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("upgrade: ")
    assert "DEPENDS" in done.output
    (saved,) = json.loads((tmp_path / "claims.json").read_text())
    rows = (tmp_path / "claims.csv").read_text().splitlines()
    assert len(rows) - 1 == sum(len(effect["settings"]) for effect in saved["effects"])
    page = (tmp_path / "claims.html").read_text()
    assert CLAIMS["upgrade"].sentence in page
    assert "fleetsim claims upgrade --quick" in page


def test_the_command_lists_and_knows_no_other():
    listed = CliRunner().invoke(commands, ["claims", "--list"])
    assert listed.exit_code == 0
    assert all(name in listed.output for name in CLAIMS)
    wrong = CliRunner().invoke(commands, ["claims", "recuring"])
    assert wrong.exit_code == 2
    assert "did you mean 'recurring'?" in wrong.output
