"""Rules that hold between keys: what stands alone is fine, together it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetsim.errors import Fault, InputFaults
from fleetsim.scenario import load

GOOD = (Path(__file__).parents[1] / "bad" / "good.yaml").read_text()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scenario.yaml"


def faults(path: Path) -> list[Fault]:
    with pytest.raises(InputFaults) as caught:
        load(path)
    return caught.value.faults


def test_closed_loop_stands_alone(path):
    text = GOOD.replace("kind: poisson\n    rate: 12 per s", "kind: closed_loop\n    clients: 3").partition("vary:")[0]
    path.write_text(text)
    assert load(path).scenario.workload.arrivals.clients == 3
    path.write_text(text.replace("share: 2", "arrivals: {kind: poisson, rate: 1 per s}"))
    assert "cannot stand beside the closed loop" in faults(path)[0].what


def test_classes_may_all_have_their_own_arrivals(path):
    own = "arrivals: {kind: poisson, rate: 1 per s}"
    text = GOOD.replace("share: 2", own).replace("domains: {code: 1}", f"domains: {{code: 1}}\n      {own}")
    path.write_text(text)
    assert "is used by no class" in faults(path)[0].what
    common = "  arrivals:\n    kind: poisson\n    rate: 12 per s\n"
    path.write_text(text.replace(common, "").partition("vary:")[0])
    assert load(path).scenario.workload.arrivals is None


def test_no_arrivals_at_all(path):
    path.write_text(GOOD.replace("  arrivals:\n    kind: poisson\n    rate: 12 per s\n", "").partition("vary:")[0])
    assert [fault.path for fault in faults(path)] == ["workload.classes.chat", "workload.classes.code"]
    assert all("has no arrivals" in fault.what for fault in faults(path))


def test_a_trace_brings_its_own_lengths(path):
    path.write_text(
        "name: t\nhorizon: 1 min\nworkload:\n  arrivals: {kind: trace, file: 'shipped:azure_code'}\n"
        "  classes: {code: {}}\n"
        "architectures: {a: {pools: {p: {steps: {base: 1 ms}}}, workflow: {kind: single, pool: p}}}\n"
    )
    assert load(path).scenario.workload.classes["code"].prompt is None


def test_one_flaw_does_not_hide_another(path):
    text = GOOD.replace("name: small question", "title: x").replace("horizon: 10 min", "")
    path.write_text(text.replace("llama3.1-8b", "llama").replace("base: 6 ms", "per_token: 6 ms"))
    assert {fault.path for fault in faults(path)} == {
        "name",
        "title",
        "horizon",
        "workload.classes.chat.slo",
        "architectures.two.pools.b.steps",
    }


def test_workflow_complaints_about_a_faulty_pool_are_hearsay(path):
    path.write_text(GOOD.replace("a: {steps: {base: 5 ms}, balancer: random}", "a: 5"))
    assert [fault.path for fault in faults(path)] == ["architectures.two.pools.a"]


def test_a_pool_may_name_files_beside_the_scenario(path):
    (path.parent / "below").mkdir()
    (path.parent / "below" / "steps.csv").write_text("n_tokens,step_ms\n1,1\n")
    path.write_text(GOOD.replace("{base: 5 ms}", "{file: below/steps.csv}"))
    assert load(path).scenario.architectures["two"].pools["a"].steps.file == "below/steps.csv"


def test_a_trace_names_classes_that_there_are(path):
    (path.parent / "t.csv").write_text("arrival_s,prompt_tokens,output_tokens,class\n0,5,5,chat\n1,5,5,other\n")
    common = "    kind: poisson\n    rate: 12 per s"
    path.write_text(GOOD.replace(common, "    {kind: trace, file: t.csv}").partition("vary:")[0])
    (found,) = faults(path)
    assert (found.line, found.path) == (7, "workload.arrivals.file")
    assert "'other'" in found.what
