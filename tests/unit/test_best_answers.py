"""A VERIFY that keeps the best of a thread's answers, by hand on both engines (docs/engine.md, section 3)."""

import pytest
from core_runs import Rows
from plans import build_plan, build_tasks, check, end, fork, join, loop, quality, solve, steady

from fleetsim.engine import run
from fleetsim.tables import JoinRule, Look

CERTAIN = quality([[40.0], [-40.0]])  # model 0 is always right, model 1 never
NEVER = 99.0


@pytest.fixture(params=["core", "reference"])
def simulate(request):
    """Records of a plan with one task of 10 tokens."""
    return lambda plan: run(plan, Rows(build_tasks([0])), engine=request.param)


def rounds(*behind, threshold=NEVER, passes=0, models=(0, 1), **columns):
    """Three rounds: the first asks model 0, the others go on with the conversation and ask model 1; each is checked."""
    nodes = [
        loop(1, 5, limit=3),
        check(Look.ELAPSED, 0, next=2, other=3),
        solve(0, 4, keeps=1, output_tokens=7),
        solve(1, 4, context=1, keeps=1, output_tokens=3),
        check(Look.ANSWER, threshold, passes, 6 if behind else 0, separation=30.0, **columns),
        end(),
        *behind,
    ]
    return build_plan([steady(model=model) for model in models], nodes, quality=CERTAIN)


def ended(records):
    """What the user has, and the prompts that led there."""
    (task,) = records.tasks
    return task.right, task.flagged, task.answer_pool, task.output_tokens, records.calls.prompt_tokens.tolist()


def test_the_last_answer_goes_on_by_default(simulate):
    assert ended(simulate(rounds())) == (0, 1, 1, 3, [10, 17, 20])


def test_the_best_goes_on_with_its_conversation(simulate):
    assert ended(simulate(rounds(keeps_best=1))) == (1, 1, 0, 7, [10, 17, 17])


def test_a_better_one_takes_its_place(simulate):
    assert ended(simulate(rounds(keeps_best=1, models=(1, 0))))[:4] == (1, 1, 1, 3)


def test_it_is_the_best_that_passes(simulate):
    assert ended(simulate(rounds(threshold=15.0, keeps_best=1))) == (1, 0, 0, 7, [10, 17, 17])
    assert ended(simulate(rounds(threshold=15.0, passes=5, keeps_best=1))) == (1, 0, 0, 7, [10])


def test_of_answers_that_nobody_can_score_the_first_goes_on(simulate):
    assert ended(simulate(rounds(keeps_best=1, models=(-1, -1)))) == (-1, 1, 0, 7, [10, 17, 17])


def test_each_check_has_a_best_of_its_own(simulate):
    another = check(Look.ANSWER, NEVER, 0, 0, separation=30.0, keeps_best=1)
    assert ended(simulate(rounds(another, keeps_best=1))) == (0, 1, 1, 3, [10, 17, 20])


def test_threads_side_by_side_keep_their_own(simulate):
    # Both come to the same check: a right answer first, a wrong one later, which is the one that goes on.
    nodes = [
        fork([1, 2], join=4),
        solve(0, 3, keeps=1, output_tokens=1),
        solve(1, 3, keeps=1, output_tokens=99),
        check(Look.ANSWER, NEVER, 4, 4, separation=30.0, keeps_best=1),
        join(JoinRule.LAST, 5, need=2),
        end(),
    ]
    plan = build_plan([steady(model=0), steady(model=1)], nodes, quality=CERTAIN)
    assert ended(simulate(plan))[:4] == (0, 1, 1, 99)


def test_who_goes_on_from_a_join_has_kept_its_own(simulate):
    # A right answer, then a fork whose two threads answer wrongly; the check behind the join is the one before it.
    nodes = [
        loop(1, 7, limit=2),
        check(Look.ELAPSED, 0, next=2, other=3),
        solve(0, 6, keeps=1, output_tokens=7),
        fork([4, 4], join=5),
        solve(1, 5, context=1, keeps=1, output_tokens=3),
        join(JoinRule.LAST, 6, need=2, gather=1),
        check(Look.ANSWER, NEVER, 0, 0, separation=30.0, keeps_best=1),
        end(),
    ]
    plan = build_plan([steady(model=0), steady(model=1)], nodes, quality=CERTAIN)
    assert ended(simulate(plan)) == (1, 1, 0, 7, [10, 17, 17])
