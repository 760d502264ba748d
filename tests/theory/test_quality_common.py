"""Models that have more or less in common than others: marginals, pairs, groups, routers, cascades, parts, lengths.

Draws, and whole runs, hold to the closed forms within three standard errors.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from qualities import tables

from fleetsim.quality.exact.cascade import cascade_of
from fleetsim.quality.exact.contract import abilities, correlation, of_kin
from fleetsim.quality.exact.groups import counts, pairs, rescue
from fleetsim.quality.exact.pipeline import pipeline
from fleetsim.quality.exact.router import router
from fleetsim.quality.judged import judged
from fleetsim.quality.prediction import predictions
from fleetsim.quality.sampling import draw_answers, draw_ease, draw_lengths, draw_signals
from fleetsim.scenario import load
from fleetsim.study.run import simulate

ACCURACY, COMMON = (0.45, 0.6, 0.7, 0.85), (0.8, 0.6, -0.5, 0.2)
TASKS, SEED = 400_000, 20261125
SCENARIO = """\
name: common
seed: 20261125
horizon: 800 s
drain: 60 s
warm_up: 0 s
samples: 10
workload:
  arrivals: {kind: poisson, rate: 150 per s}
  classes:
    chat: {prompt: 40 tokens, output: 4 tokens, domains: {math: 1, code: 2}}
quality:
  every_domain: {rho_between: 0.6, rho_family: 0}
  domains: {math: {unsolvable: 5 %}}
  models:
    a: {blank_share: 0, rho_between: 0.8}
    b: {blank_share: 0, rho_between: {math: -0.5}}
    c: {rho_between: 0.3}
  accuracy: {a: 0.5, b: 0.6, c: {math: 0.7, code: 0.85}}
architectures:
  a: {pools: {a: FAST}, workflow: {kind: single, pool: a}}
  b: {pools: {b: FAST}, workflow: {kind: single, pool: b}}
  c: {pools: {c: FAST}, workflow: {kind: single, pool: c}}
  chain:
    pools: {a: FAST, b: FAST, c: FAST}
    workflow:
      kind: graph
      nodes:
        first: {kind: call, pool: a, next: judge}
        judge: {kind: verify, errors: 10 %, passes: done, fails: second}
        second: {kind: call, pool: b, next: again}
        again: {kind: verify, errors: 10 %, passes: done, fails: last}
        last: {kind: call, pool: c, next: done}
        done: end
