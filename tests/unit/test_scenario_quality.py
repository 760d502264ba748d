"""The `quality` block: what it means, and every fault in it at its line."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import numpy as np
import pytest

from fleetsim import planning
from fleetsim.errors import InputFaults
from fleetsim.quality.judged import Judged, judged
from fleetsim.scenario import json_schema, load
from fleetsim.scenario.quality import DomainQuality, ModelQuality, QualitySettings, settled
from fleetsim.scenario.read import parse
from fleetsim.study.run import prepare

BASE = """\
name: judged
horizon: 20 s
workload:
  arrivals: {kind: poisson, rate: 20 per s}
  classes:
    chat: {prompt: 40 tokens, output: 10 tokens, domains: {math: 1, code: 2}}
architectures:
  one:
    pools: {big: {steps: {base: 4 ms}}}
    workflow: {kind: single, pool: big}
  two:
    pools: {small: {steps: {base: 1 ms}}, big: {steps: {base: 4 ms}}}
    workflow: {kind: single, pool: small}
"""
QUALITY = "quality: {accuracy: {small: {math: 0.5, code: 0.4}, big: 0.8}}\n"


def written(folder: Path, more: str = "", base: str = BASE) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(base + more)
    return path


def table(folder: Path, more: str = "", base: str = BASE) -> Judged:
    return judged(load(written(folder, more, base)))


class TestWhoIsJudged:
    def test_nobody_without_a_block_and_without_accuracies(self, tmp_path):
        loaded = load(written(tmp_path))
        found = judged(loaded)
        assert found.names == ()
        assert len(found.tables.models) == 0
        plan = planning.plan_architecture(
            loaded.scenario, "two", planning.equip(loaded), prepare(loaded).arms[0].tasks(1), 1
        )
        assert set(plan.pools.model) == {-1}

    def test_one_order_of_models_for_all_architectures(self, tmp_path):
        found = table(tmp_path, QUALITY)
        assert found.names == ("small", "big")
        assert found.row("one", "big") == found.row("two", "big") == 1
        assert found.row("two", "small") == found.row("two", "small.prefill") == 0
        assert found.row("two", "nobody") == -1
        assert found.accuracy.tolist() == [[0.5, 0.4], [0.8, 0.8]]
        assert found.ability(0, 0) == 0.0

    def test_the_plan_carries_rows_and_tables(self, tmp_path):
        study = prepare(load(written(tmp_path, QUALITY)))
        arm = study.arms[1]
        plan = planning.plan_architecture(
            arm.loaded.scenario, arm.architecture, arm.equipment, arm.tasks(1), 1, arm.judged
        )
        assert plan.pools.model.tolist() == [0, 1]
        assert plan.quality is arm.judged.tables
        assert plan.domains == 2

    def test_a_pools_own_accuracy_makes_a_model_of_its_name(self, tmp_path):
        base = BASE.replace("{small: {steps: {base: 1 ms}}", "{small: {steps: {base: 1 ms}, accuracy: 0.6}")
        found = table(tmp_path, base=base)
        assert found.names == ("small",)
        assert found.row("one", "big") == -1
        was = "big: {steps: {base: 4 ms}}}\n    workflow: {kind: single, pool: big}"
        now = "small: {steps: {base: 1 ms}, accuracy: 0.7}}\n    workflow: {kind: single, pool: small}"
        also = base.replace(was, now, 1)
        assert table(tmp_path, base=also).names == ("small", "small (two)")

    def test_judged_as_names_a_model(self, tmp_path):
        base = BASE.replace("{big: {steps: {base: 4 ms}}}", "{fast: {steps: {base: 4 ms}, judged_as: small}}")
        found = table(tmp_path, QUALITY, base.replace("pool: big", "pool: fast"))
        assert found.row("one", "fast") == found.row("two", "small") == 0

    def test_a_table_in_a_file_and_what_the_scenario_says_above_it(self, tmp_path):
        (tmp_path / "scores.csv").write_text("model,domain,accuracy\nbig,math,90 %\nbig,programs,0.7\nsmall,math,0.3\n")
        more = "quality:\n  table: scores.csv\n  accuracy: {small: 0.2}\n  domains: {code: {capability: programs}}\n"
        found = table(tmp_path, more)
        assert found.names == ("small", "big")
        assert found.accuracy.tolist() == [[0.2, 0.2], [0.9, 0.7]]
        assert {row[:3]: row[3] for row in found.sources}["big", "code", 0.7] == "scores.csv"

    def test_recorded_outcomes_are_replayed(self, tmp_path):
        (tmp_path / "o.csv").write_text("query,domain,big,small\n1,math,1,0\n2,math,1,\n3,code,0,1\n4,code,1,1\n")
        found = table(tmp_path, "quality: {outcomes: o.csv}\n")
        assert found.tables.outcomes.tolist() == [[1, 0], [0, 1], [1, 1]]
        assert found.tables.outcome_rows.tolist() == [[0, 1], [1, 2]]
        assert found.accuracy.tolist() == [[1.0, 0.5], [0.0, 1.0]]
        assert found.shared_ease == ()
        assert found.notes == ("outcomes of math: 1 of 2 queries left out, not every model answered them",)

    def test_families_are_those_of_the_profiles_without_their_version(self, tmp_path):
        base = BASE.replace("{steps: {base: 4 ms}}", "{model: llama-3.1-8b, hardware: h100}")
        base = base.replace("{steps: {base: 1 ms}}", "{model: llama-3.2-1b, hardware: l4}")
        more = "quality: {accuracy: {llama-3.1-8b: 0.5, llama-3.2-1b: 0.3, gpt-oss-20b: 0.6}}\n"
        first, second, third = table(tmp_path, more, base).tables.models.family.tolist()
        assert first == second != third


class TestWhatModelsHaveInCommon:
    OWN = QUALITY.replace(
        "{accuracy", "{models: {big: {rho_between: {code: -0.2}}, small: {rho_between: 80 %}}, accuracy"
    )

    def test_without_a_word_it_is_the_domains(self, tmp_path):
        found = table(tmp_path, QUALITY.replace("{accuracy", "{domains: {code: {rho_between: 0.5}}, accuracy")).tables
        assert found.common.tolist() == [[0.6, 0.5]] * 2
        assert found.common_task.tolist() == [[0.3, 0.3]] * 2

    def test_a_models_own_goes_before_with_an_equal_part_for_the_task(self, tmp_path):
        found = table(tmp_path, self.OWN)
        assert found.tables.common.tolist() == [[0.8, 0.8], [0.6, -0.2]]
        assert found.tables.common_task == pytest.approx(np.array([[0.4, 0.4], [0.3, 0.1]]))
        assert found.shared_ease == ((0.3, 0.3), (0.3, 0.3))

    def test_it_is_there_where_others_have_nothing_in_common(self, tmp_path):
        found = table(tmp_path, self.OWN.replace("{models", "{every_domain: {rho_between: 0}, models"))
        assert found.tables.common.tolist() == [[0.8, 0.8], [0.0, -0.2]]
        assert found.tables.common_task.tolist() == [[0.0, 0.0]] * 2
        assert found.shared_ease == ((0.0, 1.0), (0.0, 1.0))

    def test_it_is_shown_and_loads_again(self, tmp_path):
        loaded = load(written(tmp_path, self.OWN))
        (tmp_path / "again.yaml").write_text(loaded.resolved())
        assert load(tmp_path / "again.yaml").scenario == loaded.scenario
        jsonschema.Draft202012Validator(json_schema()).validate(parse(self.OWN, "block").data | parse(BASE, "b").data)


class TestDefaults:
    def test_they_are_the_measured_ones(self):
        figures = settled(QualitySettings(), "math")
        assert (figures.rho_between, figures.rho_family, figures.rho_parts, figures.unsolvable) == (0.6, 0.05, 0.3, 0)
        assert (figures.votes, figures.same_wrong, figures.options) == (True, 0.30, 14)

    @pytest.mark.parametrize(("options", "same"), [(14, 0.30), (9, 0.35), (3, 0.60), (1, 1.0)])
    def test_wrong_answers_agree_more_where_there_are_few(self, options, same):
        settings = QualitySettings(every_domain=DomainQuality(options=options))
        assert settled(settings, "any").same_wrong == pytest.approx(same)

    def test_a_default_gives_way_to_what_is_written(self):
        low, high = (settled(QualitySettings(every_domain=DomainQuality(rho_between=r)), "any") for r in (0.2, 0.98))
        assert low.rho_parts == 0.2
        assert high.rho_family == pytest.approx(0.02)
        own = QualitySettings(models={"small": ModelQuality(rho_between=-0.97)})
        assert settled(own, "any").rho_family == pytest.approx(0.03)

    def test_a_domain_overrides_every_domain(self):
        settings = QualitySettings(
            every_domain=DomainQuality(rho_between=0.5, answer="open"), domains={"math": DomainQuality(answer="unique")}
        )
        assert settled(settings, "math").votes
        assert settled(settings, "math").rho_between == settled(settings, "code").rho_between == 0.5
        assert not settled(settings, "code").votes


def test_it_is_shown_with_defaults_and_loads_again(tmp_path):
    loaded = load(written(tmp_path, QUALITY))
    again = tmp_path / "again.yaml"
    again.write_text(loaded.resolved())
    assert load(again).scenario == loaded.scenario
    jsonschema.Draft202012Validator(json_schema()).validate(parse(loaded.resolved(), "resolved").data)


BAD = {
    "qualty: {}": (14, "qualty", "did you mean 'quality'"),
    "quality: {rho: 0.5}": (14, "quality.rho", "no key 'rho'"),
    "quality: {domains: {maths: {}}}": (14, "quality.domains.maths", "did you mean 'math'"),
    "quality:\n  every_domain: {rho_between: 0.2, rho_parts: 0.4}": (
        15,
        "quality.every_domain.rho_parts",
        "above rho_between (0.2)",
    ),
    "quality:\n  domains:\n    math: {rho_between: 0.8, rho_family: 0.3}": (
        16,
        "quality.domains.math.rho_family",
        "makes 1.1 with rho_between",
    ),
    "quality: {every_domain: {options: 3, same_wrong: 0.2}}": (14, "quality.every_domain.same_wrong", "below 0.333"),
    "quality: {every_domain: {options: 20}}": (14, "quality.every_domain.options", "20 is above 14"),
    "quality: {every_domain: {answer: free}}": (14, "quality.every_domain.answer", "write one of open, unique"),
    "quality: {every_domain: {unsolvable: 1}}": (14, "quality.every_domain.unsolvable", "no task that can be solved"),
    "quality: {accuracy: {big: 1.5}}": (14, "quality.accuracy.big", "is above 1"),
    "quality: {accuracy: {big: {maths: 0.5}}}": (14, "quality.accuracy.big.maths", "did you mean 'math'"),
    "quality: {every_domain: {unsolvable: 0.3}, accuracy: {big: 0.8}}": (
        14,
        "quality.accuracy.big",
        "more than the 0.7 of math that is solvable",
    ),
    "quality: {models: {bgi: {}}}": (14, "quality.models.bgi", "did you mean 'big'"),
    "quality: {models: {big: {rho_within: 0.4}}}": (
        14,
        "quality.models.big.rho_within",
        "below rho_between + rho_family of math (0.65)",
    ),
    "quality: {models: {big: {rho_between: -1.2}}}": (14, "quality.models.big.rho_between", "is below -1"),
    "quality: {models: {big: {rho_between: {maths: 0.5}}}}": (
        14,
        "quality.models.big.rho_between.maths",
        "did you mean 'math'",
    ),
    "quality: {every_domain: {rho_family: 0.1}, models: {big: {rho_between: {math: -0.95}}}}": (
        14,
        "quality.models.big.rho_between.math",
        "makes 1.05 with rho_family of math; they add up to 1 at most: write -0.9 or more",
    ),
    "quality: {models: {big: {rho_within: 0.7, rho_between: {code: 0.8}}}}": (
        14,
        "quality.models.big.rho_within",
        "below rho_between + rho_family of code (0.85); write 0.85 or more",
    ),
    "quality: {models: {big: {length: {kappa: 0.9, shared: 0.5}}}}": (
        14,
        "quality.models.big.length",
        "kappa^2 + shared is 1.31",
    ),
    "quality: {outcomes: o.csv, accuracy: {big: 0.5}}": (14, "quality.accuracy", "stands beside `outcomes`"),
}


@pytest.mark.parametrize("more", BAD)
def test_fault_names_line_path_and_mend(tmp_path, more):
    line, place, says = BAD[more]
    with pytest.raises(InputFaults) as caught:
        load(written(tmp_path, f"{more}\n"))
    assert [(f.line, f.path) for f in caught.value.faults if says in f.what] == [(line, place)], str(caught.value)


@pytest.mark.parametrize(
    ("pool", "path", "says"),
    [
        ("accuracy: {math: 0.5}", "accuracy", "no share for domain 'code'"),
        ("accuracy: {math: 0.5, code: 0.5, law: 0.5}", "accuracy.law", "no domain 'law'"),
        ("accuracy: 0.5, judged_as: small", "judged_as", "stands beside `accuracy`"),
        ("judged_as: small", "judged_as", "needs a `quality` block"),
    ],
)
def test_faults_of_pools(tmp_path, pool, path, says):
    base = BASE.replace("{big: {steps: {base: 4 ms}}}", f"{{big: {{steps: {{base: 4 ms}}, {pool}}}}}")
    with pytest.raises(InputFaults) as caught:
        load(written(tmp_path, base=base))
    found = [fault for fault in caught.value.faults if says in fault.what]
    assert [(f.line, f.path) for f in found] == [(9, f"architectures.one.pools.big.{path}")], str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("model,domian,accuracy\n", 1, "did you mean 'domian'"),
        ("model,domain,accuracy\nbig,math,many\n", 2, "is not a fraction"),
        ("model,domain,accuracy\nbig,math,1.5\n", 2, "1.5 is no share"),
        ("model,domain,accuracy\nbig,math,0.5\nbig,math,0.6\n", 3, "says again"),
        ("model,domain,accuracy\n,math,0.5\n", 2, "no model or no domain"),
    ],
)
def test_faults_of_a_table(tmp_path, text, line, says):
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(InputFaults) as caught:
        table(tmp_path, "quality: {table: scores.csv}\n")
    assert [(f.file, f.line) for f in caught.value.faults if says in f.what] == [("scores.csv", line)], caught.value


def test_files_are_beside_the_scenario(tmp_path):
    with pytest.raises(InputFaults, match=r"scenario.yaml:14  quality.table  '/etc/passwd' is absolute"):
        table(tmp_path, "quality: {table: /etc/passwd}\n")


VERIFIED = """\
name: judged
horizon: 20 s
workload:
  arrivals: {kind: poisson, rate: 20 per s}
  classes:
    chat: {prompt: 40 tokens, output: 10 tokens, domains: {math: 1, code: 2}}
