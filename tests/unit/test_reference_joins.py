"""The rules of JOINs of the reference engine, on answers made up by hand."""

from dataclasses import replace

import numpy as np
import pytest
from plans import build_plan, build_tasks, end, fork, join, quality, solve, steady

from fleetsim.engine.reference import simulate
from fleetsim.engine.reference.joins import fires, go_on, joined
from fleetsim.engine.reference.plan_rows import NodeRow
from fleetsim.engine.reference.records import Task
from fleetsim.engine.reference.threads import Answer, Thread, branch_off
from fleetsim.luck import Stream, bits, choice, normal
from fleetsim.tables import BLANK, LANES, NODES, JoinRule

SEED, NODE = 5, 3
PLAN = build_plan([steady()], [solve(0, 1), end()], seed=SEED, quality=quality([[0.0]] * 4))
RIGHT, WRONG = Answer(right=1, label=0), Answer(right=0, label=1)
OTHER = Answer(right=0, label=2)
NOTHING = Answer(right=0, label=BLANK, flagged=1)
UNJUDGED = Answer()


def row(rule, need, **columns):
    """A JOIN's row."""
    given = {"rule": rule, "need": need} | columns
    return NodeRow(*(given.get(column.name, 0) for column in NODES))


def gathering(*answers, branches=None, task=7, spoilt=()):
    """A gathering whose threads were counted with these answers, of model 1, 2 ...; those in `spoilt` are not good."""
    root = Thread(Task(task, 0, 0, 10, 5, 0), context_tokens=10, round=2, good=1)
    threads = branch_off(root, fork=0, branches=branches or len(answers), role_step=0)
    for j, answer in enumerate(answers):
        threads[j].answer = replace(answer, model=j + 1, tokens=100 + j)
        threads[j].good = int(j not in spoilt)
    threads[0].gathering.counted.extend(threads[: len(answers)])
    return threads[0].gathering


def by(rule, *answers, spoilt=(), **columns):
    """The answer that a rule makes of answers."""
    return joined(row(rule, len(answers), **columns), NODE, gathering(*answers, spoilt=spoilt), PLAN)


def test_the_last():
    answer = by(JoinRule.LAST, RIGHT, WRONG)
    assert (answer.right, answer.label, answer.model, answer.tokens) == (0, 1, 2, 101)


def test_any_right_one():
    assert by(JoinRule.ANY, WRONG, RIGHT, RIGHT).model == 2
    assert by(JoinRule.ANY, WRONG, OTHER).model == 1
    answer = by(JoinRule.ANY, RIGHT, WRONG, spoilt=[0])
    assert (answer.model, answer.right, answer.label) == (1, 0, 1)  # right at the end of a pipeline that went wrong


@pytest.mark.parametrize(
    ("answers", "spoilt", "right", "label", "flagged"),
    [
        ((RIGHT, RIGHT), (), 1, 0, 0),
        ((RIGHT, WRONG), (), 0, 1, 0),
        ((RIGHT, NOTHING), (), 0, 1, 1),
        ((RIGHT, UNJUDGED), (), -1, BLANK, 0),
        ((WRONG, UNJUDGED), (), 0, 1, 0),
        ((RIGHT, RIGHT), (1,), 0, 1, 0),
        ((UNJUDGED, UNJUDGED), (), -1, BLANK, 0),
    ],
)
def test_all(answers, spoilt, right, label, flagged):
    answer = by(JoinRule.ALL, *answers, spoilt=spoilt)
    assert (answer.right, answer.label, answer.flagged, answer.model) == (right, label, flagged, len(answers))


def test_a_vote():
    answer = by(JoinRule.VOTE, OTHER, WRONG, WRONG, NOTHING)
    assert (answer.right, answer.label, answer.model, answer.agreement) == (0, 1, 2, 2 / 4)


def test_votes_have_weights():
    heavy = replace(RIGHT, weight=2.5)
    answer = by(JoinRule.VOTE, WRONG, heavy, WRONG)
    assert (answer.right, answer.model, answer.weight, answer.agreement) == (1, 2, 2.5, 1 / 3)


def test_luck_decides_among_equals():
    for task in range(20):
        tied = gathering(OTHER, RIGHT, WRONG, task=task)
        luck = np.uint64(bits(SEED, int(Stream.TIE), task, NODE, 2 * LANES))  # the forked thread is in round 2
        assert joined(row(JoinRule.VOTE, 3), NODE, tied, PLAN).label == choice(luck, 0, 3)


