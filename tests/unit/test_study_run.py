"""Running whole scenarios: arms, replicates, overrides, faults before anything runs, provenance."""

import hashlib
import json
import math

import numpy as np
import pytest
from small_scenarios import SMALL, write

import fleetsim
from fleetsim import engine as engines
from fleetsim.errors import InputFaults, UnknownName
from fleetsim.luck import replicate_seed
from fleetsim.statistics import replications
from fleetsim.study.run import load, prepare, simulate

VARY = """
vary:
  architectures.one.pools.big.replicas: [2, 3]
  workload.arrivals.rate: [10 per s, 20 per s]
"""


def key_figures(study) -> dict:
    return {(arm.name, f.name, f.scope): f.value for arm in study.arms for f in arm.figures}


def test_every_architecture_is_an_arm(tmp_path):
    study = simulate(write(tmp_path))
    assert (study.name, study.question) == ("small", "One or two?")
    assert [arm.name for arm in study.arms] == ["one", "split"]
    for arm in study.arms:
        arrived, outcomes = arm.value("arrived"), ("finished", "cut", "refused_context", "refused_kv", "in_flight")
        assert arrived > 100
        assert arrived == sum(arm.value(name) for name in outcomes)
        assert arm.figures == arm.runs[0].figures


def test_a_variation_makes_an_arm_of_the_architectures_it_concerns(tmp_path):
    plan = prepare(write(tmp_path, more=VARY))
    assert [arm.name for arm in plan.arms] == [
        "one [replicas=2] [rate=10 per s]", "one [replicas=2] [rate=20 per s]",
        "one [replicas=3] [rate=10 per s]", "one [replicas=3] [rate=20 per s]",
        "split [rate=10 per s]", "split [rate=20 per s]",
    ]  # fmt: skip
    study = plan.run()
    assert [arm.name for arm in study.arms] == [arm.name for arm in plan.arms]
    assert [sum(p.replicas for p in arm.runs[0].facts.pools) for arm in study.arms] == [2, 2, 3, 3, 3, 3]


def test_a_value_that_is_varied_twice_makes_one_arm(tmp_path):
    plan = prepare(write(tmp_path, more="vary: {seed: [1, 2, 1]}"))
    assert [arm.name for arm in plan.arms if arm.architecture == "one"] == ["one [seed=1]", "one [seed=2]"]


def test_the_tasks_of_a_replicate_are_the_same_for_all_arms(tmp_path):
    study = simulate(write(tmp_path), replications=3)
    columns = ["task", "class_id", "domain", "prompt_tokens", "arrival_ns"]
    for runs in zip(*(arm.runs for arm in study.arms), strict=True):
        one, other = (run.records.tasks for run in runs)
        assert all(np.array_equal(one[c], other[c]) for c in columns)
    first, second, _ = (run.records.tasks.arrival_ns for run in study.arms[0].runs)
    assert not np.array_equal(first[:50], second[:50])


def test_replicates_have_seeds_of_their_own_and_make_t_intervals(tmp_path):
    study = simulate(write(tmp_path), replications=4, seed=11)
    for arm in study.arms:
        assert [run.facts.seed for run in arm.runs] == [replicate_seed(11, k) for k in range(4)]
        values = [next(f.value for f in run.figures if (f.name, f.scope) == ("e2e_p99", "all")) for run in arm.runs]
        figure, expected = arm.figure("e2e_p99"), replications(values)
        assert (figure.value, figure.low, figure.high) == (expected.value, expected.low, expected.high)
        assert figure.interval == "replications"


def test_a_replicate_does_not_depend_on_how_many_there_are(tmp_path):
    few, many = (simulate(write(tmp_path), replications=n) for n in (2, 3))
    for arm_few, arm_many in zip(few.arms, many.arms, strict=True):
        assert np.array_equal(arm_few.runs[1].records.tasks, arm_many.runs[1].records.tasks)


