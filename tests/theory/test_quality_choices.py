"""How tasks are steered, in whole runs: classifiers, cascade thresholds, bandits that forget.

All tolerances are three standard errors of the tasks that ran.
"""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from fleetsim.study.run import prepare

SCENARIO = """\
name: choices
seed: 5
horizon: 200 s
drain: 60 s
warm_up: 0 s
workload:
  arrivals: {kind: poisson, rate: 100 per s}
  classes: {chat: {prompt: 40 tokens, output: 1 tokens, domains: {math: 1, code: 2, law: 1}}}
quality:
  every_domain: {rho_between: 0.6, rho_family: 0}
  accuracy: {a: 0.6, b: 0.8, c: 0.4}
  models: {a: {blank_share: 0}}
architectures:
  one:
    pools:
      a: {steps: {base: 1 ms}, price: $1 per h, replicas: 2}
      b: {steps: {base: 1 ms}, price: $2 per h, replicas: 2}
      c: {steps: {base: 1 ms}, price: $3 per h, replicas: 2}
    workflow: WORKFLOW
"""
CONFUSION = {
    "math": {"math": 0.7, "code": 0.2, "law": 0.1},
    "code": {"math": 0.05, "code": 0.9, "law": 0.05},
    "law": {"math": 0.5, "code": 0.0, "law": 0.5},
}


def tasks(folder: Path, workflow: str, more: str = "") -> np.recarray:
    path = folder / "choices.yaml"
    path.write_text(SCENARIO.replace("WORKFLOW", workflow) + more)
    (arm,) = prepare(path).arms
    return arm.run(0, "core").records.tasks


def near(found: np.ndarray, expected: float) -> bool:
    return abs(found.mean() - expected) <= 3 * sqrt(max(expected * (1 - expected), 1 / len(found)) / len(found))


def test_a_classifier_errs_as_its_confusion_matrix_says(tmp_path):
    confusion = repr(CONFUSION).replace("'", "")
    routes = "routes: {math: a, code: b, law: c}"
    found = tasks(tmp_path, f"{{kind: route, classifier: {{pool: a, confusion: {confusion}}}, {routes}}}")
    for domain, row in enumerate(CONFUSION.values()):
        own = found[found.domain == domain]
        for pool, share in enumerate(row.values()):
            assert near(own.answer_pool == pool, share)
        assert near(own.right, sum(share * right for share, right in zip(row.values(), (0.6, 0.8, 0.4), strict=True)))


@pytest.mark.parametrize("threshold", [-0.5, 0.5, 1.5])
def test_a_cascades_threshold_is_that_of_the_verifiers_score(tmp_path, threshold):
    verifier = f"verifier: {{auc: 0.85, threshold: {threshold}}}"
    found = tasks(tmp_path, f"{{kind: cascade, pools: [a, b], {verifier}}}").copy()
    apart = sqrt(2) * ndtri(0.85)
    good, bad = 0.6 * ndtr(apart - threshold), 0.4 * ndtr(-threshold)
    kept = found.calls == 1
    assert near(kept, good + bad)
    assert near(kept & (found.right == 1), good)


@pytest.mark.parametrize(("discount", "follows"), [(0.99, True), (1.0, False)])
def test_a_bandit_that_forgets_follows_when_models_change(tmp_path, discount, follows):
    """From 150 s on the best of three models is the worst; what 150 s taught outweighs it unless it is forgotten."""
    bandit = f"{{kind: market, vendors: [a, b, c], rule: thompson, learns: true, discount: {discount}}}"
    change = "    changes: [{pool: b, at: 150 s, in_place: true, to: {accuracy: 0.2}}]\n"
    found = tasks(tmp_path, bandit, change)
    before = found.answer_pool[(found.arrival_ns > 100e9) & (found.arrival_ns < 150e9)]
    after = found.answer_pool[found.arrival_ns > 180e9]
    assert (before == 1).mean() > (0.6 if follows else 0.95)
    assert ((after == 0).mean() > 0.6) == follows
