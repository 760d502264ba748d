"""Fits to outcomes that are known: drawn from the model itself, and a sample of RouterBench."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from qualities import tables

from fleetsim.errors import FleetsimError, InputFaults
from fleetsim.quality.block import quality_block
from fleetsim.quality.exact.groups import counts
from fleetsim.quality.fit import fit, independent
from fleetsim.quality.heldout import check, observed, predicted
from fleetsim.quality.judged import judged
from fleetsim.quality.outcomes import Outcomes, read_outcomes
from fleetsim.quality.sampling import draw_answers, draw_lengths
from fleetsim.scenario import load
from fleetsim.scenario.quality import QualitySettings
from fleetsim.scenario.read import write

ACCURACY = [0.35, 0.5, 0.62, 0.7, 0.81]
FAMILIES = {"m0": "x", "m1": "x", "m2": "y", "m3": "y"}
SCENARIO = """\
name: fitted
horizon: 20 s
workload:
  arrivals: {kind: poisson, rate: 20 per s}
  classes: {chat: {prompt: 40 tokens, output: 10 tokens}}
architectures:
  one:
    pools: {m0: {steps: {base: 4 ms}}}
    workflow: {kind: single, pool: m0}
"""
ROUTERBENCH = Path(__file__).parents[1] / "data" / "routerbench_subset.csv.gz"


def drawn(tasks: int = 12_000, common: list[float] | None = None, **domain: float) -> Outcomes:
    quality = tables(ACCURACY, families=["x", "x", "y", "y", "z"], common=common, **domain)
    right = [draw_answers(quality, 11, 0, tasks, 0, model, 0, 1, 0.0)[0] for model in range(len(ACCURACY))]
    cost_usd = np.stack([draw_lengths(quality, 11, 0, tasks, 0, model) for model in range(len(ACCURACY))], axis=1)
    return Outcomes(
        tuple(f"m{n}" for n in range(len(ACCURACY))),
        ("all",),
        np.zeros(tasks, int),
        np.concatenate(right, axis=1),
        cost_usd,
    )


class TestFit:
    @pytest.mark.parametrize(
        ("rho_between", "rho_family", "unsolvable"), [(0.6, 0.0, 0.0), (0.4, 0.15, 0.0), (0.55, 0.05, 0.1)]
    )
    def test_it_finds_what_outcomes_were_drawn_from(self, rho_between, rho_family, unsolvable):
        outcomes = drawn(rho_between=rho_between, rho_family=rho_family, unsolvable=unsolvable)
        found = fit(outcomes, FAMILIES)
        ties = found.all_domains
        assert found.accuracy[:, 0] == pytest.approx(ACCURACY, abs=3 * 0.5 / np.sqrt(12_000))
        assert ties.rho_between == pytest.approx(rho_between, abs=0.03)
        assert ties.rho_family == pytest.approx(rho_family, abs=0.03)
        assert ties.unsolvable == pytest.approx(unsolvable, abs=0.015)

    def test_lengths_follow_difficulty_as_they_were_drawn(self):
        sigma, kappa = fit(drawn()).coupling
        # what the task itself brings, a quarter of the variance, is in the workload's lengths, not in the factor drawn
        assert sigma * kappa == pytest.approx(0.45 * 0.38, rel=0.05)
        assert sigma == pytest.approx(0.45 * np.sqrt(0.75), rel=0.03)

    def test_the_joint_success_of_pairs_is_matched(self):
        outcomes = drawn(rho_between=0.5)
        found = fit(outcomes)
        tied = found.all_domains.rho_between, found.all_domains.unsolvable
        pairs = [(i, j) for i in range(5) for j in range(i)]
        both = sum(float((outcomes.right[:, i] & outcomes.right[:, j]).mean()) for i, j in pairs)
        expected = sum(counts(found.accuracy[[i, j], 0], *tied)[2] for i, j in pairs)
        assert expected == pytest.approx(both, abs=1e-4)

    def test_independence_is_the_same_model_without_correlation(self):
        found = independent(fit(drawn()))
        assert predicted(found, (0, 4))["oracle of 2"] == pytest.approx(
            1 - (1 - found.accuracy[0, 0]) * (1 - found.accuracy[4, 0])
        )

    @pytest.mark.parametrize("unsolvable", [0.0, 0.1])
    @pytest.mark.parametrize("common", [[0.8, 0.6, 0.45, 0.3, 0.15], [0.6, 0.5, -0.4, 0.3, 0.0]])
    def test_it_finds_what_each_model_had_in_common_with_the_others(self, common, unsolvable):
        found = fit(drawn(common=common, rho_family=0.0, unsolvable=unsolvable))
        assert found.common[:, 0] == pytest.approx(common, abs=0.06)
        right = drawn(24_000, common=common, rho_family=0.0, unsolvable=unsolvable).right
        for pair in combinations(range(5), 2):
            both = counts(found.accuracy[list(pair), 0], found.shares(pair, 0), found.all_domains.unsolvable)[2]
            assert both == pytest.approx(right[:, list(pair)].all(axis=1).mean(), abs=0.01)

    def test_models_that_are_alike_are_found_alike(self):
        found = fit(drawn(rho_between=0.5, rho_family=0.0))
        assert found.common[:, 0] == pytest.approx(np.full(5, 0.5), abs=0.04)

    def test_what_is_chance_is_taken_off(self):
        """Most sets of 150 queries say of models that are alike that they are; the likeliest shares lie 0.32 apart."""
        outcomes = drawn(3_000, rho_between=0.5, rho_family=0.0)
        sets = [outcomes.queries(np.arange(first, first + 150)) for first in range(0, 3_000, 150)]
        apart = [np.ptp(fit(few).common[:, 0]) for few in sets]
        assert np.median(apart) < 0.1
        assert np.mean(apart) < 0.15

    def test_two_models_and_few_queries_have_one_correlation(self):
        outcomes = drawn(common=[0.8, 0.6, 0.45, 0.3, 0.15])
        pair = replace(outcomes, models=outcomes.models[:2], right=outcomes.right[:, :2], cost_usd=None)
        few = outcomes.queries(np.arange(99))
        for found in (fit(pair), fit(few)):
            assert set(found.common[:, 0]) == {found.all_domains.rho_between}

    def test_where_families_explain_it_models_have_none_of_their_own(self):
        found = fit(drawn(rho_between=0.4, rho_family=0.15), FAMILIES)
        assert found.all_domains.rho_family > 0
        assert set(found.common[:, 0]) == {found.all_domains.rho_between}

    def test_a_model_that_was_hardly_asked_is_as_the_mean(self):
        outcomes = drawn(2_000, common=[0.8, 0.6, 0.45, 0.3, 0.15], rho_family=0.0)
        outcomes.right[150:, 2] = -1
        shares = fit(outcomes).common[:, 0]
        assert 0.15 < shares[2] < 0.8
        assert shares[[0, 1, 3, 4]] == pytest.approx([0.8, 0.6, 0.3, 0.15], abs=0.15)

    def test_too_little_is_refused(self):
        with pytest.raises(FleetsimError, match="two models"):
            fit(Outcomes(("a",), ("all",), np.zeros(50, int), np.ones((50, 1), np.int8)))
        with pytest.raises(FleetsimError, match="no domain has 20 queries"):
            fit(Outcomes(("a", "b"), ("all",), np.zeros(5, int), np.ones((5, 2), np.int8)))

    def test_models_that_are_always_right_are_no_trouble(self):
        right = np.ones((100, 3), np.int8)
        right[:40, 0] = 0
        found = fit(Outcomes(("a", "b", "c"), ("all",), np.zeros(100, int), right))
        assert found.all_domains.unsolvable == 0.0
        assert 0 <= found.all_domains.rho_between <= 1


class TestBlock:
    def test_it_is_a_block_of_the_scenario_language(self):
        block = quality_block(fit(drawn(), FAMILIES))["quality"]
        settings = QualitySettings.model_validate(block)
        assert settings.models["m0"].family == "x"
        assert settings.accuracy["m4"] == pytest.approx(0.81, abs=0.02)

    def test_for_real_outcomes(self):
        found = fit(read_outcomes(ROUTERBENCH, "routerbench"))
        settings = QualitySettings.model_validate(quality_block(found)["quality"])
        assert len(settings.accuracy) == 11
        assert set(settings.accuracy["gpt-4-1106-preview"]) == {"mbpp", "arc-challenge", "winogrande"}
        shares = {model: settings.models[model].own_share("winogrande") for model in settings.models}
        assert shares["claude-v1"] < -0.5 < 0.5 < shares["claude-instant-v1"]

    @pytest.mark.parametrize("common", [[0.7, 0.55, -0.4, 0.3, 0.2], [0.98, 0.95, 0.9, 0.85, 0.93]])
    def test_outcomes_to_a_scenario_and_back(self, tmp_path, common):
        """What the block says is what its answers show again, also where models are more alike than samples of one."""
        found = fit(drawn(common=common, rho_family=0.0))
        path = tmp_path / "fitted.yaml"
        path.write_text(SCENARIO + write(quality_block(found)))
        quality = judged(load(path)).tables
        assert quality.common[:, 0] == pytest.approx(found.common[:, 0], abs=0.001)
        right = [draw_answers(quality, 7, 0, 12_000, 0, model, 0, 1, 0.0)[0] for model in range(5)]
        again = fit(Outcomes(found.models, ("all",), np.zeros(12_000, int), np.concatenate(right, axis=1)))
        assert again.accuracy == pytest.approx(found.accuracy, abs=3 * 0.5 / np.sqrt(12_000))
        assert again.common == pytest.approx(found.common, abs=0.06)


@pytest.fixture(scope="module")
def scores():
    return {s.measure: s for s in check(read_outcomes(ROUTERBENCH, "routerbench"), splits=16, sets=30)}


class TestHeldOut:
    """A subset of RouterBench, 1,573 queries: one half predicted from the other, over random sets of models."""

    def test_fitted_is_better_than_independent_in_everything(self, scores):
        assert len(scores) == 12
        for score in scores.values():
            assert score.fitted < score.independent, score

    @pytest.mark.parametrize(
        ("measure", "error", "floor"), [("oracle of 5", 1.24, 0.93), ("most of 5 right", 2.30, 0.73)]
    )
    def test_errors_beyond_chance_are_no_more_than_published(self, scores, measure, error, floor):
        """Published for more queries, so what chance adds (floor) is taken off on both sides."""
        found = scores[measure]
        assert found.fitted**2 - found.floor**2 <= error**2 - floor**2

    @pytest.mark.parametrize(("measure", "error"), [("oracle of 2", 2.58), ("strong right if weak wrong", 6.70)])
    def test_errors_of_pairs_are_no_more_than_published(self, scores, measure, error):
        """One correlation a domain is above them: pairs on Winogrande correlate from -0.99 to 0.97."""
        assert scores[measure].fitted <= error < scores[measure].alike

    def test_the_floor_is_what_the_first_half_says_of_the_second(self):
        outcomes = read_outcomes(ROUTERBENCH, "routerbench")
        whole = observed(outcomes, (0, 4))
        right = outcomes.right[:, [0, 4]]
        assert whole["oracle of 2"] == pytest.approx((right.max(axis=1)).mean())
        assert whole["cascade, judge error 0"] == pytest.approx((right.max(axis=1)).mean())
        taken = np.where(right[:, 0] == 1, 0.8, 0.2)
        assert whole["cascade, judge error 0.2"] == pytest.approx(
            (0.8 * right[:, 0] + (1 - taken) * right[:, 1]).mean()
        )
        cost = outcomes.cost_usd[:, 0] + (1 - taken) * outcomes.cost_usd[:, 4]
        assert whole["cost of it, judge error 0.2"] == pytest.approx(cost.mean())


class TestReading:
    def test_wide_long_and_parquet_are_the_same(self, tmp_path):
        import pyarrow as pa
        from pyarrow import parquet

        wide, long = tmp_path / "wide.csv", tmp_path / "long.csv"
        wide.write_text("query,domain,a,b\n1,x,1,0\n2,x,,1\n3,y,1,true\n")
        long.write_text("query,domain,model,right\n1,x,a,1\n1,x,b,0\n2,x,b,1.0\n3,y,a,1\n3,y,b,1\n")
        columns = {"query": [1, 2, 3], "domain": ["x", "x", "y"], "a": [1, None, 1], "b": [0, 1, 1]}
        parquet.write_table(pa.table(columns), tmp_path / "wide.parquet")
        for path in (wide, long, tmp_path / "wide.parquet"):
            found = read_outcomes(path, path.name)
            assert (found.models, found.domains, found.domain.tolist()) == (("a", "b"), ("x", "y"), [0, 0, 1])
            assert found.right.tolist() == [[1, 0], [-1, 1], [1, 1]]
            assert found.of(("a", "b"), "x").tolist() == [[1, 0]]

    @pytest.mark.parametrize(
        ("text", "line", "says"),
        [
            ("", 1, "has no rows"),
            ("a,b\n1,2\n", 2, "'2' is no outcome"),
            ("a,a\n1,1\n", 1, "two columns of one title"),
            ("query,model,right\n1,a,1\n1,a,0\n", 3, "a has answered query 1 already"),
            ("query,model,right\n1,,1\n", 2, "names no model"),
            ("query,model,right,cost_usd\n1,a,1,dear\n", 2, "'dear' is no cost"),
        ],
    )
    def test_faults(self, tmp_path, text, line, says):
        (tmp_path / "o.csv").write_text(text)
        with pytest.raises(InputFaults) as caught:
            read_outcomes(tmp_path / "o.csv", "o.csv")
        assert [(f.file, f.line) for f in caught.value.faults if says in f.what] == [("o.csv", line)], caught.value

    def test_what_is_no_parquet(self, tmp_path):
        (tmp_path / "o.parquet").write_text("no")
        with pytest.raises(InputFaults, match="cannot be read as Parquet"):
            read_outcomes(tmp_path / "o.parquet", "o.parquet")
