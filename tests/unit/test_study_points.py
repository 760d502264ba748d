"""Points: what decides their identity, what they compute, and that they compute it anywhere."""

import dataclasses
import json
import math
import pickle

import pytest
from small_scenarios import write
from study_points import QUICK, small_points

from fleetsim.study import points as module
from fleetsim.study.points import PointResult, StaleWorker, evaluate, point_of
from fleetsim.study.run import load, simulate


@pytest.fixture
def point(tmp_path):
    return small_points(tmp_path, 1)[0]


def identity(folder, text=QUICK, architecture="one", **given):
    return point_of(load(write(folder, text)), architecture, **given).identity


def test_what_decides_a_result_decides_the_identity(tmp_path):
    changed = {
        "as it is": identity(tmp_path),
        "another value": identity(tmp_path, QUICK.replace("20 per s", "21 per s")),
        "another pool": identity(tmp_path, QUICK.replace("replicas: 2", "replicas: 3")),
        "another architecture": identity(tmp_path, architecture="split"),
        "another replicate": identity(tmp_path, replicate=1),
        "another engine": identity(tmp_path, engine="reference"),
        "another seed": identity(tmp_path, QUICK.replace("seed: 7", "seed: 8")),
    }
    assert len(set(changed.values())) == len(changed)
    assert all(len(one) == 64 for one in changed.values())


def test_words_and_other_architectures_do_not(tmp_path):
    base = identity(tmp_path)
    assert identity(tmp_path, QUICK.replace("One or two?", "Two or one?")) == base
    assert identity(tmp_path, QUICK.replace("name: small", "name: other")) == base
    assert identity(tmp_path, QUICK.replace("base: 5 ms", "base: 6 ms")) == base, "a pool of the other architecture"
    assert identity(tmp_path, QUICK.replace("seed: 7", "seed: 7\nreplications: 5")) == base
    assert identity(tmp_path, QUICK.replace("4 ms", "0.004 s")) == base, "the same value in another unit"
    assert identity(tmp_path, variation={"seed": 7}) == base


def test_input_files_and_code_are_part_of_it(tmp_path, monkeypatch):
    text = QUICK.replace(
        "{base: 4 ms, per_token: 10 us, idle_power: 0 W, prefill_power: 0 W, decode_power: 100 W}", "{file: steps.csv}"
    )
    (tmp_path / "steps.csv").write_text("n_tokens,step_ms\n1,2\n100,4\n")
    first = point_of(load(write(tmp_path, text)), "one")
    (tmp_path / "steps.csv").write_text("n_tokens,step_ms\n1,2\n100,5\n")
    second = point_of(load(write(tmp_path, text)), "one")
    assert [name for name, _ in first.inputs] == ["steps.csv"]
    assert first.identity != second.identity
    with pytest.raises(StaleWorker, match=r"other files than the point was made of: steps\.csv"):
        evaluate(first)
    monkeypatch.setattr(module, "code_version", lambda: "0" * 64)
    assert point_of(load(write(tmp_path, text)), "one").identity != second.identity
    with pytest.raises(StaleWorker, match="install the same fleetsim"):
        evaluate(second)


@pytest.mark.parametrize("engine", ["core", "reference"])
def test_a_point_has_the_figures_of_the_run(tmp_path, engine):
    study = simulate(write(tmp_path, QUICK), replications=2, engine=engine)
    for arm in study.arms:
        for run in arm.runs:
            found = evaluate(
                point_of(load(write(tmp_path, QUICK)), arm.name, replicate=run.facts.replicate, engine=engine)
            )
            assert found.seed == run.facts.seed
            assert [(f.name, f.scope, f.unit, f.better) for f in found.figures] == [
                (f.name, f.scope, f.unit, f.better) for f in run.figures
            ]
            for mine, theirs in zip(found.figures, run.figures, strict=True):
                assert mine.value == theirs.value or (math.isnan(mine.value) and not math.isfinite(theirs.value))


def test_bytes_are_canonical_and_come_back(point):
    result = evaluate(point)
    content = result.to_bytes()
    again = PointResult.from_bytes(content)
    assert again.to_bytes() == content == evaluate(pickle.loads(pickle.dumps(point))).to_bytes()
    assert again.headings is result.headings, "results of one shape share their headings"
    assert json.loads(content)["identity"] == point.identity == result.identity
    assert result.value("arrived") > 10
    assert result.value("ttft_p99", "class chat") > 0
    assert math.isnan(result.value("no_such_figure"))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b'{"format": "fleetsim point 0"}', b"\xff"])
def test_other_bytes_are_no_result(content):
    with pytest.raises(ValueError):  # noqa: PT011  json's own words differ by version
        PointResult.from_bytes(content)


def test_a_truncated_result_is_no_result(point):
    content = evaluate(point).to_bytes()
    for end in range(0, len(content) - 2, 97):
        with pytest.raises(ValueError):  # noqa: PT011
            PointResult.from_bytes(content[:end])


def test_a_common_warm_up_can_be_laid_on(tmp_path):
    searching = point_of(load(write(tmp_path, QUICK.replace("warm_up: 0 s\n", ""))), "one")
    assert searching.finds_warm_up
    fixed = searching.warmed_up(1.25)
    assert not fixed.finds_warm_up
    assert evaluate(fixed).value("warm_up") == 1.25
    assert fixed.identity != searching.identity


def test_a_point_is_called_by_its_arm(point):
    assert point.arm == "one"
    assert dataclasses.replace(point, variation=(("a.b.replicas", 2), ("seed", 3))).arm == "one [replicas=2] [seed=3]"
