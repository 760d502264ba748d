"""Rented endpoints in whole runs: what they cost, and what of them nobody knows."""

import math

import pytest

import fleetsim
from fleetsim.cli.comparison import comparison

SCENARIO = """
name: rented
horizon: 20 s
warm_up: 0 s
workload:
  arrivals: {kind: constant, rate: 2 per s}
  classes: {chat: {prompt: 1000, output: 100}}
quality: {accuracy: {vendor: 0.7}}
architectures:
  rented:
    pools:
      vendor: {endpoint: {ttft: 300 ms, tpot: 10 ms, input: $1, output: $5}, outages: [{from: 5 s, to: 10 s}]}
    workflow: {kind: single, pool: vendor}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("rented") / "rented.yaml"
    path.write_text(SCENARIO)
    return fleetsim.simulate(path)


def test_tokens_are_paid_and_energy_is_unknown(study):
    (arm,) = study.arms
    calls = arm.runs[0].records.calls
    done = calls[(calls.finish_ns > 0) & (calls.finish_ns <= 20e9)]
    usd = 1e-6 * done.prompt_tokens.sum() + 5e-6 * done.output_tokens.sum()
    assert arm.value("usd_per_hour") == pytest.approx(usd / 20 * 3600)
    assert math.isnan(arm.value("joules_per_task"))
    assert math.isnan(arm.value("utilisation", "pool vendor")), "how busy its machines are is the vendor's affair"
    assert arm.value("refused_outage") == pytest.approx(10, abs=1)


def test_the_printed_comparison_says_so(study):
    text = comparison(study)
    assert "refused while a pool was out of order" in text
    rows = {line.split("  ")[0]: line.split()[-1] for line in text.splitlines() if line}
    assert "time in steps, %" not in rows
    assert "J per output tok" not in rows
    assert float(rows["$ per 1000 right"]) > 1.5


def test_show_tells_its_times_and_prices(study, tmp_path):
    from click.testing import CliRunner

    from fleetsim.cli import commands

    (tmp_path / "rented.yaml").write_text(SCENARIO)
    shown = CliRunner().invoke(commands, ["show", str(tmp_path / "rented.yaml")])
    assert shown.exit_code == 0
    assert "time to first token" in shown.output
    assert "$1.00 / $5.00 per million tokens" in shown.output
