"""Pieces that several kinds of architecture are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from fleetsim.scenario.durations import TimeLaw
from fleetsim.scenario.fields import Fraction, Model, MoreTokens, Name, Tokens
from fleetsim.scenario.length import Length
from fleetsim.workflow.entries import entry_faults
from fleetsim.workflow.nodes import (
    Auc,
    CalibratedOn,
    Call,
    Confidence,
    Delay,
    Loop,
    Nodes,
    Risk,
    Threshold,
    Verify,
)


class Verifier(Model):
    """What tells right from wrong answers; exactly one of auc, detects, errors. Its own pool costs and takes time."""

    pool: Name | None = Field(
        None, description="the pool that judges, reading question and answer; none: it costs nothing"
    )
    output: Tokens = Field(1.0, description="tokens of a judgement")
    auc: Auc | None = Field(None, description="how well it tells right from wrong")
    accepts: Fraction | None = Field(None, description="with auc: share of right answers that pass; 0.9 by default")
    threshold: Threshold = None
    risk: Risk = None
    calibrated_on: CalibratedOn = None
    confidence: Confidence = None
    detects: Fraction | None = Field(None, description="share of wrong answers that fail; right ones always pass")
    errors: Fraction | None = Field(None, description="share of cases in which it is wrong, either way")

    def faults(self, path: str) -> Iterator[tuple[str, str]]:
        """What it does not agree with itself about."""
        for key, what in entry_faults(self._node("", ""), ()):
            yield f"{path}.{key}" if key else path, what

    def nodes(self, name: str, passes: str, fails: str, keeps: Literal["last", "best"] = "last") -> Nodes:
        """A node `name` that an answer enters, whose call kept question and answer as context; `keeps`: see Verify."""
        check = self._node(passes, fails, keeps)
        if self.pool is None:
            return {name: check}
        judge = Call(
            pool=self.pool, next=f"{name} verdict", prompt="context", output=self.output, solves=False, coupled=False
        )
        return {name: judge, f"{name} verdict": check}

    def shared(self, checks: int) -> Verifier:
        """One of several verifiers that keep the risk together."""
        if self.risk is None or checks == 1:
            return self
        sure = None if self.confidence is None else 1.0 - (1.0 - self.confidence) / checks
        return self.model_copy(update={"risk": self.risk / checks, "confidence": sure})

    def _node(self, passes: str, fails: str, keeps: Literal["last", "best"] = "last") -> Verify:
        given = self.model_dump(exclude={"pool", "output"})
        return Verify.model_construct(passes=passes, fails=fails, keeps=keeps, **given)


class Steps(Model):
    """How an agent works: steps of thinking and tools, its context growing all the while."""

    steps: Length = Field(
        description="tools it uses, its model called after each; one call is before the first, one is the answer"
    )
    most: int = Field(100, ge=1, le=10_000, strict=True, description="never more often")
    growth_tokens: MoreTokens = Field(
        1500.0, alias="growth", description="tokens that a tool's result adds to the context"
    )
    output: Tokens = Field(200.0, description="tokens of a step: thought and tool call")
    tool: TimeLaw = Field(
        {"kind": "measured", "quantiles": {0.5: "300 ms", 0.61: "1 s", 0.9: "13.6 s", 0.96: "60 s", 0.99: "5 min"}},
        validate_default=True,
        description="how long a tool takes; by default as coding agents' do (TraceLab, arXiv 2606.30560)",
    )
    difficulty: Fraction = Field(0.4, description="correlation of the number of steps with difficulty, where judged")

    def nodes(self, name: str, pool: str, then: str) -> Nodes:
        """A node `name` that a conversation enters; behind the steps it goes to `then`."""
        step = Call(
            pool=pool,
            next=name,
            prompt="context",
            added=self.growth_tokens,
            output=self.output,
            coupled=False,
            keeps=True,
            solves=False,
        )
        return {
            name: Loop(body=f"{name} tool", exit=then, times=self.steps, most=self.most, difficulty=self.difficulty),
            f"{name} tool": Delay(time=self.tool, next=f"{name} step"),
            f"{name} step": step,
        }
