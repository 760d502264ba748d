"""The section on the quality of answers: there where answers are judged, with what a reader asks of it."""

from __future__ import annotations

import pytest
from small_scenarios import write

import fleetsim
from fleetsim.report.contract import Chart, Table
from fleetsim.report.sections.cost_latency import cost_latency
from fleetsim.report.sections.quality import quality
from fleetsim.report.view import View

JUDGED = """\
name: judged
seed: 3
horizon: 30 s
warm_up: 2 s
samples: 10
workload:
  arrivals: {kind: poisson, rate: 10 per s}
  classes:
    job: {prompt: 50 tokens, output: 10 tokens, domains: {math: 0.5, code: 0.5}}
architectures:
  one:
    pools: {large: {steps: {base: 4 ms}, max_num_seqs: 32, price: $4 per h, accuracy: 0.9}}
    workflow: {kind: single, pool: large}
  lite:
    pools: {small: {steps: {base: 2 ms}, max_num_seqs: 32, price: $1 per h, accuracy: 0.7}}
    workflow: {kind: single, pool: small}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("quality")


def test_judged_answers_have_figures_a_chart_domains_and_shares(folder):
    view = View(fleetsim.simulate(write(folder, JUDGED)))
    key, right, shares = quality(view)
    assert isinstance(key, Table)
    assert [str(row[0].text) for row in key.rows] == ["one", "lite"]
    assert key.columns[1:] == (
        "Right answers", "Wrong and unnoticed", "Cost per 1,000 right answers", "Calls per task", "Tasks escalated",
    )  # fmt: skip
    (trade,) = cost_latency(view)
    assert {"Right answers", "Cost per 1,000 right answers"} <= set(trade.table.columns)
    assert isinstance(right, Chart)
    assert set(right.table.columns) == {"Architecture", "all tasks", "math", "code"}
    assert [row[0].text for row in shares.rows] == ["large", "small"]
    assert {row[3].text.replace("\u00a0", " ") for row in shares.rows} == {"100 %"}


def test_without_judges_there_is_no_such_section(folder):
    text = JUDGED.replace(", accuracy: 0.9", "").replace(", accuracy: 0.7", "")
    assert quality(View(fleetsim.simulate(write(folder, text)))) == []
