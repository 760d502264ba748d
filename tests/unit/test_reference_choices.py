"""SELECT by rule in the reference engine: what rules see, what they learn, and what they may not do."""

import math

import numpy as np
import pytest
from plans import build_plan, build_tasks, check, end, loop, options, quality, select, selectors, solve, split, steady

from fleetsim.engine.reference import simulate
from fleetsim.errors import EngineFault
from fleetsim.luck import Stream, bits, normal, uniform
from fleetsim.normal import normal_cdf
from fleetsim.quality import answers
from fleetsim.tables import LANES, Look, SignalOf

CERTAIN = quality([[40.0], [-40.0]])
PAIR = ({"model": 0, "pool": 0, "cost_usd": 2.0}, {"model": 1, "pool": 1, "cost_usd": 0.5, "seconds": 3.0})


def watched(pick=0, **selector):
    """What a rule sees, task by task, and the fields of Plan with that rule; it takes branch `pick` of the task."""
    seen, picks = [], iter(pick if isinstance(pick, list) else [])

    def watch(table, luck, knobs):
        seen.append([row.copy() for row in table])
        return next(picks, pick)

    return seen, selectors(watch, **selector)


def choose(fields, tasks=None, rows=PAIR, judged=CERTAIN, **columns):
    """The outcome of one SELECT by rule between two pools with a model each."""
    nodes = [select([1, 2], selector=0, **columns), solve(0, 3, output_tokens=1), solve(1, 3, output_tokens=1), end()]
    plan = build_plan(
        [steady(model=0, max_num_seqs=1), steady(model=1, max_num_seqs=1)],
        nodes,
        quality=judged,
        options=options(*rows),
        option_ability=np.array([0.1, 0.2, 0.3, 0.4]),
        memory_rows=4,
        **fields,
    )
    return simulate(plan, build_tasks([0]) if tasks is None else tasks)


def test_what_is_known_before_the_run():
    seen, fields = watched(pick=1)
    outcome = choose(fields)
    assert outcome.calls.node.tolist() == [2]
    first, second = seen[0]
    assert (first.cost_usd, first.seconds, second.cost_usd, second.seconds) == (2.0, 0.0, 0.5, 3.0)
    assert (first.right, second.right, first.load, second.load) == (-1, -1, 0, 0)
    assert (first.quality, second.quality) == (normal_cdf(0.1), normal_cdf(0.2))


def test_the_rule_has_luck_and_knobs():
    seen = []

    def ask(table, luck, knobs):
        seen.append((luck, knobs.tolist()))
        return 0

    fields = selectors(ask)
    fields["selector_knobs"][0] = [1, 2, 3, 4]
    choose(fields)
    assert seen == [(bits(1, int(Stream.SELECTOR), 0, 0, 0), [1, 2, 3, 4])]


def test_options_without_a_model_are_unknown():
    seen, fields = watched(bound=True)
    choose(fields, rows=({"pool": 1}, {"model": 1}), informed=0.5)
    first, second = seen[0]
    assert (first.quality, first.signal, first.right) == (-1, 0, -1)
    assert second.signal != 0
    assert (second.right, second.load) == (0, 0)


def test_a_signal_of_its_own_ease():
    judged, informed = quality([[0.0], [0.0]]), 0.6
    seen, fields = watched()
    choose(fields, build_tasks([0] * 5), judged=judged, informed=informed, signal_of=SignalOf.OWN)
    for task, rows in enumerate(seen):
        for model, row in enumerate(rows):
            noise = normal(1 ^ model, int(Stream.SIGNAL), task, 0, 0)
            signal = informed * answers.ease(judged, 1, task, 0, model, 0, 0) + 0.8 * noise
            assert row.signal == pytest.approx(signal, rel=1e-14)
            ability = (0.1, 0.2)[model]
            assert row.quality == pytest.approx(normal_cdf((ability + informed * signal) / 0.8), rel=1e-14)


