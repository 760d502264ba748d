"""Figures of one scenario stay what they were; a law beside them says that they are no mere habit."""

import json
from pathlib import Path

import numpy as np
import pytest
from goldens import HERE, figures

import fleetsim

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def now():
    return figures()


@pytest.mark.parametrize("architecture", GOLDEN)
def test_figures_are_what_they_were(now, architecture):
    assert now[architecture] == pytest.approx(GOLDEN[architecture], rel=1e-9, nan_ok=True)


def test_no_architecture_came_or_went(now):
    assert set(now) == set(GOLDEN)


def test_the_queue_waits_as_pollaczek_and_khinchine_say():
    study = fleetsim.simulate(HERE / "four_ways.yaml", sets=["horizon=5 h"])
    tasks = study.tasks()
    alone = tasks[tasks.arm == "queue"]
    service_s = alone.output_tokens.to_numpy() * 1e-3
    rate = len(alone) / (5 * 3600)
    wait = rate * np.mean(service_s**2) / 2 / (1 - rate * np.mean(service_s))
    arm = next(arm for arm in study.arms if arm.name == "queue")
    found = next(f for f in arm.figures if (f.name, f.scope) == ("queueing_mean", "all"))
    error = (found.high - found.low) / 2 / 1.96
    assert abs(found.value / 1e3 - wait) < 3 * error / 1e3
