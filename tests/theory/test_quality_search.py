"""Adaptive-branching search in whole runs against a plain simulation of it that knows nothing of engines.

Both draw answers of the same law and verifiers of the same AUC, so shares of right answers and calls agree within three
standard errors, and so does how often each model is asked for a fresh answer and for a better one.
"""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from fleetsim.records import Records
from fleetsim.study.run import prepare

RIGHT, BETWEEN, WITHIN, AUC, ACCEPTS, DEEPER = (0.25, 0.35), 0.3, 0.8, 0.9, 0.9, 0.5
NODES = (2, 4, 3, 5)  # wider a, wider b, deeper a, deeper b: behind the loop and the choice, model by model
SCENARIO = """\
name: search
seed: 3
horizon: 200 s
drain: 60 s
warm_up: 0 s
workload:
  arrivals: {kind: poisson, rate: 100 per s}
  classes: {puzzle: {prompt: 40 tokens, output: 1 tokens}}
quality:
  every_domain: {rho_between: 0.3, rho_family: 0}
  accuracy: {a: 0.25, b: 0.35}
  models: {a: {rho_within: 0.8, blank_share: 0}, b: {rho_within: 0.8, blank_share: 0}}
architectures:
  one:
    pools:
      a: {steps: {base: 1 ms}, price: $1 per h, replicas: 4}
      b: {steps: {base: 1 ms}, price: $1 per h, replicas: 4}
    workflow: WORKFLOW
"""
SEARCH = "{kind: abmcts, pools: [a, b], budget: %d, deeper_probit: 0.5, verifier: {auc: 0.9, accepts: 90 %%}}"


def run(folder: Path, workflow: str) -> Records:
    path = folder / "search.yaml"
    path.write_text(SCENARIO.replace("WORKFLOW", workflow))
    (arm,) = prepare(path).arms
    return arm.run(0, "core").records


def by_hand(budget: int, tasks: int = 200_000) -> tuple[np.ndarray, np.ndarray]:
    """(right, calls of each arm) of tasks searched side by side; arms are wider a, wider b, deeper a, deeper b."""
    luck = np.random.Generator(np.random.PCG64(5))
    apart = sqrt(2) * ndtri(AUC)
    least = apart - ndtri(ACCEPTS)
    shared = sqrt(BETWEEN) * luck.standard_normal((tasks, 1)) + sqrt(WITHIN - BETWEEN) * luck.standard_normal(
        (tasks, 2)
    )
    reports, rewards = np.zeros((tasks, 4)), np.zeros((tasks, 4))
    found, best, going = np.zeros(tasks), np.full(tasks, -np.inf), np.arange(tasks)
    for call in range(budget):
        open_arms = 4 if call else 2  # nothing to go deeper into yet
        won, all_of = rewards[going, :open_arms], reports[going, :open_arms]
        arm = np.argmax(luck.beta(1 + won, 1 + all_of - won), axis=1)
        ease = shared[going, arm % 2] + sqrt(1 - WITHIN) * luck.standard_normal(len(going))
        right = ease + ndtri(np.array(RIGHT)[arm % 2]) + DEEPER * (arm >= 2) > 0
        score = luck.standard_normal(len(going)) + apart * right
        reports[going, arm] += 1
        rewards[going, arm] += ndtr(score - apart / 2)
        better = score > best[going]
        found[going[better]], best[going[better]] = right[better], score[better]
        going = going[score < least]
    return found, reports


def best_of(budget: int) -> float:
    """Share of tasks whose best-scored answer of so many by model b is right: the integral over ease and scores."""
    ease, score = np.linspace(-8, 8, 1001)[:, None], np.linspace(-9, 12, 2001)[None, :]
    right, apart = ndtr((ndtri(RIGHT[1]) + sqrt(WITHIN) * ease) / sqrt(1 - WITHIN)), sqrt(2) * ndtri(AUC)
    others = (right * ndtr(score - apart) + (1 - right) * ndtr(score)) ** (budget - 1)
    inner = np.trapezoid(budget * right * _density(score - apart) * others, score[0], axis=1)
    return float(np.trapezoid(inner * _density(ease[:, 0]), ease[:, 0]))


def _density(x: np.ndarray) -> np.ndarray:
    return np.exp(-x * x / 2) / sqrt(2 * np.pi)


NEVER_CONTENT = {
    "fresh answers alone": """
      kind: graph
      nodes:
        search: {kind: loop, times: BUDGET, body: ask, exit: end}
        ask: {kind: call, pool: b, next: score, keeps: true}
        score: {kind: verify, auc: 0.9, threshold: 10, keeps: best, passes: end, fails: search}
        end: end""",
    "improvements that add nothing": (
        "{kind: abmcts, pools: [b], budget: BUDGET, deeper_probit: 0, verifier: {auc: 0.9, threshold: 10}}"
    ),
    "answers side by side": "{kind: ensemble, pools: {b: BUDGET}, pick: best, auc: 0.9}",
}


@pytest.mark.parametrize("budget", [2, 5])
@pytest.mark.parametrize("workflow", NEVER_CONTENT)
def test_a_search_that_is_never_content_is_best_of_n(tmp_path, workflow, budget):
    tasks = run(tmp_path, NEVER_CONTENT[workflow].replace("BUDGET", str(budget))).tasks
    assert (tasks.calls == budget).all()
    share = best_of(budget)
    assert abs(tasks.right.mean() - share) <= 3 * sqrt(share * (1 - share) / len(tasks))


def close(ours: np.ndarray, theirs: np.ndarray) -> bool:
    return abs(ours.mean() - theirs.mean()) <= 3 * sqrt(ours.var() / len(ours) + theirs.var() / len(theirs))


@pytest.mark.parametrize("budget", [1, 2, 4, 8, 16])
def test_right_answers_and_calls_by_budget(tmp_path, budget):
    found = run(tmp_path, SEARCH % budget)
    right, arms = by_hand(budget)
    assert close(found.tasks.right.astype(float), right)
    assert close(found.tasks.calls.astype(float), arms.sum(axis=1))
    of_nodes = [np.bincount(found.calls.task[found.calls.node == node], minlength=len(found.tasks)) for node in NODES]
    for ours, theirs in zip(of_nodes, arms.T, strict=True):
        assert close(ours.astype(float), theirs)


def test_a_larger_budget_finds_more(tmp_path):
    found = [run(tmp_path, SEARCH % budget).tasks.right.mean() for budget in (1, 2, 4, 8, 16)]
    assert found == sorted(found)


def test_both_engines_search_alike(tmp_path):
    path = tmp_path / "search.yaml"
    path.write_text(SCENARIO.replace("WORKFLOW", SEARCH % 8).replace("horizon: 200 s", "horizon: 2 s"))
    (arm,) = prepare(path).arms
    core, reference = (arm.run(0, engine).records for engine in ("core", "reference"))
    for table in ("tasks", "calls"):
        assert np.array_equal(getattr(core, table), getattr(reference, table))