def test_a_signal_of_an_advantage():
    judged, informed = quality([[0.0], [0.0]]), 0.6
    seen, fields = watched()
    choose(fields, judged=judged, informed=informed, signal_of=SignalOf.ADVANTAGE)
    first, second = seen[0]
    truth = answers.ease(judged, 1, 0, 0, 1, 0, 0) - answers.ease(judged, 1, 0, 0, 0, 0, 0)
    noise = normal(1 ^ 1, int(Stream.SIGNAL), 0, 0, 0)
    assert first.signal == 0
    assert second.signal == pytest.approx(informed * truth / math.sqrt(2 - 2 * 0.3) + 0.8 * noise, rel=1e-14)
    assert (first.quality, second.quality) == (normal_cdf(0.1), normal_cdf(0.2))
    seen, fields = watched()
    choose(fields, rows=({}, PAIR[1]), judged=judged, informed=informed, signal_of=SignalOf.ADVANTAGE)
    assert seen[0][1].signal == 0  # an advantage over nobody


def test_a_bound_sees_what_would_be_right():
    judged = quality([[0.0], [0.0]])
    seen, fields = watched(bound=True)
    outcome = choose(fields, build_tasks([0] * 20), judged=judged)
    assert [int(rows[0].right) for rows in seen] == outcome.calls.right.tolist()
    assert len({rows[1].right for rows in seen}) == 2


def test_load_is_calls_outstanding_per_replica():
    # Two calls at the first pool when the third task comes; at 1000 one of them has ended.
    seen, fields = watched()
    choose(fields, build_tasks([0, 10, 20, 1000]))
    assert [rows[0].load for rows in seen] == [0, 1, 2, 2]
    assert [rows[1].load for rows in seen] == [0, 0, 0, 0]


def test_load_of_a_disaggregated_pool():
    # Prefill 0 to 1000; in transfer to 1500; decoding from then to 2500: one call on three replicas, or none.
    seen, fields = watched()
    nodes = [select([1], selector=0), solve(0, 2, output_tokens=2), end()]
    known = {"options": options({"pool": 0}), "option_ability": np.zeros(1), "memory_rows": 1}
    plan = split({"transfer_latency_ns": 500}, {"replicas": 2}, nodes, **known, **fields)
    simulate(plan, build_tasks([0, 900, 1400, 2490]))
    # At 1400 the first is on its way and the second in its prefill; at 2490 the second is still on its way.
    assert [rows[0].load * 3 for rows in seen] == pytest.approx([0, 1, 1, 2])


def test_a_guessed_domain():
    # Tasks of domain 0 are always taken for 1, those of domain 1 for either.
    judged = quality([[0.0, 0.0], [0.0, 0.0]])
    seen, fields = watched()
    shares = [[0.0, 1.0], [0.5, 1.0]]
    tasks = build_tasks([0] * 20, domain=[0, 1] * 10)
    choose({**fields, "domains": 2}, tasks, judged=judged, shares=shares, guess_offset=0)
    abilities = [0.1, 0.2]
    for task, rows in enumerate(seen):
        guess = 0 if task % 2 and uniform(1, int(Stream.GUESS), task, 0, 0) < 0.5 else 1
        assert [row.quality for row in rows] == [normal_cdf(abilities[guess]), normal_cdf(abilities[guess] + 0.2)]


def test_what_is_learnt():
    # Task 0 takes the first and is right at 1000: reward 1 - 0.25 * 2. Task 1 takes the second, is wrong, tells at
    # 3000: the first's memory is halved; reward 0 - 0.25 * 0.5. Task 2 again the first, 5000.
    seen, fields = watched(pick=[0, 1, 0, 0])
    learns = {"learns": 1, "discount": 0.5, "cost_weight": 0.25}
    choose(fields, build_tasks([0, 2000, 4000, 6000]), **learns)
    memory = [[(row.reports, row.reward) for row in rows] for rows in seen]
    assert memory == [
        [(0.0, 0.0), (0.0, 0.0)],
        [(1.0, 0.5), (0.0, 0.0)],
        [(0.5, 0.25), (1.0, -0.125)],
        [(1.25, 0.625), (0.5, -0.0625)],
    ]