def test_both_engines_give_the_same_figures(tmp_path):
    core, reference = (key_figures(simulate(write(tmp_path), engine=engine)) for engine in engines.ENGINES)
    assert core.keys() == reference.keys()
    same = [core[k] == reference[k] or (math.isnan(core[k]) and math.isnan(reference[k])) for k in core]
    assert all(same)


def test_a_loaded_scenario_takes_overrides_too(tmp_path):
    path = write(tmp_path, more=VARY)
    by_path = prepare(path, sets=["horizon=5 s", "vary={}"], seed=3, replications=2)
    by_loaded = prepare(load(path, ["horizon=5 s"]), sets=["vary={}"], seed=3, replications=2)
    for plan in (by_path, by_loaded):
        scenario = plan.loaded.scenario
        assert (scenario.seed, scenario.replications, scenario.horizon_s, plan.runs) == (3, 2, 5.0, 4)
    assert by_path.loaded.scenario == by_loaded.loaded.scenario


def test_all_faults_of_all_variations_are_told_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "run", lambda *_, **__: pytest.fail("something ran"))
    text = """
name: tight
horizon: 1 s
workload: {arrivals: {kind: poisson, rate: 1 per s}, classes: {chat: {prompt: 9 tokens, output: 9 tokens}}}
architectures:
  a: {pools: {p: {model: llama-3.1-8b, hardware: l40s}}, workflow: {kind: single, pool: p}}
vary:
  architectures.a.pools.p.model: [llama-3.1-8b, llama-3.1-405b, llama-3.1-70b]
  seed: [1, 2]
"""
    with pytest.raises(InputFaults) as caught:
        simulate(write(tmp_path, text))
    assert [fault.line for fault in caught.value.faults] == [8, 8]
    assert ["llama-3.1-405b" in str(caught.value), "llama-3.1-70b" in str(caught.value)] == [True, True]


def test_an_unknown_engine_or_scenario_is_told_with_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="no engine 'cor'; did you mean 'core'"):
        simulate(write(tmp_path), engine="cor")
    with pytest.raises(UnknownName, match="no scenario 'quickstrat'; did you mean 'quickstart'"):
        fleetsim.load("quickstrat")


@pytest.mark.parametrize("name", ["quickstart", "quickstart.yaml", "scenarios/quickstart.yaml"])
def test_shipped_scenarios_are_found_from_anywhere_under_one_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = prepare(name)
    assert plan.loaded.scenario.name == "quickstart"
    about = plan_provenance(plan)
    assert "scenarios/quickstart.yaml" in about["inputs"]
    assert about["command"] == ["fleetsim", "run", "scenarios/quickstart.yaml"]


def test_a_file_of_the_users_own_goes_before_a_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, name="quickstart.yaml")
    assert fleetsim.load("quickstart.yaml").scenario.name == "small"
    with pytest.raises(InputFaults, match="no such file"):
        fleetsim.load("elsewhere/quickstart.yaml")


def plan_provenance(plan) -> dict:
    from fleetsim.study.provenance import provenance

    return provenance(plan.loaded, [arm.loaded for arm in plan.arms], plan.engine)


def test_provenance_names_every_input_with_its_hash(tmp_path):
    (tmp_path / "steps.csv").write_text("n_tokens,step_ms\n1,2\n100,4\n")
    (tmp_path / "steps2.csv").write_text("n_tokens,step_ms\n1,3\n100,5\n")
    path = write(
        tmp_path,
        more="  filed: {pools: {p: {steps: {file: steps.csv}}}, workflow: {kind: single, pool: p}}\n"
        "  real: {pools: {p: {model: llama-3.1-8b, hardware: h100}}, workflow: {kind: single, pool: p}}\n"
        "vary: {architectures.filed.pools.p.steps.file: [steps.csv, steps2.csv]}\n",
    )
    about = plan_provenance(
        prepare(path, sets=["workload.classes.code.arrivals={kind: trace, file: 'shipped:azure_code'}"])
    )
    assert set(about["inputs"]) == {
        str(path), "steps.csv", "steps2.csv", "shipped:azure_code",
        "hardware_profiles/h100.yaml", "model_profiles/llama-3.1-8b.yaml",
    }  # fmt: skip
    assert about["inputs"][str(path)] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert about["inputs"]["steps2.csv"] == hashlib.sha256((tmp_path / "steps2.csv").read_bytes()).hexdigest()
    assert {"fleetsim", "engine", "seed", "replications", "python", "libraries", "platform", "laws"} <= about.keys()
    json.dumps(about, allow_nan=False)


