"""What planning makes of models that are changed, and of those that write nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetsim import planning
from fleetsim.errors import InputFaults
from fleetsim.study.run import load, prepare

SCENARIO = """\
name: models
horizon: 10 s
workload:
  arrivals: {kind: poisson, rate: 1 per s}
  classes:
    chat: {prompt: 40 tokens, output: 20 tokens}
quality: {accuracy: {other: 0.6}}
architectures:
  one:
    pools: {p: {model: MODEL, accuracy: 0.7, hardware: h100}}
    workflow: {kind: single, pool: p}
    changes: [{pool: p, at: 5 s, IN_PLACE, to: TO}]
"""


def scenario(
    folder: Path, model: str = "llama-3.1-8b", to: str = "{accuracy: 0.5}", how: str = "in_place: true"
) -> Path:
    path = folder / "models.yaml"
    path.write_text(SCENARIO.replace("MODEL", model).replace("TO", to).replace("IN_PLACE", how))
    return path


@pytest.mark.parametrize(
    ("to", "forgets"),
    [("{judged_as: other}", 1), ("{accuracy: 0.5}", 0)],
)
def test_another_model_forgets_conversations_and_drift_does_not(tmp_path, to, forgets):
    (arm,) = prepare(scenario(tmp_path, to=to)).arms
    plan = planning.plan_architecture(arm.loaded.scenario, "one", arm.equipment, arm.tasks(1), 1, arm.judged)
    assert plan.changes.forgets.tolist() == [forgets]


class TestEncodersWriteNoAnswers:
    def test_a_pool_that_is_to_write(self, tmp_path):
        with pytest.raises(InputFaults, match=r"modernbert-base is an encoder.*which node 'answer' asks for") as error:
            planning.equip(load(scenario(tmp_path, "modernbert-base")))
        assert error.value.faults[0].path == "architectures.one.pools.p.model"
        assert error.value.faults[0].line == 10

    def test_a_change_to_one(self, tmp_path):
        with pytest.raises(InputFaults, match="bert-base is an encoder"):
            planning.equip(load(scenario(tmp_path, to="{model: bert-base}", how="load: 1 s")))

    def test_a_label_is_within_its_means(self):
        planning.equip(load("support_pipeline"))
