"""Judged answers in whole runs: what ordinary scenarios find is what tables and closed forms say.

All tolerances are three standard errors of the tasks that ran.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from fleetsim.quality.exact.cascade import cascade_of
from fleetsim.study.run import simulate

SCENARIO = """\
name: judged
seed: 20261125
horizon: 1000 s
drain: 60 s
warm_up: 0 s
samples: 10
workload:
  arrivals: {kind: poisson, rate: 150 per s}
  classes:
    chat: {prompt: 40 tokens, output: 4 tokens, domains: {math: 1, code: 2}}
quality:
  every_domain: {rho_between: 0.62, rho_family: 0}
  domains: {math: {unsolvable: 5 %}}
  models: {weak: {blank_share: 0}}  # a blank answer is seen to be wrong: the judge of the closed form knows of none
  accuracy: {weak: {math: 0.45, code: 0.681}, strong: {math: 0.7, code: 0.806}}
architectures:
  monolith:
    pools: {strong: {steps: {base: 1 ms}, replicas: 4, price: $10 per h}}
    workflow: {kind: single, pool: strong}
  cascade:
    pools:
      weak: {steps: {base: 1 ms}, replicas: 4, price: $1 per h}
      strong: {steps: {base: 1 ms}, replicas: 4, price: $10 per h}
    workflow:
      kind: graph
      nodes:
        ask: {kind: call, pool: weak, next: judge}
        judge: {kind: verify, errors: 10 %, passes: done, fails: again}
        again: {kind: call, pool: strong, next: done}
        done: end
  random:
    pools:
      weak: {steps: {base: 1 ms}, replicas: 4, price: $1 per h}
      strong: {steps: {base: 1 ms}, replicas: 4, price: $10 per h}
    workflow:
      kind: graph
      nodes:
        choose: {kind: select, to: [small, large], shares: {small: 30 %, large: 70 %}}
        small: {kind: call, pool: weak, next: done}
        large: {kind: call, pool: strong, next: done}
        done: end
"""
ACCURACY = {"weak": (0.45, 0.681), "strong": (0.7, 0.806)}
UNSOLVABLE = (0.05, 0.0)
MATH = 1 / 3


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("judged") / "judged.yaml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture(scope="module")
def arms(scenario: Path):
    return {arm.name: arm for arm in simulate(scenario).arms}


def tasks(arm) -> np.recarray:
    return arm.runs[0].records.tasks


def error(values: np.ndarray) -> float:
    return 3 * float(values.std()) / np.sqrt(len(values))


@pytest.mark.parametrize("arm", ["monolith", "cascade", "random"])
def test_every_models_share_of_right_answers_is_that_of_the_table(arms, arm):
    """Of calls that every task makes: those of a cascade's strong model are harder than average."""
    calls, domain = arms[arm].runs[0].records.calls, tasks(arms[arm]).domain
    names = arms[arm].runs[0].facts.judged_models
    first = calls[(calls.node == 0) if arm == "cascade" else (calls.model >= 0)]
    for model in np.unique(first.model):
        for number in (0, 1):
            own = first[(first.model == model) & (domain[first.task] == number)]
            assert own.right.mean() == pytest.approx(ACCURACY[names[model]][number], abs=error(own.right))


def test_a_cascade_is_right_and_asks_as_often_as_the_closed_form_says(arms):
    chains = [
        cascade_of([ACCURACY[m][d] for m in ("weak", "strong")], 0.62, 0.1, (0.0, 0.0), UNSOLVABLE[d]) for d in (0, 1)
    ]
    found = tasks(arms["cascade"])
    for number, chain in enumerate(chains):
        own = found[found.domain == number]
        assert own.right.mean() == pytest.approx(chain.right, abs=error(own.right))
        asked = (own.calls == 2).astype(float)
        assert asked.mean() == pytest.approx(chain.asked[1], abs=error(asked))
    both = MATH * chains[0].asked[1] + (1 - MATH) * chains[1].asked[1]
    assert arms["cascade"].value("escalation_rate") == pytest.approx(both, abs=3 * 0.5 / np.sqrt(len(found)))


def test_a_random_choice_recovers_its_share_of_the_gap(arms):
    weak, strong = (MATH * ACCURACY[m][0] + (1 - MATH) * ACCURACY[m][1] for m in ("weak", "strong"))
    found = tasks(arms["random"]).right
    assert found.mean() == pytest.approx(0.3 * weak + 0.7 * strong, abs=error(found))
    assert arms["random"].value("answer_share", "pool strong") == pytest.approx(0.7, abs=3 * 0.46 / np.sqrt(len(found)))


def test_all_architectures_see_the_same_draws(arms):
    """Whatever a model was asked in two architectures it answered alike: same task, part, sample; same bytes."""

    def answers(arm: str, of: set[int]) -> dict[int, int]:
        calls = arms[arm].runs[0].records.calls
        strong = calls[(calls.model == 1) & np.isin(calls.task, list(of))]
        return dict(zip(strong.task.tolist(), strong.right.tolist(), strict=True))

    calls = arms["cascade"].runs[0].records.calls
    shared = set(calls.task[calls.model == 1].tolist())
    drawn = [np.array(sorted(answers(arm, shared).items())).tobytes() for arm in ("monolith", "cascade")]
    assert len(shared) > 50_000
    assert len({hashlib.sha256(one).hexdigest() for one in drawn}) == 1


def test_difficult_tasks_are_those_that_fail(arms):
    for arm in arms.values():
        by_decile = [arm.value("accuracy", f"difficulty decile {decile}") for decile in range(1, 11)]
        assert by_decile == sorted(by_decile, reverse=True)
        assert by_decile[0] > 0.93
        assert by_decile[-1] < 0.4


def test_pairing_takes_three_quarters_of_the_variance_of_a_comparison_away(arms, scenario):
    other = {arm.name: arm for arm in simulate(scenario, sets=["seed=4"]).arms}
    cascade, paired, apart = (
        tasks(a).right.astype(float) for a in (arms["cascade"], arms["monolith"], other["monolith"])
    )
    length = min(len(cascade), len(apart))
    assert (cascade[:length] - apart[:length]).var() / (cascade - paired).var() >= 4


def test_both_engines_judge_alike(scenario):
    core, reference = (simulate(scenario, engine=name, sets=["horizon=2 s"]).arms for name in ("core", "reference"))
    for one, other in zip(core, reference, strict=True):
        for table in ("tasks", "calls"):
            ours, theirs = (getattr(arm.runs[0].records, table) for arm in (one, other))
            assert np.array_equal(ours, theirs)