def test_what_is_learnt_of_a_domain():
    # The first option keeps memory by domain (rows 0 and 1), the second for all (row 2).
    judged = quality([[40.0, 40.0], [40.0, 40.0]])
    seen, fields = watched(pick=[0, 0, 1, 0, 0])
    rows = ({"model": 0, "memory": 0, "domains": 2}, {"model": 1, "memory": 2})
    tasks = build_tasks([0, 2000, 4000, 6000, 8000], domain=[0, 1, 1, 0, 1])
    choose({**fields, "domains": 2}, tasks, rows=rows, judged=judged, learns=1, discount=0.5)
    reports = [[row.reports for row in task] for task in seen]
    assert reports == [[0, 0], [0, 0], [1, 0], [1, 1], [0.5, 0.5]]


def test_feedback_may_be_the_wrong_way_round():
    seen, fields = watched()
    choose(fields, build_tasks([2000 * i for i in range(30)]), learns=1, discount=1.0, feedback_error=0.4)
    told = [int(uniform(1, int(Stream.FEEDBACK), task, 0, 0) >= 0.4) for task in range(29)]
    assert [rows[0].reward for rows in seen] == [sum(told[:k]) for k in range(30)]
    assert 0 < sum(told) < 29


@pytest.mark.parametrize("keeps_best", [0, 1])
@pytest.mark.parametrize("error", [0.0, 1.0])
def test_a_task_remembers_the_scores_of_its_own_answers(error, keeps_best):
    # Three answers a task: by the first, the second, the first option; each is scored before the next choice.
    seen, fields = watched(pick=[0, 1, 0, 0, 1, 0])
    learns = {"learns": 2, "discount": 0.5, "cost_weight": 0.25, "feedback_error": error}
    nodes = [
        loop(1, 5, limit=3),
        select([2, 3], selector=0, **learns),
        solve(0, 4, output_tokens=1),
        solve(1, 4, output_tokens=1),
        check(Look.ANSWER, 99.0, 0, 0, separation=2.0, keeps_best=keeps_best),
        end(),
    ]
    known = {"options": options(*PAIR), "option_ability": np.zeros(2), "task_memory_rows": 2, "quality": CERTAIN}
    pools = [steady(model=0, max_num_seqs=1), steady(model=1, max_num_seqs=1)]
    simulate(build_plan(pools, nodes, **known, **fields), build_tasks([0, 9000]))
    for task, own in enumerate((seen[:3], seen[3:])):
        score = answers.score(CERTAIN, 1, task, 0, 0, 0, 1, 2.0)
        worth = abs(error - normal_cdf(score - 1.0)) - 0.25 * 2.0
        wrong = answers.score(CERTAIN, 1, task, 1, 0, LANES, 0, 2.0)
        other = abs(error - normal_cdf(wrong - 1.0)) - 0.25 * 0.5
        memory = [[(row.reports, row.reward) for row in rows] for rows in own]
        assert memory[:2] == [[(0.0, 0.0), (0.0, 0.0)], [(1.0, worth), (0.0, 0.0)]]
        assert memory[2] == [(0.5, 0.5 * worth), (1.0, pytest.approx(other))]


def test_a_task_that_is_not_judged_tells_nothing():
    seen, fields = watched()
    nodes = [select([1], selector=0, learns=1, discount=0.5), solve(0, 2), end()]
    known = {"options": options({}), "option_ability": np.zeros(1), "memory_rows": 1}
    simulate(build_plan([steady()], nodes, **known, **fields), build_tasks([0, 9000]))
    assert [rows[0].reports for rows in seen] == [0, 0]


@pytest.mark.parametrize("branch", [2, -1, math.nan, math.inf])
def test_a_rule_outside_its_branches_stops_the_run(branch):
    def stray(table, luck, knobs):
        return branch

    with pytest.raises(EngineFault, match=f"selector 'stray' of node 0 chose branch {branch} for task 0; .* 0 to 1"):
        choose(selectors(stray))
