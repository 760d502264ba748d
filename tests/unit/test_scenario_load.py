"""Loading: extends, overrides, variations and rules."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fleetsim import scenario as door
from fleetsim.errors import Fault, InputFaults
from fleetsim.scenario import load, variations
from fleetsim.scenario.slo import attainment_goal, presets, targets

GOOD = (Path(__file__).parents[1] / "bad" / "good.yaml").read_text()


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "scenario.yaml"
    file.write_text(GOOD)
    return file


def faults(path, *sets) -> list[Fault]:
    with pytest.raises(InputFaults) as caught:
        load(path, sets)
    return caught.value.faults


def test_what_was_written_is_in_the_scenario(path):
    loaded = load(path)
    scenario = loaded.scenario
    assert (scenario.name, scenario.seed, scenario.horizon_s) == ("small question", 7, 600.0)
    pool = scenario.architectures["one"].pools["big"]
    assert (pool.replicas, pool.steps.base_s, pool.steps.per_token_s) == (4, 0.01, pytest.approx(50e-6))
    assert pool.price_usd_per_s == pytest.approx(2.5 / 3600)
    assert scenario.workload.arrivals.rate_per_s == 12
    assert scenario.workload.classes["code"].prompt.tokens == 2000
    assert scenario.architectures["two"].workflow.classifier.accuracy == pytest.approx(0.95)


def test_loaded_tells_where_it_came_from(path):
    loaded = load(path)
    assert (loaded.file, loaded.base, loaded.text) == (str(path), path.parent, GOOD)
    assert loaded.inputs == {str(path): hashlib.sha256(GOOD.encode()).hexdigest()}


def test_later_stages_report_at_the_right_line(path):
    loaded = load(path)
    fault = loaded.fault("architectures.one.pools.big.model", "does not fit")
    assert str(fault) == f"{path}:23  architectures.one.pools.big.model  does not fit"
    assert loaded.fault("architectures.one.pools.big.replicas", "x").line == 25


def test_the_door_names_nothing_else():
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        door.lod  # noqa: B018


class TestExtends:
    def test_keys_are_taken_where_not_given(self, path):
        (path.parent / "child.yaml").write_text(
            "extends: scenario.yaml\nname: child\nworkload: {arrivals: {rate: 3 per s}}\n"
            "architectures: {one: {pools: {big: {replicas: 2}}}}\n"
        )
        loaded = load(path.parent / "child.yaml")
        assert (loaded.scenario.name, loaded.scenario.seed) == ("child", 7)
        assert loaded.scenario.workload.arrivals.rate_per_s == 3
        assert loaded.scenario.architectures["one"].pools["big"].replicas == 2
        assert [Path(file).name for file in loaded.inputs] == ["child.yaml", "scenario.yaml"]

    def test_a_fault_names_the_file_it_stands_in(self, path):
        path.write_text(GOOD.replace("replicas: 4", "replicas: 0"))
        (path.parent / "child.yaml").write_text("extends: scenario.yaml\nseed: x\n")
        found = faults(path.parent / "child.yaml")
        assert [(Path(fault.file).name, fault.line) for fault in found] == [("child.yaml", 2), ("scenario.yaml", 25)]

    def test_another_kind_takes_nothing_over(self, path):
        (path.parent / "child.yaml").write_text(
            "extends: scenario.yaml\nvary: {workload.arrivals.clients: [1]}\n"
            "workload: {arrivals: {kind: closed_loop, clients: 3}}\n"
        )
        found = faults(path.parent / "child.yaml")
        assert [fault.path for fault in found] == ["vary.workload.arrivals.rate"]

    def test_null_takes_a_key_back(self, path):
        (path.parent / "child.yaml").write_text(
            "extends: scenario.yaml\nseed: null\nvary: {workload.arrivals.rate: null}\n"
            "workload: {classes: {chat: {slo: null}, code: null}}\n"
        )
        scenario = load(path.parent / "child.yaml").scenario
        assert (scenario.seed, list(scenario.workload.classes)) == (0, ["chat"])
        assert scenario.workload.classes["chat"].slo is None
        assert list(scenario.vary) == ["architectures.one.pools.big.replicas"]

    def test_files_below_the_folder_are_found_from_where_they_are_named(self, path):
        below = path.parent / "a" / "b"
        below.mkdir(parents=True)
        (below / "base.yaml").write_text(GOOD)
        (path.parent / "a" / "middle.yaml").write_text("extends: b/base.yaml\nseed: 5\n")
        path.write_text("extends: a/middle.yaml\nname: top\n")
        scenario = load(path).scenario
        assert (scenario.name, scenario.seed, scenario.horizon_s) == ("top", 5, 600.0)

    @pytest.mark.parametrize(("links", "sound"), [(5, True), (6, False)])
    def test_five_deep_and_no_deeper(self, tmp_path, links, sound):
        for n in range(links):
            (tmp_path / f"{n}.yaml").write_text(f"extends: {n + 1}.yaml\n")
        (tmp_path / f"{links}.yaml").write_text(GOOD)
        if sound:
            assert load(tmp_path / "0.yaml").scenario.seed == 7
        else:
            assert any("more than 5 files extend" in fault.what for fault in faults(tmp_path / "0.yaml"))

    def test_circles_are_seen(self, tmp_path):
        (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
        (tmp_path / "b.yaml").write_text("seed: 1\nextends: a.yaml\n")
        (found,) = (fault for fault in faults(tmp_path / "a.yaml") if "in turn" in fault.what)
        assert (Path(found.file).name, found.line) == ("b.yaml", 2)

    def test_links_inside_the_folder_are_followed(self, path):
        (path.parent / "link.yaml").symlink_to(path)
        (path.parent / "child.yaml").write_text("extends: link.yaml\n")
        assert load(path.parent / "child.yaml").scenario.seed == 7

    def test_a_base_that_is_no_mapping(self, path):
        (path.parent / "list.yaml").write_text("[1]")
        path.write_text(GOOD.replace("seed: 7", "extends: list.yaml"))
        assert [(fault.line, fault.path) for fault in faults(path)] == [(3, "extends")]


class TestOverrides:
    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("seed=3", lambda s: s.seed == 3),
            ("seed = 3", lambda s: s.seed == 3),
            ("replications=5", lambda s: s.replications == 5),
            ("site.pue=1.5", lambda s: s.site.pue == 1.5),
            ("horizon=1e3 s", lambda s: s.horizon_s == 1000),
            ("workload.arrivals.rate=9 per min", lambda s: s.workload.arrivals.rate_per_s == 0.15),
            ("workload.classes.code.slo.tpot=80 ms", lambda s: s.workload.classes["code"].slo.tpot_s == 0.08),
            ("architectures.two.pools.a.balancer={kind: power_of_two}", lambda s: True),
            ("architectures.one.pools.big.balancer.choices=2", lambda s: True),
            ("architectures.one.pools.big.price=null", lambda s: True),
            ("vary.workload.arrivals.rate=[1 per s]", lambda s: len(s.vary["workload.arrivals.rate"]) == 1),
            ("vary={}", lambda s: s.vary == {}),
            ("question=a = b", lambda s: s.question == "a = b"),
        ],
    )
    def test_one_key_is_changed(self, path, text, read):
        assert read(load(path, [text]).scenario)

    @pytest.mark.parametrize(
        ("text", "place", "says"),
        [
            ("sede=3", "sede", "did you mean 'seed'?"),
            ("seed=x", "seed", "'x' is not a whole number"),
            ("seed=010", "seed", "010 reads as octal"),
            ("seed=[1", "seed", "a bracket is not closed"),
            ("seed=&a 1", "seed", "the anchor &a"),
            ("seed=", "seed", "an empty value"),
            ("seed", "seed", "write path=value"),
            ("=3", "", "write path=value"),
            ("architectures.oen.pools.big.replicas=3", "architectures.oen.pools.big.replicas", "did you mean 'one'?"),
            (
                "architectures.one.pools.big.replica=3",
                "architectures.one.pools.big.replica",
                "did you mean 'replicas'?",
            ),
            ("workload.arrivals.kind=poison", "workload.arrivals.kind", "did you mean 'poisson'?"),
            ("workload.classes.chat.slo.ttft=1 s", "workload.classes.chat.slo.ttft", "not a mapping; give all of it"),
            ("vary.workload.arrivals.rate.7=1 per s", "vary.workload.arrivals.rate.7", "the list has no position 7"),
            ("horizon.x=1", "horizon.x", "horizon is '10 min', not a mapping"),
            (
                "workload.classes.chat.domains.law=2",
                "workload.classes.chat.domains.law",
                "no key 'law' is written there",
            ),
            ("workload.classes.code.domains.cod=2", "workload.classes.code.domains.cod", "did you mean 'code'?"),
            ("extends=a.yaml", "extends", "cannot be set"),
            ("workload=5", "workload", "5 is no mapping"),
        ],
    )
    def test_what_is_wrong_with_it(self, path, text, place, says):
        found = faults(path, "drain=1 min", text)
        assert (found[0].file, found[0].line, found[0].path) == ("--set", 2, place)
        assert says in found[0].what

    def test_it_mends_what_the_file_has_wrong(self, path):
        path.write_text(GOOD.replace("replicas: 4", "replicas: 010"))
        assert faults(path)
        assert faults(path, "seed=1") == faults(path)


class TestVariations:
    def test_the_full_grid_in_order(self, path):
        grid = variations(load(path))
        rate, replicas = "workload.arrivals.rate", "architectures.one.pools.big.replicas"
        expected = [{replicas: r, rate: f"{q} per s"} for r in (2, 4) for q in (6, 12)]
        assert [values for values, _ in grid] == expected
        assert [each.scenario.workload.arrivals.rate_per_s for _, each in grid] == [6, 12, 6, 12]
        assert all(each.scenario.vary == {} for _, each in grid)

    def test_nothing_to_vary(self, path):
        loaded = load(path, ["vary={}"])
        ((values, only),) = variations(loaded)
        assert values == {}
        assert only.scenario == loaded.scenario

    def test_values_may_be_mappings(self, path):
        vary = "vary={architectures.two.pools.a.balancer: [random, {kind: power_of_two, choices: 3}]}"
        kinds = [v.scenario.architectures["two"].pools["a"].balancer.kind for _, v in variations(load(path, [vary]))]
        assert kinds == ["random", "power_of_two"]

    def test_later_faults_name_the_varied_line(self, path):
        _, varied = variations(load(path))[0]
        assert varied.fault("architectures.one.pools.big.replicas", "too few").line == 39


def test_the_goal_is_the_workloads_else_that_of_the_capacity_search_else_99_percent(path):
    assert attainment_goal(load(path).scenario) == 0.99
    limits = "capacity.constraints=[{figure: slo_attainment, at_least: 95 %}, {figure: ttft_p99, at_most: 2 s}]"
    search = ("capacity.variables={architectures.one.pools.big.replicas: '1:4'}", limits)
    assert attainment_goal(load(path, search).scenario) == 0.95
    assert attainment_goal(load(path, (*search, "workload.attainment_goal=98 %")).scenario) == 0.98
    assert "is not above 0" in faults(path, "workload.attainment_goal=0 %")[0].what


def test_presets_have_the_figures_of_the_benchmark(path):
    assert len(presets()) == 12
    limits = presets()["mlperf/llama3.1-8b-interactive"]
    assert (limits.ttft_s, limits.tpot_s, limits.e2e_s) == (0.5, 0.03, None)
    assert presets()["mlperf/qwen3-vl-235b-a22b"].e2e_s == 12
    classes = load(path).scenario.workload.classes
    assert targets(classes["chat"]) == presets()["mlperf/llama3.1-8b"]
    assert targets(classes["code"]).ttft_s == 2
