"""What-ifs on a scenario whose answers can be worked out: designs, curves, crossings, rankings, files, the command."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from small_scenarios import PAIR, write

import fleetsim
from fleetsim.cli import commands
from fleetsim.errors import InputFaults, UnknownName
from fleetsim.study.whatif.design import Factor, latin, one_at_a_time
from fleetsim.study.whatif.sensitivity import NoSensitivity

RATE, SLOTS = "workload.arrivals.rate", "architectures.fast.pools.p.max_num_seqs"


@pytest.fixture
def path(tmp_path):
    return write(tmp_path, PAIR)


def test_numbers_of_one_unit_make_a_scale():
    assert Factor("r", ("2 per s", "8 per s")).at(0.5) == "5 per s"
    assert Factor("r", ("$2 per h", "$3 per h")).at(0.5) == "$2.5 per h"
    assert Factor("n", (1, 4)).at(0.999) == 4
    assert Factor("n", (1, 4)).at(0.0) == 1
    assert Factor("h", ("l4", "h100")).scale is None
    assert Factor("h", ("l4", "h100")).at(0.6) == "h100"
    assert Factor("u", ("1 s", "2 min")).scale is None


def test_designs():
    factors = [Factor("a", (1, 2)), Factor("b", (0.0, 1.0))]
    assert one_at_a_time(factors, 0, 0) == [{}, {"a": 1}, {"a": 2}, {"b": 0.0}, {"b": 1.0}]
    points = latin([Factor("x", (0.0, 1.0)), Factor("y", (0.0, 10.0))], 20, 3)
    assert sorted(int(p["x"] * 20) for p in points) == list(range(20))
    assert sorted(int(p["y"] * 2) for p in points) == list(range(20))
    assert points == latin([Factor("x", (0.0, 1.0)), Factor("y", (0.0, 10.0))], 20, 3)


def test_curves_are_paired(path):
    found = fleetsim.whatif(path, vary=[f"{RATE}=4:16 per s:3"], figures=["e2e_mean"])
    rows = [r for r in found.responses if r.architecture == "fast"]
    assert [r.value for r in rows] == ["4 per s", "10 per s", "16 per s"]
    means = [r.estimate.value for r in rows]
    assert means == sorted(means)
    assert rows[2].change.low > 0
    assert rows[2].change.value == pytest.approx(means[2] - means[0])
    assert found.runs == 2 * 3 * found.replications


def test_a_path_of_one_architecture_moves_that_one_alone(path):
    found = fleetsim.whatif(path, vary=[f"{SLOTS}=1,2"], figures=["e2e_mean"])
    assert {r.architecture for r in found.responses} == {"fast"}
    assert len(found.rows) == 3


def test_the_break_even_is_where_the_curves_cross(path):
    found = fleetsim.whatif(path, vary=[f"{RATE}=4:24 per s:3"], break_even="e2e_mean", figures=["e2e_mean"])
    (crossing,) = found.break_evens
    assert (crossing.less_below, crossing.less_above) == ("fast", "wide")
    low, at, high = (float(str(v).split()[0]) for v in (crossing.low, crossing.at, crossing.high))
    assert low < at < high
    # M/G/1: mean service 11 steps of 4 ms and one more for the prompt's chunk, against 20 ms a step without a queue.
    steps = np.arange(2, 21)
    mean_s, second = 0.004 * steps.mean(), 0.004**2 * (steps.astype(float) ** 2).mean()
    wide_s = 0.020 * (steps.mean() + 0.5)
    exact = _rate_at(lambda lam: mean_s + lam * second / 2 / (1 - lam * mean_s) - wide_s, 1.0, 0.999 / mean_s)
    assert at == pytest.approx(exact, rel=0.1)


def _rate_at(function, low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return low


def test_the_widest_swing_is_on_top(path):
    vary = [f"{RATE}=5 per s,15 per s", f"{SLOTS}=1,4", "site.pue=1.1,1.3"]
    found = fleetsim.whatif(path, vary=vary, design="one-at-a-time", figures=["e2e_p99"])
    swings = [s for s in found.swings if s.architecture == "fast"]
    assert [s.width for s in swings] == sorted((s.width for s in swings), reverse=True)
    assert swings[-1].path == "site.pue"
    assert swings[-1].width == 0
    assert swings[0].base.value == pytest.approx(found.rows[0].estimate.value)


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_what_matters_ranks_above_what_does_not(path, method):
    vary = ["site.pue=1.1:1.3:2", f"{RATE}=5:15 per s:2"]
    found = fleetsim.whatif(
        path, vary=vary, sensitivity=method, samples=8, figures=["e2e_mean"], replications=2, sets=["horizon=20 s"]
    )
    ranked = [i for i in found.influences if i.architecture == "fast"]
    assert [i.path for i in ranked] == [RATE, "site.pue"]
    assert ranked[1].total == pytest.approx(0, abs=1e-9)


def test_a_missing_library_is_named(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib", None)
    with pytest.raises(NoSensitivity, match=r"pip install 'fleetsim\[sensitivity\]'"):
        fleetsim.whatif(path, vary=[f"{RATE}=5:15 per s:2"], sensitivity="morris")


def test_a_hypercube_tells_ranks(path):
    found = fleetsim.whatif(path, vary=[f"{RATE}=5:20 per s:2"], design="latin", samples=12, figures=["e2e_mean"])
    (value,) = [v for name, figure, _, v in found.correlations if (name, figure) == ("fast", "e2e_mean")]
    assert value > 0.9


def test_faults_are_told_before_anything_runs(path):
    with pytest.raises(InputFaults) as caught:
        fleetsim.whatif(path, vary=["nothing.at.all=1", f"{RATE}=3"])
    assert "--vary:1" in str(caught.value)
    assert "--vary:2" in str(caught.value)
    with pytest.raises(InputFaults, match="varies nothing"):
        fleetsim.whatif(path)
    with pytest.raises(UnknownName, match="did you mean 'e2e_mean'"):
        fleetsim.whatif(path, vary=["seed=1,2"], figures=["e2e_meen"])
    with pytest.raises(InputFaults, match="along one"):
        fleetsim.whatif(path, vary=["seed=1,2", f"{RATE}=5:6 per s:2"], break_even="e2e_mean")


def test_the_command_prints_writes_and_goes_on(path, tmp_path):
    folder = tmp_path / "out"
    words = ["whatif", str(path), "--vary", f"{RATE}=4:16 per s:2", "--figure", "e2e_mean", "--workers", "1", "-q"]
    first = CliRunner().invoke(commands, [*words, "-o", str(folder)])
    assert first.exit_code == 0, first.output
    assert "e2e_mean, ms, by workload.arrivals.rate" in first.output
    kept = {name: (folder / name).read_bytes() for name in ("whatif.json", "table.csv", "table.parquet")}
    again = CliRunner().invoke(commands, [*words, "-o", str(folder), "--resume"])
    assert again.output == first.output
    assert {name: (folder / name).read_bytes() for name in kept} == kept
    found = json.loads(CliRunner().invoke(commands, [*words, "--json"]).output)
    assert found["responses"][0]["estimate"]["value"] > 0
    assert all(math.isfinite(row["estimate"]["value"]) for row in found["rows"])
