"""Judged answers in the reference engine: who is right, what becomes of it, and what the records say.

Models of ability 40 are always right, of ability -40 never. All steps last 1000 ns.
"""

import math

import pytest
from plans import build_plan, build_tasks, call, check, end, fork, join, loop, quality, select, solve, steady

from fleetsim.engine.reference import simulate
from fleetsim.luck import Stream, normal, uniform
from fleetsim.normal import normal_cdf
from fleetsim.quality import answers
from fleetsim.tables import BLANK, LANES, REFUSAL_NS, JoinRule, Look, Status

GOOD, BAD = 0, 1
CERTAIN = quality([[40.0], [-40.0]])


def run(nodes, tasks=None, pools=None, judged=CERTAIN, **settings):
    """The outcome on pools of which the first is always right and the second never."""
    pools = pools or [steady(model=GOOD), steady(model=BAD)]
    return simulate(build_plan(pools, nodes, quality=judged, **settings), build_tasks([0]) if tasks is None else tasks)


def verdict(outcome):
    """(right, flagged) of the only task."""
    (task,) = outcome.tasks
    return task.right, task.flagged


def test_calls_are_judged_by_the_draws_of_the_answers():
    judged = quality([[0.0], [0.3]], unsolvable=0.2, blank_share=0.3)
    nodes = [solve(0, 1, role=2), solve(1, 2, probit=-0.2), end()]
    outcome = run(nodes, build_tasks([0] * 40), judged=judged)
    for c in outcome.calls:
        model, role, probit = ((0, 2, 0.0), (1, 0, -0.2))[c.node]
        easy = answers.ease(judged, 1, c.task, 0, model, role, 0)
        solvable = uniform(1, int(Stream.UNSOLVABLE), c.task, 256 * role, 0) >= 0.2
        assert c.right == int(easy + judged.ability[model, 0] + probit > 0 and solvable)
        assert (c.model, c.role) == (model, role)
    second = outcome.calls[outcome.calls.node == 1]
    assert outcome.tasks.right.tolist() == second.right.tolist()
    blank = [
        right == 0 and uniform(1 ^ 1, int(Stream.BLANK), task, 0, 0) < 0.3
        for task, right in zip(second.task, second.right, strict=True)
    ]
    assert outcome.tasks.flagged.tolist() == [int(b) for b in blank]
    assert 0 < sum(blank) < 40


def test_a_call_that_solves_nothing_says_only_where_and_how_long():
    # Its model is written down, but its answer is not judged: the answer stays that of the first.
    outcome = run([solve(BAD, 1), call(GOOD, 2, answers=0, output_tokens=3), end()])
    assert outcome.calls.right.tolist() == [0, -1]
    assert outcome.calls.model.tolist() == [BAD, GOOD]
    (task,) = outcome.tasks
    assert (task.right, task.answer_pool, task.output_tokens) == (0, GOOD, 3)


def test_a_pool_without_a_model_is_not_judged():
    outcome = run([solve(0, 1), end()], pools=[steady()])
    assert (outcome.calls[0].model, outcome.calls[0].right) == (-1, -1)
    assert verdict(outcome) == (-1, 0)


@pytest.mark.parametrize(
    ("stages", "right"),
    [((GOOD, GOOD), 1), ((BAD, GOOD), 0), ((GOOD, BAD), 0), ((BAD, GOOD, GOOD), 0), ((GOOD, GOOD, GOOD), 1)],
)
def test_a_pipeline_is_right_if_all_its_stages_are(stages, right):
    nodes = [solve(pool, node + 1, chain=1) for node, pool in enumerate(stages)]
    outcome = run([*nodes, end()])
    assert verdict(outcome) == (right, 0)
    assert outcome.calls.right.tolist() == [1 - pool for pool in stages]