"""
SHARES = {"math": (0.8, -0.5, 0.3), "code": (0.8, 0.6, 0.3)}
RIGHT = {"math": (0.5, 0.6, 0.7), "code": (0.5, 0.6, 0.85)}
UNSOLVABLE = {"math": 0.05, "code": 0.0}


def right(quality, model: int, role: int = 0) -> np.ndarray:
    return draw_answers(quality, SEED, 0, TASKS, 0, model, role, 1, 0.0)[0][:, 0]


def holds(drawn: np.ndarray, expected: float) -> bool:
    """Whether the mean of independent values is within three standard errors of what is expected."""
    return abs(drawn.mean() - expected) <= 3 * drawn.std() / np.sqrt(len(drawn))


@pytest.fixture(scope="module")
def quality():
    return tables(ACCURACY, common=COMMON, unsolvable=0.06, rho_family=0.0)


@pytest.fixture(scope="module")
def answers(quality) -> np.ndarray:
    return np.stack([right(quality, model) for model in range(4)])


class TestDraws:
    def test_accuracies_are_those_of_the_table(self, answers):
        for own, share in zip(answers, ACCURACY, strict=True):
            assert holds(own, share)

    def test_pairs_correlate_by_the_geometric_mean(self, quality, answers):
        for i, j in combinations(range(4), 2):
            rho = float(correlation(COMMON[i], COMMON[j]))
            assert abs(rho) == pytest.approx(np.sqrt(abs(COMMON[i] * COMMON[j])))
            first, second = (draw_ease(quality, SEED, 0, TASKS, 0, m, 0, 0) for m in (i, j))
            assert holds(first * second, rho)
            assert holds((first - second) ** 2, 2 - 2 * rho)
            both = (1 - 0.06) * pairs(abilities([ACCURACY[i], ACCURACY[j]], 0.06), (COMMON[i], COMMON[j]))[0, 1]
            assert holds(answers[i] & answers[j], both)
            assert holds(answers[j][answers[i] == 0], rescue(ACCURACY[i], ACCURACY[j], (COMMON[i], COMMON[j]), 0.06))

    def test_how_many_of_a_group_are_right(self, answers):
        for number, share in enumerate(counts(ACCURACY, COMMON, 0.06)):
            assert holds(answers.sum(axis=0) == number, share)

    def test_one_share_for_all_is_one_correlation(self):
        assert counts(ACCURACY, [0.6] * 4).tolist() == counts(ACCURACY, 0.6).tolist()
        assert float(correlation(0.6, 0.6)) == 0.6

    def test_families_add_to_it(self):
        both = tables([0.6, 0.8], families=["a", "a"], common=[0.5, -0.3], rho_family=0.2)
        first, second = (right(both, m) for m in (0, 1))
        kin = np.ones((2, 2), bool)
        assert holds(first & second, pairs(abilities([0.6, 0.8]), of_kin(np.array([0.5, -0.3]), kin, 0.2))[0, 1])

    @pytest.mark.parametrize("advantage", [0, 1])
    @pytest.mark.parametrize("shares", [(0.8, 0.3), (0.6, -0.25)])
    def test_routers_signals(self, shares, advantage):
        quality = tables([0.681, 0.806], common=shares, rho_family=0.0)
        gain = (right(quality, 1) - right(quality, 0)).astype(float)
        signal = draw_signals(quality, SEED, 0, TASKS, 0, advantage, 0 if advantage else -1, 0.6)
        assert holds(signal**2, 1.0)
        place = np.empty(TASKS)
        place[np.argsort(-signal if advantage else signal)] = 1 - (np.arange(TASKS) + 0.5) / TASKS
        assert holds(gain * (place - router(0.681, 0.806, float(correlation(*shares)), 0.6, advantage)["APGR"]), 0.0)

    @pytest.mark.parametrize("share", [0.4, -0.4])
    def test_parts_of_a_task_are_alike_in_proportion(self, share):
        quality = tables([0.95], common=[share], rho_parts=0.3, rho_between=0.6)
        parts = [right(quality, 0, role) for role in range(5)]
        assert holds(np.stack(parts).all(axis=0), pipeline(0.95, 5, 0.2)["all right"])

    def test_escalated_answers_are_as_long_as_what_is_common_says(self):
        quality = tables([0.5, 0.7], common=[0.8, -0.4], rho_family=0.0)
        chain = cascade_of([0.5, 0.7], [0.8, -0.4], 0.0, (0.0, 1.0), sigma=0.45, kappa=0.38)
        escalated = draw_lengths(quality, SEED, 0, TASKS, 0, 1)[right(quality, 0) == 0]
        assert holds(escalated, chain.lengths[1])
        assert chain.lengths[1] < 1


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("common") / "common.yaml"
    path.write_text(SCENARIO.replace("FAST", "{steps: {base: 1 ms}, replicas: 4}"))
    return path


@pytest.fixture(scope="module")
def tasks(scenario) -> dict[str, np.recarray]:
    """Architecture -> its tasks: the same ones in each."""
    return {arm.name: arm.runs[0].records.tasks for arm in simulate(scenario).arms}


@pytest.mark.parametrize(("number", "domain"), [(0, "math"), (1, "code")])
class TestRuns:
    def test_models_and_pairs_of_them(self, tasks, number, domain):
        of = tasks["a"].domain == number
        found = [tasks[name].right[of] for name in "abc"]
        pi0 = UNSOLVABLE[domain]
        both = (1 - pi0) * pairs(abilities(RIGHT[domain], pi0), SHARES[domain])
        for i, own in enumerate(found):
            assert holds(own, RIGHT[domain][i])
        for i, j in combinations(range(3), 2):
            assert holds(found[i] & found[j], both[i, j])

    def test_a_cascade_of_them(self, tasks, number, domain):
        chain = cascade_of(RIGHT[domain], SHARES[domain], 0.1, (0.0,) * 3, UNSOLVABLE[domain])
        own = tasks["chain"][tasks["chain"].domain == number]
        assert holds(own.right, chain.right)
        for calls in (2, 3):
            assert holds(own.calls >= calls, chain.asked[calls - 1])

    def test_predicted_as_it_is_found(self, scenario, tasks, number, domain):
        foretold = {p.measure: p.value for p in predictions(judged(load(scenario))) if p.domain == domain}
        found = np.stack([tasks[name].right[tasks[name].domain == number] for name in "abc"])
        assert holds(found.any(axis=0), foretold["any right (oracle)"])
        assert holds(found.sum(axis=0) > 1, foretold["most right"])
        assert holds(found[2][found[0] == 0], foretold["c right if a wrong"])
