"""What models can do together: figures of trade-offs, predictions for a scenario, and the commands that print them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from metric_runs import a_pool, some_facts, some_records

from fleetsim.cli import commands
from fleetsim.errors import UnknownName
from fleetsim.metrics.contract import Figure
from fleetsim.quality.curves import aiq, apgr, cpt, pgr
from fleetsim.quality.exact import FORMS
from fleetsim.quality.judged import judged
from fleetsim.quality.prediction import predictions
from fleetsim.scenario import load
from fleetsim.scenario.quality import QualitySettings
from fleetsim.scenario.read import parse
from fleetsim.study import tradeoff
from fleetsim.study.results import Arm, Run, Study

SCENARIO = """\
name: together
horizon: 20 s
workload:
  arrivals: {kind: poisson, rate: 20 per s}
  classes:
    chat: {prompt: 40 tokens, output: 10 tokens, domains: {math: 1, code: 2}}
quality:
  domains: {code: {answer: open}}
  accuracy: {small: 0.6, big: 0.8}
architectures:
  one:
    pools: {big: {steps: {base: 4 ms}}, small: {steps: {base: 1 ms}}}
    workflow: {kind: single, pool: big}
"""


class TestCurves:
    def test_gap_recovered(self):
        assert pgr(0.75, 0.6, 0.8) == pytest.approx(0.75)
        share = np.array([0.0, 0.25, 1.0])
        recovered = np.array([0.0, 0.6, 1.0])
        assert apgr(share, recovered) == pytest.approx(0.25 * 0.3 + 0.75 * 0.8)
        assert cpt(share, recovered, 0.5) == pytest.approx(0.25 * 0.5 / 0.6)
        assert cpt(share, recovered, 0.8) == pytest.approx(0.25 + 0.75 * 0.5)
        assert cpt(share, recovered, 0.0) == 0.0
        assert math.isnan(cpt(share, recovered, 1.1))

    def test_the_hull_takes_what_mixing_reaches_and_never_falls(self):
        cost, quality = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.2, 0.25, 0.6, 0.5])
        assert aiq(cost, quality) == pytest.approx((2 * 0.4 + 1 * 0.6) / 3)
        assert aiq(np.array([1.0, 1.0, 3.0]), np.array([0.1, 0.4, 0.6])) == pytest.approx(0.5)
        assert math.isnan(aiq(np.array([1.0]), np.array([0.5])))


def study() -> Study:
    """Three arms: weak alone, strong alone, and half of the tasks with each, of which most of the gain is kept."""
    pools = (a_pool("w", 0, 1, model="weak"), a_pool("s", 1, 1, model="strong"))
    arms = []
    for name, cost, accuracy, share in (("w", 1.0, 0.6, 0.0), ("half", 2.0, 0.75, 0.5), ("s", 5.0, 0.8, 1.0)):
        figures = (
            Figure("usd_per_task", "all", cost, "USD"),
            Figure("accuracy", "all", accuracy, "share"),
            Figure("answer_share", "pool w", 1 - share, "share"),
            Figure("answer_share", "pool s", share, "share"),
        )
        run = Run(replace(some_facts(), pools=pools), some_records(), figures, 0.0, 0.0)
        arms.append(Arm(name, (run,), figures))
    return Study("study", "", tuple(arms), {}, "")


class TestTradeOff:
    def test_recovery_along_the_arms(self):
        found = tradeoff.recovery(study(), "w", "s")
        assert found.arms == ("w", "half", "s")
        assert found.share.tolist() == [0.0, 0.5, 1.0]
        assert found.pgr == pytest.approx([0.0, 0.75, 1.0])
        assert found.apgr == pytest.approx(0.5 * 0.375 + 0.5 * 0.875)
        assert found.cpt50 == pytest.approx(1 / 3)
        assert found.cpt80 == pytest.approx(0.6)

    def test_average_improvement(self):
        assert tradeoff.points(study()) == [("w", 1.0, 0.6), ("half", 2.0, 0.75), ("s", 5.0, 0.8)]
        assert tradeoff.aiq(study()) == pytest.approx((0.675 + 3 * 0.775) / 4)

    def test_an_unknown_arm(self):
        with pytest.raises(UnknownName, match="no arm 'weak'"):
            tradeoff.recovery(study(), "weak", "s")


class TestPredictions:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        path = tmp_path / "together.yaml"
        path.write_text(SCENARIO)
        return path

    def test_they_are_those_of_the_closed_forms(self, path):
        found = {(p.domain, p.measure): p for p in predictions(judged(load(path)))}
        rescue = found["math", "big right if small wrong"]
        assert rescue.value == pytest.approx(FORMS["escalation"].rule(0.6, 0.8, 0.6)["strong right if weak wrong"])
        assert rescue.independent == pytest.approx(0.8)
        assert found["math", "any right (oracle)"].value == pytest.approx(0.6 + 0.4 * rescue.value)
        assert found["math", "cascade, judge error 0: right"].value == pytest.approx(0.6 + 0.4 * rescue.value)
        cascade = FORMS["cascade"].rule((0.6, 0.8), (0.0, 0.0), 0.6, 0.2)
        assert found["math", "cascade, judge error 0.2: right"].value == pytest.approx(cascade["right"])
        assert found["math", "cascade, judge error 0.2: reach the last"].value == pytest.approx(cascade["asked 2"])

    def test_open_answers_have_no_vote(self, path):
        measures = {(p.domain, p.measure) for p in predictions(judged(load(path)))}
        assert ("math", "plurality vote right") in measures
        assert ("code", "plurality vote right") not in measures


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(commands, ["quality", *words])
    assert result.exit_code == code, result.output
    return result.output


class TestCommands:
    @pytest.fixture
    def outcomes(self, tmp_path: Path) -> Path:
        rng = np.random.Generator(np.random.PCG64(1))
        shared = rng.standard_normal(400)
        right = [(0.8 * shared + 0.6 * rng.standard_normal(400) > -0.3).astype(int) for _ in range(3)]
        path = tmp_path / "outcomes.csv"
        lines = [",".join(map(str, row)) for row in zip(*right, strict=True)]
        path.write_text("\n".join(["a,b,c", *lines]) + "\n")
        return path

    def test_fit_prints_a_block_and_writes_the_same(self, outcomes, tmp_path):
        text = said("fit", str(outcomes), "--family", "a=x", "--family", "b=x", "-o", str(tmp_path / "block.yaml"))
        written = (tmp_path / "block.yaml").read_text()
        assert written in text
        settings = QualitySettings.model_validate(parse(written, "block").data["quality"])
        assert settings.models["a"].family == "x"
        assert 0.4 < settings.every_domain.rho_between < 0.9

    def test_check_shows_four_columns_of_errors(self, outcomes):
        text = said("check", str(outcomes), "--splits", "1")
        assert "independent  one rho  fitted  floor" in text
        assert "oracle of 2" in text
        assert text == said("check", str(outcomes), "--splits", "1")

    def test_predict(self, tmp_path):
        (tmp_path / "s.yaml").write_text(SCENARIO)
        assert "big right if small wrong" in said("predict", str(tmp_path / "s.yaml"))
        (tmp_path / "s.yaml").write_text(SCENARIO.replace("quality:", "vary: {}").replace("  domains: {code", "# ")
                                         .replace("  accuracy:", "# "))  # fmt: skip
        assert "no model of the scenario is judged" in said("predict", str(tmp_path / "s.yaml"), code=1)

    def test_exact_lists_and_evaluates_forms(self):
        listed = said("exact")
        assert all(name in listed for name in FORMS)
        assert "pass@5   0.2893" in said("exact", "samples", "accuracy=0.159", "k=5,10", "rho_within=0.837")

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("smples",), "did you mean 'samples'"),
            (("samples",), "samples needs accuracy"),
            (("samples", "acc=1"), "has no key 'acc'"),
            (("samples", "accuracy=much"), "write numbers"),
            (("samples", "accuracy=1.5"), "write a share from 0 to 1"),
            (("pipeline", "accuracy=0.5", "stages=1,2"), "write one number"),
            (("fan_out", "workers=-1"), "write a number from 0"),
        ],
    )
    def test_faults_in_words(self, words, says):
        assert says in said("exact", *words, code=2)

    def test_what_makes_no_sense(self):
        assert "write one cost a model" in said("exact", "cascade", "accuracy=0.5", "cost=1,2", code=1)
        equal = ("monolith=0.5", "inside=0.5", "outside=0.5")
        assert "no router makes a difference" in said("exact", "specialist", *equal, code=1)

    def test_no_file(self, tmp_path):
        assert "No such file" in said("fit", str(tmp_path / "none.csv"), code=1)
