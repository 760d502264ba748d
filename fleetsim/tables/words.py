"""Words that stand for numbers: the order of simultaneous events, how things ended, what nodes do; and limits."""

from __future__ import annotations

from enum import IntEnum

UNLIMITED_BLOCKS = 1 << 40
"""KV blocks of a pool whose model keeps no KV cache (an encoder) or whose memory is not modelled."""

REFUSAL_NS = 1_000_000
"""A refusal takes a millisecond at least: a closed loop of refused calls must not stop the clock."""

KNOBS = 4
"""How many numbers a policy may be tuned by."""

LANES = 64
"""How many threads of one task may walk side by side; a call's attempt is LANES * round + lane."""

NODES_MOST, TASKS_MOST, ATTEMPTS_MOST = 1 << 9, 1 << 30, 1 << 20
"""How many nodes a workflow, tasks a run and attempts a task may have: an event's id must fit into one integer."""

LABELS, BLANK = 16, 15
"""Labels of answers: 0 is right, 1 to 14 are different wrong answers, BLANK is malformed or none, seen to be wrong."""


class Rank(IntEnum):
    """What goes first at one instant. Ties within a rank go to the lowest id (named behind each)."""

    CHANGE = 0  # replica: it closes for a change, or is ready again
    STEP_END = 1  # replica
    ANSWERED = 2  # task, node, attempt: a rented endpoint has sent its last token
    RETURN = 3  # task, node, attempt: an answer reaches the client after its network delay
    RESUME = 4  # task, node, attempt: a delay is over
    ARRIVAL = 5  # task
    TRANSFER = 6  # task, node, attempt: a call's KV has reached the pool that decodes it
    DELIVER = 7  # task, node, attempt: a call reaches its pool after its network delay
    STEP_START = 8  # replica: so a step sees all that happened at its instant
    SAMPLE = 9  # the timeline sees all that happened at its instant


class Status(IntEnum):
    """How a call or a task ended."""

    IN_FLIGHT = 0
    FINISHED = 1
    CUT = 2  # finished, but its answer was cut short at the context or KV limit
    REFUSED_CONTEXT = 3  # the prompt leaves no room in the model's context
    REFUSED_KV = 4  # the prompt is larger than the replica's whole KV memory
    REFUSED_OUTAGE = 5  # the pool was out of order
    REFUSED_RATE = 6  # the endpoint's limit of requests or tokens a minute was reached
    REFUSED_ERROR = 7  # the endpoint failed
    REFUSED_CLOSED = 8  # no replica of the pool was open: all were being changed


class NodeKind(IntEnum):
    """What a workflow node does."""

    CALL = 0
    SELECT = 1
    END = 2
    FORK = 3
    JOIN = 4
    VERIFY = 5
    DELAY = 6
    LOOP = 7


class TableKey(IntEnum):
    """What the row of a SELECT's table of shares is."""

    DOMAIN = 0
    CLASS = 1


class SignalOf(IntEnum):
    """What the `signal` of a SELECT's option is of."""

    OWN = 0  # how easy the task is for the option's own model
    ADVANTAGE = 1  # how much easier than for the first option's


class Learns(IntEnum):
    """Who remembers how the options of a SELECT fared."""

    NEVER = 0
    ALL_TASKS = 1  # told by every task when it ends
    OWN_TASK = 2  # told by the scores that a verifier gives the task's answers


class JoinRule(IntEnum):
    """Which answer a thread has behind a JOIN."""

    LAST = 0  # that of the thread that came last of those counted (with need 1: the first)
    ALL = 1  # parts of one whole: right if all are
    VOTE = 2  # the most frequent label
    BEST = 3  # that with the highest score of a verifier
    ANY = 4  # a right one if there is one: a bound that nobody can see in production


class Look(IntEnum):
    """What a VERIFY looks at."""

    ANSWER = 0  # a noisy score of the answer
    AGREEMENT = 1  # the share of votes behind it
    ELAPSED = 2  # time since the task arrived, ns
    CONTEXT = 3  # tokens of the thread's context


class RunKind(IntEnum):
    """What a row of RUNS holds."""

    STEPS = 0
    RESUMED = 1  # one long gap: of a sequence that was preempted and computed again, or of those that paused


class Scheduler(IntEnum):
    """Whose tokens a replica's step computes (docs/engine.md, 5 and 5a)."""

    CHUNKED = 0  # every running sequence's next token, then chunks of prompts
    PREFILL_FIRST = 1  # prompts alone as long as one can be admitted, while the others pause
    STATIC = 2  # a batch is prefilled and decoded to its end before the next one begins


class Asked(IntEnum):
    """When a queue order is asked (docs/engine.md, 5c)."""

    NEVER = 0  # calls stay in the order in which they joined
    JOINING = 1  # once for each call, when it joins: the least key goes first
    STARTING = 2  # as steps start, for each task class with calls waiting: the least level goes first