def test_a_stage_that_is_not_judged_leaves_a_pipeline_as_it_is():
    pools = [steady(model=GOOD), steady(model=BAD), steady()]
    nodes = [solve(GOOD, 1, chain=1), solve(2, 2, chain=1), solve(GOOD, 3, chain=1), end()]
    assert verdict(run(nodes, pools=pools)) == (1, 0)
    nodes[0] = solve(BAD, 1, chain=1)
    assert verdict(run(nodes, pools=pools)) == (0, 0)


def test_parts_of_a_task():
    # Roles 1 and 2: the fork's step and the node's role add up. Right if both are.
    for targets, right in (([1, 1], 1), ([1, 2], 0)):
        nodes = [fork(targets, join=3, role_step=1), solve(GOOD, 3, role=1), solve(BAD, 3, role=1)]
        outcome = run([*nodes, join(JoinRule.ALL, 4, need=2), end()])
        assert outcome.calls.role.tolist() == [1, 2]
        assert verdict(outcome) == (right, 0)


def test_a_refused_part_makes_the_whole_wrong():
    pools = [steady(model=GOOD), steady(model=GOOD, context_tokens=10)]
    nodes = [fork([1, 2], join=3, role_step=1), solve(0, 3), solve(1, 3), join(JoinRule.ALL, 4, need=2), end()]
    outcome = run(nodes, pools=pools)
    assert verdict(outcome) == (0, 1)
    assert outcome.calls.right.tolist() == [1, -1]
    assert outcome.calls.model.tolist() == [GOOD, -1]
    assert outcome.tasks.finish_ns.tolist() == [REFUSAL_NS]


def test_a_refused_task_is_wrong_if_it_could_have_been_right():
    pools = [steady(context_tokens=10), steady(model=GOOD)]
    outcome = run([call(0, 1), solve(1, 2), end()], pools=pools)
    (task,) = outcome.tasks
    assert (task.status, task.right, task.flagged) == (Status.REFUSED_CONTEXT, 0, 1)
    outcome = run([call(0, 1), call(1, 2), end()], pools=pools)
    assert verdict(outcome) == (-1, 1)


def test_a_task_in_flight_is_neither_right_nor_wrong():
    outcome = run([solve(BAD, 1, output_tokens=5), end()], stop_ns=2000)
    assert verdict(outcome) == (-1, 0)
    assert outcome.calls.right.tolist() == [0]  # judged on delivery


def test_a_verifier_sees_a_noisy_score():
    # One that separates by 99 knows; the others see noise alone.
    def outcome_of(pool, separation, threshold):
        nodes = [solve(pool, 1), check(Look.ANSWER, threshold, 3, 2, separation), solve(GOOD, 3), end()]
        return run(nodes)

    assert len(outcome_of(GOOD, 99.0, 50.0).calls) == 1
    caught = outcome_of(BAD, 99.0, 50.0)
    assert verdict(caught) == (1, 0)  # the second answer was not verified, and is no longer flagged
    noise = normal(1 ^ BAD, int(Stream.SCORE), 0, 0, 0)
    assert len(outcome_of(BAD, 99.0, noise).calls) == 1
    assert len(outcome_of(BAD, 99.0, math.nextafter(noise, math.inf)).calls) == 2


def test_an_answer_that_does_not_pass_is_flagged():
    nodes = [solve(BAD, 1), check(Look.ANSWER, 50.0, 2, 2, separation=99.0), end()]
    assert verdict(run(nodes)) == (0, 1)
    assert verdict(run([solve(GOOD, 1), *nodes[1:]])) == (1, 0)
    blank = quality([[40.0], [-40.0]], blank_share=1.0)
    assert verdict(run([solve(BAD, 1), check(Look.ANSWER, -99.0, 2, 2), end()], judged=blank)) == (0, 1)


def test_agreement_is_verified():
    # Three votes of which two agree: two thirds.
    nodes = [fork([1, 1, 2], join=3), solve(GOOD, 3), solve(BAD, 3), join(JoinRule.VOTE, 4, need=3)]
    for threshold, calls in ((2 / 3, 3), (0.67, 4)):
        outcome = run([*nodes, check(Look.AGREEMENT, threshold, next=6, other=5), solve(BAD, 6), end()])
        assert (len(outcome.calls), verdict(outcome)[0]) == (calls, 4 - calls)


