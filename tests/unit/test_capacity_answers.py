"""Whole capacity searches on a small scenario: answers, evidence, files, the command."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from small_scenarios import SERVERS, write

import fleetsim
from fleetsim.cli import commands
from fleetsim.cli.capacity_text import capacity_text
from fleetsim.errors import InputFaults
from fleetsim.study.capacity.files import save


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    return fleetsim.capacity(write(tmp_path_factory.mktemp("capacity"), SERVERS))


def test_the_answer_keeps_its_limit_and_what_is_smaller_does_not(answer):
    assert answer.answer.architecture == "small"
    assert answer.confirmation.complete
    assert answer.answer.kept[0].headroom > 0
    assert answer.effort.fleets * 5 <= answer.effort.candidates


def test_a_baseline_of_which_no_fleet_will_do_is_told(tmp_path):
    slow = ["architectures.large.pools.large.steps.base=400 ms", "capacity.loads=[1.0]"]
    answer = fleetsim.capacity(write(tmp_path, SERVERS), sets=slow)
    assert (answer.answer.architecture, answer.baseline) == ("small", None)
    assert any("no fleet of the baseline large among the candidates keeps all limits" in note for note in answer.notes)


def test_the_evidence_is_there(answer):
    assert answer.baseline.usd_per_hour >= answer.answer.usd_per_hour
    assert answer.runner_up.architecture == "large"
    assert answer.runner_up.usd_per_hour >= answer.answer.usd_per_hour
    assert [point.load for point in answer.curve] == [0.5, 1.0]
    assert answer.curve[0].choice.usd_per_hour <= answer.answer.usd_per_hour
    assert answer.load_held >= 1.0
    assert any(point.holds for point in answer.front)
    assert fleetsim.capacity.__module__.startswith("fleetsim.study.capacity")


def test_architectures_have_curves_of_their_own(tmp_path):
    curves = "{little: [small], big: [large], either: [small, large]}"
    found = fleetsim.capacity(write(tmp_path, SERVERS), sets=[f"capacity.curves={curves}"])
    assert [curve.name for curve in found.curves] == ["little", "big", "either"]
    for number, point in enumerate(found.curve):
        little, big, either = (curve.points[number].choice for curve in found.curves)
        assert (little.architecture, big.architecture) == ("small", "large")
        assert either.usd_per_hour == point.choice.usd_per_hour == min(little.usd_per_hour, big.usd_per_hour)
    table = capacity_text(found).split("load, %  little, $ per h")[1]
    assert table.splitlines()[0].endswith("the least is below the next by")
    save(found, tmp_path)
    rows = (tmp_path / "curve.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == [
        "of",
        "all",
        "all",
        "little",
        "little",
        "big",
        "big",
        "either",
        "either",
    ]


def test_failures_cost_replicas(tmp_path, answer):
    found = fleetsim.capacity(write(tmp_path, SERVERS), sets=["capacity.failures=1"], more=False)
    assert found.answer.usd_per_hour > answer.answer.usd_per_hour
    assert found.answer.kept[0].headroom > 0


def test_another_objective_is_selected_among_the_least_fleets(tmp_path):
    found = fleetsim.capacity(write(tmp_path, SERVERS), sets=["capacity.objective=joules_per_output_token"], more=False)
    assert found.answer.objective > 0
    assert found.unit == "J"


def test_a_budget_that_buys_nothing_has_no_answer(tmp_path):
    limits = "[{figure: e2e_mean, at_most: 300 ms}, {figure: usd_per_hour, at_most: $2 per h}]"
    found = fleetsim.capacity(write(tmp_path, SERVERS), sets=[f"capacity.constraints={limits}"])
    assert found.answer is None
    assert "no candidate" in found.near


def test_wrong_figures_and_units_are_told_before_the_search(tmp_path):
    limits = "[{figure: e2e_men, at_most: 300 ms}, {figure: slo_attainment, at_least: 2 s}]"
    with pytest.raises(InputFaults) as caught:
        fleetsim.capacity(write(tmp_path, SERVERS), sets=[f"capacity.constraints={limits}"])
    assert "did you mean 'e2e_mean'" in str(caught.value)
    assert "slo_attainment is in share" in str(caught.value)


def test_the_command_goes_on_where_it_was_and_prints_the_same(tmp_path):
    path, folder = write(tmp_path, SERVERS), tmp_path / "out"
    words = ["capacity", str(path), "--only-answer", "--workers", "1", "-q", "-o", str(folder)]
    first = CliRunner().invoke(commands, words)
    assert first.exit_code == 0, first.output
    assert "Cheapest fleet: small" in first.output
    written = (folder / "capacity.json").read_bytes()
    runs = (folder / "runs").read_bytes()
    lines = runs.splitlines(keepends=True)
    (folder / "runs").write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:30])  # killed while it wrote
    assert CliRunner().invoke(commands, words).exit_code == 2
    again = CliRunner().invoke(commands, [*words, "--resume"])
    assert again.output == first.output
    assert (folder / "capacity.json").read_bytes() == written
    other = CliRunner().invoke(commands, [*words, "--resume", "--set", "seed=6"])
    assert other.exit_code == 2
    assert "another study" in other.output
    as_json = CliRunner().invoke(commands, [*words, "--resume", "--json"])
    assert json.loads(as_json.output)["answer"]["architecture"] == "small"


def test_requests_are_steered_by_size(tmp_path):
    text = SERVERS.replace(
        "capacity:\n",
        "  both:\n"
        "    pools:\n"
        "      small: {steps: {base: 10 ms}, max_num_seqs: 1, price: $1 per h}\n"
        "      large: {steps: {base: 4 ms}, max_num_seqs: 2, price: $4 per h}\n"
        "    workflow: {kind: by_size, routes: {short: small, long: {small: 1, large: 3}}}\n"
        "capacity:\n",
    ).replace("  baseline: large\n", "    architectures.both.pools.small.replicas: '1:4'\n  steer: [both]\n")
    text = text.replace("prompt: 50 tokens", "prompt: {kind: uniform, low: 10, high: 60}")
    path = write(tmp_path, text)
    study = fleetsim.simulate(path)
    tasks = study.tasks()
    both = tasks[tasks.arm == "both"]
    assert set(both[both.prompt_tokens <= 20].answer_pool) == {"small"}
    assert 0.7 < (both[both.prompt_tokens > 20].answer_pool == "large").mean() < 0.8
    found = fleetsim.capacity(path, more=False)
    assert found.answer is not None
