"""The nodes of a workflow, in names: what presets make and what a scenario's own graph writes.

Every node has a name; nodes speak of each other and of pools by name. What an engine does with them:
docs/engine.md, section 3.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Strict, Tag

from fleetsim.scenario.durations import TimeLaw
from fleetsim.scenario.fields import Count, Duration, Fraction, Model, MoreTokens, Name, Positive, Price, Tokens
from fleetsim.scenario.length import Length
from fleetsim.scenario.rules import Selecting, named

Probit = Annotated[float, Strict(), Field(ge=-10, le=10)]
Auc = Annotated[Fraction, Field(ge=0.5, lt=1)]
Threshold = Annotated[Probit | None, Field(description="with auc: the score to reach, instead of `accepts`")]
Risk = Annotated[
    Fraction | None,
    Field(description="with auc: share of all tasks in which a wrong answer may pass, instead of `accepts`"),
]
CalibratedOn = Annotated[Count | None, Field(description="with risk: labelled tasks that the threshold is found by")]
Confidence = Annotated[
    Fraction | None,
    Field(description="with risk: how surely it is kept; without: in the mean over sets of labelled tasks"),
]
Keeps = Annotated[
    Literal["last", "best"],
    Field(
        description="with auc, detects or errors, which answer goes on, and the conversation with it: the last, or the "
        "one of those that came here that it scores best"
    ),
]
PromptTokens = Annotated[Tokens, Tag("tokens")] | Annotated[Literal["task", "context"], Tag("word")]
AnswerTokens = Annotated[Tokens, Tag("tokens")] | Annotated[Literal["task"], Tag("word")]


def _word(value: Any) -> str:
    return "word" if value in ("task", "context") else "tokens"


class Call(Model):
    """One model invocation."""

    kind: Literal["call"] = "call"
    pool: Name = Field(description="the pool that answers")
    next: Name = Field(description="the node that follows")
    if_refused: Name | None = Field(None, description="the node that follows a refusal; without: the task is refused")
    prompt: Annotated[PromptTokens, Discriminator(_word)] = Field(
        "task", description="task: the user's prompt; context: all of the conversation so far; or a number of tokens"
    )
    added_tokens: MoreTokens = Field(
        0.0, alias="added", description="tokens of the prompt in addition: instructions, a tool's result"
    )
    prompt_limit: Tokens | None = Field(None, description="a longer prompt is cut to this")
    output: Annotated[AnswerTokens, Discriminator(_word)] = Field(
        "task", description="task: as long as the task's answer; or a number of tokens"
    )
    output_scale: Positive = Field(1.0, description="times this")
    coupled: bool = Field(True, description="whether a judged answer is longer where the task is difficult")
    keeps: bool = Field(False, description="whether prompt and answer become the conversation so far")
    streams: bool = Field(False, description="whether the user reads its tokens as they come")
    solves: bool = Field(True, description="whether it makes an answer, or works for others' answers")
    stage: bool = Field(False, description="whether the answer before must be right as well: a pipeline")
    part: Annotated[int, Strict(), Field(ge=0, le=255)] = Field(
        0, description="which part of the task it works on; parts differ in difficulty"
    )
    probit: Probit = Field(0.0, description="added to the model's ability: feedback, a better prompt, a bad interface")
    weight: Positive = Field(1.0, description="of its answer in a vote")


class Option(Model):
    """What a rule is told of one branch of a selection; by default that of the first call there."""

    pool: Name | None = Field(None, description="the pool whose model and load stand for the branch")
    cost_usd: Price | None = Field(None, alias="cost", description="cost of a task there, as expected")
    seconds: Duration | None = Field(None, alias="time", description="its time there without waiting, as expected")


Shares = dict[Name, dict[Name, Fraction]]


class Select(Model):
    """A choice among branches: drawn from shares, or made by a rule."""

    kind: Literal["select"] = "select"
    to: list[Name] = Field(description="the branches", min_length=1, max_length=64)
    shares: dict[Name, Fraction] | None = Field(None, description="branch -> share of tasks")
    by_domain: Shares | None = Field(None, description="domain -> branch -> share of its tasks")
    by_class: Shares | None = Field(None, description="class -> branch -> share of its tasks")
    rule: Selecting | None = Field(None, description="the selector that chooses, with its knobs")
    informed: Fraction = Field(0.0, description="correlation of the rule's signals with what they are of")
    signal: Literal["own", "advantage"] = Field(
        "own", description="own: how easy the task is for each branch; advantage: how much easier than for the first"
    )
    guess: Fraction = Field(1.0, description="share of tasks whose domain the rule recognises; errors fall evenly")
    options: dict[Name, Option] = Field({}, description="branch -> what the rule is told of it")
    rating_noise: Probit = Field(
        0.0, description="standard deviation of the errors in what is known of abilities (probit)"
    )
    learns: bool = Field(False, description="whether tasks report how they went; for rules that learn")
    remembers: Literal["all", "task"] = Field(
        "all",
        description="all: how tasks went that took a branch; task: what verifiers made of this task's own answers",
    )
    per_domain: bool = Field(False, description="whether it learns for each guessed domain apart")
    feedback_error: Fraction = Field(0.0, description="share of reports that are the wrong way round")
    cost_weight: Annotated[float, Strict(), Field(ge=0)] = Field(0.0, description="reward lost per dollar")
    discount: Fraction = Field(1.0, description="what is left of older reports at each new one")


class Fork(Model):
    """Several threads side by side, to be joined."""

    kind: Literal["fork"] = "fork"
    to: list[Name] = Field(description="where the threads begin; one name several times: copies", min_length=1)
    join: Name = Field(description="the join of these threads")
    parts: bool = Field(False, description="whether each thread works on a part of its own, or all on the same")


class Join(Model):
    """Waits for threads and makes one answer of theirs."""

    kind: Literal["join"] = "join"
    next: Name = Field(description="the node that follows")
    need: Count | None = Field(None, description="how many threads it waits for; all by default")
    rule: Literal["last", "all", "vote", "best", "any"] = Field(
        "last",
        description="which answer goes on: the last, all as parts, a vote, the best by a verifier, any right one",
    )
    auc: Auc | None = Field(None, description="best: how well its verifier tells right from wrong")
    early: bool = Field(False, description="vote: whether it stops waiting once decided")
    gather: bool = Field(False, description="whether the answers are added to the conversation")


class Verify(Model):
    """Passes or fails the thread by what can be seen of it.

    Exactly one of auc, detects, errors, agreement, within, context.
    """

    kind: Literal["verify"] = "verify"
    passes: Name = Field(description="the node that follows if it passes")
    fails: Name = Field(description="the node that follows if not")
    auc: Auc | None = Field(None, description="a verifier of answers: how well it tells right from wrong")
    accepts: Fraction | None = Field(None, description="with auc: share of right answers that pass")
    threshold: Threshold = None
    risk: Risk = None
    calibrated_on: CalibratedOn = None
    confidence: Confidence = None
    detects: Fraction | None = Field(None, description="share of wrong answers that fail; right ones always pass")
    errors: Fraction | None = Field(None, description="a judge who is wrong in this share of cases, either way")
    agreement: Fraction | None = Field(None, description="share of votes that must stand behind the answer")
    within_s: Duration | None = Field(None, alias="within", description="time since the task arrived")
    context_tokens: Tokens | None = Field(None, alias="context", description="longest conversation that passes")
    keeps: Keeps = "last"


class Delay(Model):
    """Time that passes outside the fleet: a tool, a user who thinks."""

    kind: Literal["delay"] = "delay"
    time: TimeLaw = Field(description="how long")
    next: Name = Field(description="the node that follows")


class Loop(Model):
    """Goes through a body a number of times; the body leads back to it, or out of it earlier."""

    kind: Literal["loop"] = "loop"
    body: Name = Field(description="where a pass begins")
    exit: Name = Field(description="where it goes on after the last pass")
    times: Length = Field(
        description="how often: a number, or a law as of lengths (`{kind: lognormal, mean: 8, cv: 1}`)"
    )
    most: Annotated[int, Strict(), Field(ge=1, le=10_000)] = Field(100, description="never more often")
    difficulty: Fraction = Field(
        0.0, description="correlation of the number of passes with difficulty, for judged pools"
    )


class End(Model):
    """The task has its answer."""

    kind: Literal["end"] = "end"


KINDS: dict[str, type[Model]] = {
    kind.model_fields["kind"].default: kind for kind in (Call, Select, Fork, Join, Verify, Delay, Loop, End)
}

Node = Annotated[
    Annotated[
        Annotated[Call, Tag("call")]
        | Annotated[Select, Tag("select")]
        | Annotated[Fork, Tag("fork")]
        | Annotated[Join, Tag("join")]
        | Annotated[Verify, Tag("verify")]
        | Annotated[Delay, Tag("delay")]
        | Annotated[Loop, Tag("loop")]
        | Annotated[End, Tag("end")],
        Field(discriminator="kind"),
    ],
    BeforeValidator(named),
]
"""A node of any kind; `end` alone is short for `{kind: end}`."""

Nodes = dict[str, Call | Select | Fork | Join | Verify | Delay | Loop | End]
"""A graph: nodes by name; a task enters the first."""


def exits(node: Model) -> dict[str, str]:
    """Where a node leads: key as in the file (`to.2` for the third branch) -> name of a node."""
    found: dict[str, str] = {}
    for key in ("next", "if_refused", "passes", "fails", "body", "exit"):
        value = getattr(node, key, None)
        if isinstance(value, str):
            found[key] = value
    found |= {f"to.{i}": name for i, name in enumerate(getattr(node, "to", []))}
    return found
