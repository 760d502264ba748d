"""Every shipped scenario is sound, says what it asks, and runs on a short horizon."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from sources import ROOT

import fleetsim

SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
SHORT = ("horizon=20 s", "drain=20 s", "warm_up=0 s", "samples=10", "replications=1")

every_scenario = pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)


def test_the_scenarios_of_the_readme_are_there() -> None:
    assert {"quickstart", "monolith_vs_mosaic"} <= {path.stem for path in SCENARIOS}


@every_scenario
def test_it_says_what_it_asks(path: Path) -> None:
    scenario = fleetsim.load(path).scenario
    assert scenario.name == path.stem
    assert len(scenario.question.split()) >= 5
    assert path.read_text().startswith("#"), "begin with a comment: what is asked, and how to run it"


@every_scenario
def test_it_runs_on_a_short_horizon(path: Path) -> None:
    study = fleetsim.simulate(path, sets=SHORT)
    for arm in study.arms:
        assert arm.value("usd_per_hour") >= 0, arm.name
        assert sum(len(run.records.tasks) for run in arm.runs) > 0, arm.name
        assert not math.isnan(arm.value("tasks_per_s")), arm.name


def test_the_quickstart_is_short() -> None:
    assert len((ROOT / "scenarios/quickstart.yaml").read_text().splitlines()) < 25