def test_difficulty_makes_answers_longer():
    judged = quality([[40.0], [-40.0]], length_sigma=0.5, length_kappa=0.6)
    pools = [steady(model=GOOD), steady(model=BAD, context_tokens=20), steady()]
    nodes = [call(0, 1, coupled=1, output_scale=2.0), solve(1, 2, coupled=1), call(2, 3, coupled=1), end()]
    calls = run(nodes, build_tasks([0], output_tokens=20), pools, judged).calls
    easy = answers.ease(judged, 1, 0, 0, GOOD, 0, 0)
    own = math.sqrt(1 - 0.6**2)
    spread = own * normal(1, int(Stream.LENGTH), 0, GOOD, 0) - 0.6 * easy
    assert calls.output_tokens[0] == math.floor(math.exp(0.5 * spread - 0.125) * 40 + 0.5)
    assert (calls.output_tokens[1], calls.status[1]) == (10, Status.CUT)  # 10 of 20 are left behind the prompt
    assert calls.output_tokens[2] == 20  # nobody's difficulty


def test_samples_of_one_model_differ_by_attempt():
    judged = quality([[1.7]])
    nodes = [loop(next=1, other=2, limit=40), solve(0, 0), end()]
    calls = run(nodes, pools=[steady(model=0)], judged=judged).calls
    rights = [int(answers.ease(judged, 1, 0, 0, 0, 0, attempt) + 1.7 > 0) for attempt in calls.attempt]
    assert calls.attempt.tolist() == [LANES * k for k in range(40)]
    assert calls.right.tolist() == rights
    assert 0 < sum(rights) < 40


def test_difficult_tasks_make_more_passes():
    # Quantiles of 1, 2, 3 and 9 passes, at most 4. Without a model by plain luck.
    times = [1, 2, 3, 9]
    judged = quality([[0.0]])
    for model, difficulty in ((-1, 0.0), (0, 0.8)):
        nodes = [loop(1, 2, 4, times, model=model, difficulty=difficulty), call(0, 0, output_tokens=1), end()]
        tasks = run(nodes, build_tasks([0] * 12), [steady()], judged).tasks
        for task in tasks:
            u = uniform(1, int(Stream.LOOP), task.task, 0, 0)
            if model == 0:
                n = normal(1, int(Stream.LOOP), task.task, 0, 0)
                u = normal_cdf(0.6 * n - 0.8 * answers.ease(judged, 1, task.task, 0, 0, 0, 0))
            assert task.calls == min(4, times[int(u * 4)])
        assert len(set(tasks.calls.tolist())) > 1


def test_shares_by_class():
    nodes = [select([1, 2], [[1.0, 1.0], [0.0, 1.0]], table_key=1), call(0, 3), call(1, 3), end()]
    outcome = run(nodes, build_tasks([0, 0], class_id=[0, 1], domain=[0, 0]))
    assert outcome.tasks.answer_pool.tolist() == [0, 1]


def test_labels_are_drawn_from_the_domain():
    # Wrong answers are labels 1 and 2, one in four and three in four; two samples of one wrong model vote, and a third
    # model is right: the right one wins only where the wrong ones differ, by luck, or are alike and lose.
    judged = quality([[40.0], [-40.0]], wrong=[0.25, 0.75])
    labels = [[answers.label(judged, 1, task, 0, BAD, 0, lane, 0) for lane in (0, 1)] for task in range(30)]
    nodes = [fork([1, 1], join=2), solve(BAD, 2), join(JoinRule.VOTE, 3, need=2)]
    nodes += [check(Look.AGREEMENT, 1.0, next=5, other=4), call(GOOD, 5), end()]
    outcome = run(nodes, build_tasks([0] * 30), judged=judged)
    assert outcome.tasks.calls.tolist() == [2 if a == b else 3 for a, b in labels]
    assert {label for pair in labels for label in pair} == {1, 2}
    assert BLANK not in labels[0]
