"""fleetsim search: the best is found, the same whoever simulates and however often it was killed."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner
from small_scenarios import write

import fleetsim
from fleetsim.cli import commands
from fleetsim.errors import InputFaults, UnknownName
from fleetsim.study.search.sampling import NoOptuna

SCENARIO = """\
name: servers
seed: 11
horizon: 20 s
warm_up: 2 s
drain: 20 s
samples: 10
workload:
  arrivals: {kind: poisson, rate: 30 per s}
  classes:
    job: {prompt: 50 tokens, output: {kind: uniform, low: 2, high: 30}, slo: {e2e: 400 ms}}
architectures:
  small:
    pools: {p: {steps: {base: 10 ms}, max_num_seqs: 1, price: $1 per h}}
    workflow: {kind: single, pool: p}
  large:
    pools: {p: {steps: {base: 8 ms}, max_num_seqs: 2, price: $3 per h}}
    workflow: {kind: single, pool: p}
"""
VARY = (
    "architectures.small.pools.p.replicas=1:30:30",
    "architectures.large.pools.p.replicas=1:30:30",
    "architectures.large.pools.p.balancer=round_robin,random",
)


def found(tmp_path, trials=30, **more):
    given = {"replications": 2, "vary": VARY} | more
    return fleetsim.search(write(tmp_path, SCENARIO), trials=trials, **given)


def test_the_best_of_all_is_nearly_found_in_a_third_of_the_trials(tmp_path):
    whole = fleetsim.sweep(write(tmp_path, SCENARIO), vary=VARY, replications=2, workers=1).table().frame()
    means = whole.groupby(["architecture", *(path.partition("=")[0] for path in VARY)], dropna=False)
    best = means["usd_per_slo_met_task all"].mean().min()
    done = found(tmp_path)
    assert done.combinations == 90
    assert done.best.estimate.value <= 1.1 * best
    assert done.confirmed.value == pytest.approx(done.best.estimate.value, rel=0.3)
    assert (done.figure, done.better) == ("usd_per_slo_met_task all", "lower")
    values = [one.estimate.value for one in done.ranked if one.estimate.value == one.estimate.value]
    assert values == sorted(values)


def test_more_is_better_where_the_figure_says_so(tmp_path):
    done = found(tmp_path, trials=8, figure="slo_attainment", sampler="random")
    assert done.better == "higher"
    assert done.best.estimate.value == max(one.estimate.value for one in done.ranked)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
@pytest.mark.parametrize("together", [1, 3])
def test_a_search_in_two_goes_is_the_search_in_one(tmp_path, sampler, together):
    """A storage holds the trials: the first go was killed between asking and answering."""
    import optuna

    once = found(tmp_path, trials=15, sampler=sampler, together=together)
    storage = f"sqlite:///{tmp_path}/search.db"
    found(tmp_path, trials=12, sampler=sampler, together=together, storage=storage)
    name = optuna.get_all_study_names(storage)[0]
    optuna.load_study(study_name=name, storage=storage).ask()
    again = found(tmp_path, trials=15, sampler=sampler, together=together, storage=storage)
    assert again.as_json() == once.as_json()
    assert repr(again.table.rows) == repr(once.table.rows)  # nan does not equal itself


def test_another_search_in_the_same_storage_begins_anew(tmp_path):
    storage = f"sqlite:///{tmp_path}/search.db"
    found(tmp_path, trials=3, sampler="random", storage=storage)
    other = found(tmp_path, trials=3, sampler="random", storage=storage, seed=12)
    assert other.as_json() == found(tmp_path, trials=3, sampler="random", seed=12).as_json()


def test_the_command_goes_on_where_it_was_and_further(tmp_path):
    path, folder = write(tmp_path, SCENARIO), tmp_path / "out"
    vary = [word for one in VARY for word in ("--vary", one)]

    def run(trials, *more, into=folder):
        words = ["search", path, *vary, "--replications", "2", "--trials", trials, "-q", "-o", into, *more]
        return CliRunner().invoke(commands, [*map(str, words)])

    first = run(8, "--workers", "1")
    assert first.exit_code == 0, first.output
    assert "Best found: " in first.stdout
    written = (folder / "search.json").read_bytes()
    lines = (folder / "runs").read_bytes().splitlines(keepends=True)
    (folder / "runs").write_bytes(b"".join(lines[: len(lines) // 2]) + lines[-1][:30])  # killed while it wrote
    assert run(8, "--workers", "1").exit_code == 2
    again = run(8, "--resume", "--workers", "1")
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert (folder / "search.json").read_bytes() == written
    assert run(12, "--resume", "--workers", "2", "--json").exit_code == 0
    whole = run(12, "--workers", "1", into=tmp_path / "whole")
    assert whole.exit_code == 0
    assert (folder / "search.json").read_bytes() == (tmp_path / "whole/search.json").read_bytes()
    assert (folder / "table.csv").read_bytes() == (tmp_path / "whole/table.csv").read_bytes()
    assert json.loads((folder / "search.json").read_text())["trials"] == 12


def test_what_cannot_be_built_is_no_good_and_told(tmp_path):
    pool = "{model: llama-3.1-70b, hardware: h100, replicas: 1}"
    text = SCENARIO.replace("{steps: {base: 8 ms}, max_num_seqs: 2, price: $3 per h}", pool)
    done = fleetsim.search(
        write(tmp_path, text), vary=["architectures.large.pools.p.tp=1,2,4"], trials=8, replications=2,
        sampler="random", sets=["architectures.large.pools.p.tp=4"],
    )  # fmt: skip
    assert any("large [tp=1] cannot be built: " in note for note in done.notes)
    assert all(one.values.get("architectures.large.pools.p.tp") != 1 for one in done.ranked)


def test_faults_are_told_before_anything_runs(tmp_path, monkeypatch):
    with pytest.raises(UnknownName, match="no sampler 'tpa'; did you mean 'tpe'"):
        found(tmp_path, sampler="tpa")
    with pytest.raises(UnknownName, match="no figure 'ttft_p98'; did you mean 'ttft_p9"):
        found(tmp_path, figure="ttft_p98")
    with pytest.raises(InputFaults, match="varies nothing"):
        found(tmp_path, vary=())
    with pytest.raises(
        NoOptuna, match=r"the storage nowhere://x cannot be used .*write one such as sqlite:///search\.db"
    ):
        found(tmp_path, storage="nowhere://x")
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(NoOptuna, match=r"pip install 'fleetsim\[optuna\]'"):
        found(tmp_path)
