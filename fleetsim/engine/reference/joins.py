"""JOIN: when it has waited long enough, and which answer goes on (docs/engine.md, section 3)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fleetsim.engine.reference.plan_rows import NodeRow
from fleetsim.engine.reference.threads import Answer, Gathering, Thread
from fleetsim.luck import Stream, bits, choice
from fleetsim.plan import Plan
from fleetsim.quality.answers import score
from fleetsim.tables import BLANK, JoinRule


def fires(row: NodeRow, gathering: Gathering) -> bool:
    """Whether the JOIN waits for no further thread."""
    counted = len(gathering.counted)
    if counted in (row.need, gathering.branches):
        return True
    answers = [as_seen(thread) for thread in gathering.counted]
    return row.rule == JoinRule.VOTE and row.early == 1 and is_decided(answers, row.need - counted)


def go_on(row: NodeRow, node: int, gathering: Gathering, plan: Plan) -> Thread:
    """Close the gathering; returns the thread that forked, with the answer it goes on with."""
    thread = gathering.thread
    gathering.open = False
    thread.answer = joined(row, node, gathering, plan)
    thread.round += row.span
    if row.gather == 1:
        thread.context_tokens += sum(counted.answer.tokens for counted in gathering.counted)
    return thread


def joined(row: NodeRow, node: int, gathering: Gathering, plan: Plan) -> Answer:
    """The answer by the JOIN's rule."""
    answers = [replace(as_seen(thread), agreement=0.0) for thread in gathering.counted]
    task, attempt = gathering.thread.task.task, gathering.thread.attempt
    match row.rule:
        case JoinRule.LAST:
            answer = answers[-1]
        case JoinRule.ANY:
            answer = next((answer for answer in answers if answer.right == 1), answers[0])
        case JoinRule.ALL:
            answer = whole(answers)
        case JoinRule.VOTE:
            answer = voted(answers, luck=np.uint64(bits(plan.seed, int(Stream.TIE), task, node, attempt)))
        case JoinRule.BEST:
            answer = best(answers, plan, task, row.separation)
    return replace(answer, flagged=1) if answer.label == BLANK and answer.right != -1 else answer


def as_seen(thread: Thread) -> Answer:
    """The thread's answer; it is wrong if an earlier stage of its pipeline was wrong."""
    answer = thread.answer
    if thread.good == 1:
        return answer
    return replace(answer, right=0, label=1 if answer.label == 0 else answer.label)


def whole(answers: list[Answer]) -> Answer:
    """ALL: the parts of one whole, right if all are; made by the last."""
    rights = [answer.right for answer in answers]
    right = 0 if 0 in rights else -1 if -1 in rights else 1
    label = {1: 0, 0: 1, -1: BLANK}[right]
    return replace(answers[-1], right=right, label=label, flagged=max(answer.flagged for answer in answers))


def voted(answers: list[Answer], luck: np.uint64) -> Answer:
    """VOTE: the first answer with the label of greatest weight; luck decides among equals."""
    tally = weights_by_label(answers)
    if not tally:
        right = -1 if all(answer.right == -1 for answer in answers) else 0
        return replace(answers[0], right=right, label=BLANK)
    most = max(tally.values())
    winners = sorted(label for label, weight in tally.items() if weight == most)
    winner = winners[choice(luck, 0, len(winners))]
    alike = [answer for answer in answers if answer.label == winner]
    return replace(alike[0], agreement=len(alike) / len(answers))


def is_decided(answers: list[Answer], left: int) -> bool:
    """Whether no other label could reach the leader's weight with `left` more votes of weight 1."""
    tally = weights_by_label(answers)
    if not tally:
        return False
    leader = max(tally, key=tally.get)
    others = [label for label in range(BLANK) if label != leader]
    return all(tally.get(label, 0.0) + left < tally[leader] for label in others)


def weights_by_label(answers: list[Answer]) -> dict[int, float]:
    """Weight of the votes for each label; a blank answer is no vote."""
    tally: dict[int, float] = {}
    for answer in answers:
        if answer.label != BLANK:
            tally[answer.label] = tally.get(answer.label, 0.0) + answer.weight
    return tally


def best(answers: list[Answer], plan: Plan, task: int, separation: float) -> Answer:
    """BEST: the answer that a verifier scores highest, the first among equals; blank ones are below all."""
    scores = [seen_score(answer, plan, task, separation) for answer in answers]
    return answers[scores.index(max(scores))]


def seen_score(answer: Answer, plan: Plan, task: int, separation: float) -> float:
    """What a verifier that compares answers sees of this one: a blank one is below all."""
    return -np.inf if answer.label == BLANK else score_of(answer, plan, task, separation)


def score_of(answer: Answer, plan: Plan, task: int, separation: float) -> float:
    """What a verifier sees of the answer: a noisy number, higher by `separation` on average if it is right."""
    return score(plan.quality, plan.seed, task, answer.model, answer.role, answer.sample, answer.right, separation)
