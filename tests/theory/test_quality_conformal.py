"""Conformal escalation: the share of tasks in which a wrong answer passes is the promised one, in whole runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta

from fleetsim.errors import InputFaults
from fleetsim.study.run import load, prepare, simulate
from fleetsim.workflow.risks import least_queries, passing

RISK, QUERIES, REPLICATIONS = 0.05, 200, 100
SCENARIO = """\
name: conformal
seed: 7
horizon: 40 s
drain: 60 s
warm_up: 0 s
workload:
  arrivals: {{kind: poisson, rate: 150 per s}}
  classes: {{chat: {{prompt: 40 tokens, output: 1 tokens, domains: {{math: 1, code: 2}}}}}}
quality:
  every_domain: {{rho_between: 0.62, rho_family: 0}}
  accuracy: {{weak: {{math: 0.45, code: 0.681}}, strong: {{math: 0.7, code: 0.806}}, best: 0.9}}
architectures:
  one:
    pools:
      weak: {{steps: {{base: 1 ms}}, replicas: 4, price: $1 per h}}
      strong: {{steps: {{base: 1 ms}}, replicas: 4, price: $10 per h}}
      best: {{steps: {{base: 1 ms}}, replicas: 4, price: $20 per h}}
    workflow: {workflow}
"""


def scenario(folder: Path, workflow: str) -> Path:
    path = folder / "conformal.yaml"
    if "best" not in workflow:
        text = SCENARIO.replace("      best: {{steps: {{base: 1 ms}}, replicas: 4, price: $20 per h}}\n", "")
    else:
        text = SCENARIO
    path.write_text(text.format(workflow=workflow))
    return path


def cascade(*pools: str, more: str = "", queries: int = QUERIES, auc: float = 0.85) -> str:
    verifier = f"{{auc: {auc}, risk: 5 %, calibrated_on: {queries}{more}}}"
    return f"{{kind: cascade, pools: [{', '.join(pools)}], verifier: {verifier}}}"


@pytest.fixture(scope="module")
def realised(tmp_path_factory: pytest.TempPathFactory):
    """Workflow -> by replicate the share of tasks in which a wrong answer passed a check."""

    @cache
    def run(workflow: str) -> np.ndarray:
        (arm,) = prepare(scenario(tmp_path_factory.mktemp("conformal"), workflow)).arms
        runs = [arm.run(replicate, "core") for replicate in range(REPLICATIONS)]  # without their figures
        last, tasks = len(runs[0].facts.pools) - 1, [run.records.tasks for run in runs]
        return np.array([((own.right == 0) & (own.answer_pool < last)).mean() for own in tasks])

    return run


def error(values: np.ndarray) -> float:
    return 3 * float(values.std()) / np.sqrt(len(values))


WORKFLOWS = {
    "cascade": cascade("weak", "strong"),
    "cascade of three": cascade("weak", "strong", "best"),
    "edge first": "{kind: edge_first, edge: weak, cloud: strong, "
    "confidence: {auc: 0.85, risk: 5 %, calibrated_on: 200}}",
}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_in_the_mean_the_risk_is_kept_and_used(realised, name):
    """The theorem's two sides: at most the risk, at least the risk less 2 / (n + 1) for each check."""
    risks = realised(WORKFLOWS[name])
    checks = 2 if "three" in name else 1
    assert risks.mean() <= RISK + error(risks)
    assert risks.mean() >= RISK - 2 * checks / (QUERIES + 1) - error(risks)


@pytest.mark.parametrize("pools", [("weak", "strong"), ("weak", "strong", "best")])
def test_with_a_confidence_it_is_kept_in_that_share_of_the_seeds(realised, pools):
    kept = realised(cascade(*pools, more=", confidence: 95 %")) <= RISK
    assert kept.mean() >= 0.95


def test_without_one_it_is_kept_in_little_more_than_half_of_the_seeds(realised):
    """No more is promised: the risk is a Beta variable, that of an order statistic, whose mean alone is bounded."""
    kept = (realised(WORKFLOWS["cascade"]) <= RISK).mean()
    passes = passing(RISK, QUERIES)
    expected = beta.cdf(RISK, passes + 1, QUERIES - passes)
    assert 0.5 < expected < 0.6
    assert kept == pytest.approx(expected, abs=3 * 0.5 / np.sqrt(REPLICATIONS))


def test_a_better_verifier_escalates_less(tmp_path):
    rates = []
    for auc in (0.7, 0.85, 0.95):
        (arm,) = simulate(scenario(tmp_path, cascade("weak", "strong", queries=20_000, auc=auc))).arms
        rates.append(arm.value("escalation_rate"))
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > rates[1] + 0.1 > rates[2] + 0.2


@pytest.mark.parametrize(("more", "least"), [("", 19), (", confidence: 95 %", 59)])
def test_where_no_threshold_keeps_the_risk_the_error_says_so(tmp_path, more, least):
    assert least_queries(RISK, 0.95 if more else None) == least
    load(scenario(tmp_path, cascade("weak", "strong", queries=least, more=more)))
    with pytest.raises(InputFaults, match=rf"no threshold that keeps a risk of 0\.05.*write at least {least}"):
        load(scenario(tmp_path, cascade("weak", "strong", queries=least - 1, more=more)))


@pytest.mark.parametrize(
    ("verifier", "what"),
    [
        ("{auc: 0.8, risk: 5 %}", "needs `calibrated_on`: how many labelled tasks it is found by, at least 19"),
        ("{errors: 10 %, risk: 5 %, calibrated_on: 100}", "risk.*goes with `auc`"),
        ("{auc: 0.8, risk: 5 %, accepts: 90 %, calibrated_on: 100}", "accepts.*cannot stand beside `risk`"),
        ("{auc: 0.8, calibrated_on: 100}", "calibrated_on.*goes with `risk`"),
        ("{auc: 0.8, risk: 100 %, calibrated_on: 100}", "must lie between 0 and 1"),
    ],
)
def test_what_does_not_go_together(tmp_path, verifier, what):
    with pytest.raises(InputFaults, match=what):
        load(scenario(tmp_path, f"{{kind: cascade, pools: [weak, strong], verifier: {verifier}}}"))


def test_a_search_cannot_be_calibrated(tmp_path):
    search = "{kind: abmcts, pools: [weak, strong], verifier: {auc: 0.8, risk: 5 %, calibrated_on: 100}}"
    with pytest.raises(InputFaults, match=r"score\.risk can be kept only where"):
        load(scenario(tmp_path, search))


def test_show_names_the_threshold(tmp_path):
    from click.testing import CliRunner

    from fleetsim.cli import commands

    done = CliRunner().invoke(commands, ["show", str(scenario(tmp_path, WORKFLOWS["cascade"])), "--graph"])
    assert done.exit_code == 0, done.output
    assert "risk 0.05 by 200 labelled tasks" in done.output
    assert "and above" in done.output


def test_both_engines_have_the_same_threshold(tmp_path):
    path = scenario(tmp_path, WORKFLOWS["cascade of three"])
    core, reference = (simulate(path, engine=name, sets=["horizon=1 s"]).arms for name in ("core", "reference"))
    assert np.array_equal(core[0].runs[0].records.tasks, reference[0].runs[0].records.tasks)