def test_the_command_of_the_provenance_makes_the_same_study(tmp_path):
    sets = ["workload.arrivals.rate=9 per s", "site.pue=1.5", "question='7'", "vary={seed: [1, 2]}", "name=on"]
    plan = prepare(write(tmp_path), sets=sets, replications=2, seed=5, engine="reference")
    command = plan_provenance(plan)["command"]
    assert command[:5] == ["fleetsim", "run", str(tmp_path / "small.yaml"), "--engine", "reference"]
    assert command[5::2] == ["--set"] * 7
    again = prepare(command[2], sets=command[6::2])
    assert again.loaded.resolved() == plan.loaded.resolved()
    assert again.loaded.scenario.question == "7"


def test_progress_rises_from_none_to_all_and_names_the_arm(tmp_path):
    told = []
    simulate(write(tmp_path), replications=2, progress=lambda doing, share: told.append((doing, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] <= 1.0
    assert list(dict.fromkeys(doing for doing, _ in told)) == [
        f"{arm}, replicate {k} of 2" for arm in ("one", "split") for k in (1, 2)
    ]


def test_frames_name_things(tmp_path):
    study = simulate(write(tmp_path), replications=2)
    frame = study.frame()
    assert set(frame.arm) == {"one", "split"}
    assert frame[(frame.name == "arrived") & (frame.scope == "all")].value.gt(100).all()
    calls, tasks, timeline = study.calls(), study.tasks(), study.timeline()
    assert list(calls.columns[:2]) == ["arm", "replicate"]
    assert len(tasks) == sum(len(run.records.tasks) for arm in study.arms for run in arm.runs)
    assert set(calls.pool) == {"big", "router", "talk", "code"}
    assert set(tasks.task_class) == {"chat", "code"}
    assert set(tasks.domain) == {"general", "code"}
    assert set(tasks.status) == {"finished", "refused_context"}
    refused = tasks[tasks.status == "refused_context"]
    assert refused.arm.eq("split").all()
    assert timeline.groupby("arm", observed=True).pool.unique().map(set).to_dict() == {
        "one": {"big"}, "split": {"router", "talk", "code"},
    }  # fmt: skip


OVERLOADED = """
architectures:
  ample: {pools: {p: {steps: {base: 1 ms}, replicas: 4}}, workflow: {kind: single, pool: p}}
  tight: {pools: {p: {steps: {base: 20 ms}, max_num_seqs: 4}}, workflow: {kind: single, pool: p}}
"""


def test_arms_are_compared_over_the_same_time(tmp_path):
    """An arm that never settles does not move the cut of those that do, and all arms have one cut."""
    text = SMALL[: SMALL.index("architectures:")] + OVERLOADED
    study = simulate(write(tmp_path, text))
    assert len({arm.value("warm_up") for arm in study.arms}) == 1
    assert len({arm.value("arrived") for arm in study.arms}) == 1
    assert study.arms[0].value("warm_up_doubtful") == 0
    assert study.arms[1].value("warm_up_doubtful") == 1
    assert study.arms[0].value("warm_up") < 10


def test_what_was_mended_in_a_trace_is_in_the_provenance(tmp_path):
    (tmp_path / "trace.csv").write_text("arrival_s,prompt_tokens,output_tokens\n0.5,10,0\n0.1,10,5\n")
    text = SMALL.replace("{kind: poisson, rate: 20 per s}", "{kind: trace, file: trace.csv, format: csv}")
    text = text.replace("domains: {code: 1}, ", "")
    study = simulate(write(tmp_path, text.replace("{general: talk, code: code}", "{general: talk}")))
    assert study.provenance["notes"]