architectures:
  one:
    pools: {small: {steps: {base: 1 ms}}}
    workflow:
      kind: graph
      nodes:
        ask: {kind: call, pool: small, next: judge}
        judge: {kind: verify, auc: 0.8, accepts: 0.9, passes: done, fails: again}
        again: {kind: call, pool: small, next: done}
        done: end
"""


class TestWhatWorkflowsNeed:
    def fault(self, folder: Path, more: str = "", base: str = VERIFIED) -> str:
        with pytest.raises(InputFaults) as caught:
            planning.judge(load(written(folder, more, base)))
        [fault] = caught.value.faults
        return f"{fault.line} {fault.path}: {fault.what}"

    def test_a_verifier_needs_judged_answers(self, tmp_path):
        found = self.fault(tmp_path)
        assert found.startswith("9 architectures.one.pools.small: the workflow verifies answers")
        assert "write `accuracy: 0.7` there" in found
        assert planning.judge(load(written(tmp_path, QUALITY, VERIFIED))).names == ("small", "big")

    def test_so_does_every_pool_that_solves_where_there_is_a_block(self, tmp_path):
        assert planning.judge(load(written(tmp_path))).names == ()
        found = self.fault(tmp_path, "quality: {accuracy: {small: {math: 0.5}, big: 0.5}}\n", BASE)
        assert "the scenario has a `quality` block, but nothing says how often its answers are right in code;" in found

    def test_open_answers_have_no_vote(self, tmp_path):
        voting = VERIFIED.partition("    workflow:")[0] + (
            "    workflow:\n      kind: graph\n      nodes:\n"
            "        fork: {kind: fork, to: [ask, ask, ask], join: vote}\n"
            "        ask: {kind: call, pool: small, next: vote}\n"
            "        vote: {kind: join, rule: vote, next: done}\n        done: end\n"
        )
        assert planning.judge(load(written(tmp_path, QUALITY, voting))).names == ("small", "big")
        more = QUALITY.replace("{acc", "{domains: {code: {answer: open}}, acc")
        assert "those of code are open" in self.fault(tmp_path, more, voting)