def test_a_vote_without_votes():
    answer = by(JoinRule.VOTE, NOTHING, NOTHING)
    assert (answer.right, answer.label, answer.flagged, answer.agreement, answer.model) == (0, BLANK, 1, 0.0, 1)
    answer = by(JoinRule.VOTE, UNJUDGED, UNJUDGED)
    assert (answer.right, answer.label, answer.flagged) == (-1, BLANK, 0)
    answer = by(JoinRule.VOTE, UNJUDGED, NOTHING)
    assert (answer.right, answer.label, answer.flagged) == (0, BLANK, 1)


def test_a_vote_of_a_pipeline_that_went_wrong_is_a_wrong_one():
    answer = by(JoinRule.VOTE, RIGHT, WRONG, OTHER, spoilt=[0])
    assert (answer.right, answer.label, answer.model) == (0, 1, 1)


def test_the_best_score():
    # Scores: the noise of (the model's own seed, task 7, sample 0), with 3 more for the right one.
    noise = [normal(SEED ^ model, int(Stream.SCORE), 7, 0, 0) for model in (1, 2, 3)]
    scores = [noise[0], noise[1] + 3.0, noise[2]]
    assert by(JoinRule.BEST, WRONG, RIGHT, OTHER, separation=3.0).model == 1 + int(np.argmax(scores))
    assert by(JoinRule.BEST, NOTHING, WRONG, NOTHING, separation=-99.0).model == 2
    assert by(JoinRule.BEST, NOTHING, NOTHING).model == 1


def test_flags_are_those_of_the_chosen():
    doubtful = replace(WRONG, flagged=1)
    assert by(JoinRule.LAST, doubtful, RIGHT).flagged == 0
    assert by(JoinRule.LAST, RIGHT, doubtful).flagged == 1
    assert by(JoinRule.ALL, doubtful, RIGHT).flagged == 1
    assert by(JoinRule.LAST, UNJUDGED).flagged == 0


@pytest.mark.parametrize(
    ("answers", "need", "decided"),
    [
        ((RIGHT, RIGHT), 3, True),  # 2 against 0 + 1
        ((RIGHT,), 3, False),  # 1 against 0 + 2
        ((RIGHT, RIGHT), 4, False),  # 2 against 0 + 2: a tie
        ((RIGHT, RIGHT, WRONG), 5, False),  # 2 against 1 + 2
        ((RIGHT, RIGHT, RIGHT, WRONG), 5, True),  # 3 against 1 + 1
        ((NOTHING, NOTHING), 3, False),  # no votes
        ((replace(RIGHT, weight=2.5),), 3, True),  # 2.5 against 0 + 2
        ((WRONG, RIGHT), 3, False),
    ],
)
def test_an_early_vote(answers, need, decided):
    assert fires(row(JoinRule.VOTE, need, early=1), gathering(*answers, branches=9)) == decided
    assert not fires(row(JoinRule.VOTE, need), gathering(*answers, branches=9))
    assert not fires(row(JoinRule.LAST, need, early=1), gathering(*answers, branches=9))


def test_enough_is_enough():
    assert fires(row(JoinRule.LAST, 2), gathering(RIGHT, WRONG, branches=3))
    assert fires(row(JoinRule.LAST, 9), gathering(RIGHT, WRONG, branches=2))
    assert not fires(row(JoinRule.LAST, 3), gathering(RIGHT, WRONG, branches=3))


def test_what_the_forked_thread_goes_on_with():
    waiting = gathering(RIGHT, WRONG)
    thread = go_on(row(JoinRule.LAST, 2, span=3, gather=1), NODE, waiting, PLAN)
    assert thread is waiting.thread
    assert not waiting.open
    assert (thread.round, thread.context_tokens, thread.good) == (2 + 3, 10 + 100 + 101, 1)


def test_an_early_vote_saves_time():
    # Three models on a pool each, of 1, 2 and 9 tokens; the first two agree on the same wrong answer: decided at 2000.
    nodes = [fork([1, 2, 3], join=4), *(solve(pool, 4, output_tokens=(1, 2, 9)[pool]) for pool in range(3))]
    pools = [steady(model=0), steady(model=1), steady(model=2)]
    for early, finish_ns in ((1, 2000), (0, 9000)):
        counted = join(JoinRule.VOTE, 5, need=3, early=early)
        plan = build_plan(pools, [*nodes, counted, end()], quality=quality([[-40.0], [-40.0], [40.0]]))
        outcome = simulate(plan, build_tasks([0]))
        (task,) = outcome.tasks
        assert (task.finish_ns, task.right, task.answer_pool, task.output_tokens) == (finish_ns, 0, 0, 1)
        assert outcome.calls.finish_ns.tolist() == [1000, 2000, 9000]
        assert outcome.calls.right.tolist() == [0, 0, 1]
