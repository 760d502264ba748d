"""One model in a loop with tools: every step reads all that was said before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Name, Tokens
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Call, End, Loop, Nodes, Probit
from fleetsim.workflow.parts import Steps, Verifier

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Agent(Workflow):
    """A model and its tools take turns, then it answers; a failed check sends it back with feedback."""

    kind: Literal["agent"] = "agent"
    pool: Name = Field(description="the pool that thinks")
    agent: Steps = Field(description="how it works")
    answer: Literal["task"] | Tokens = Field("task", description="tokens of its answer")
    verifier: Verifier | None = Field(None, description="what checks its answer, such as tests")
    retries: int = Field(0, ge=0, le=50, strict=True, description="how often it tries again after a failed check")
    feedback_probit: Probit = Field(0.85, description="what knowing of the failure adds to its ability (Aider: 0.85)")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("pool", self.pool, architecture)
        if (self.retries > 0) != (self.verifier is not None):
            yield "retries", "goes with `verifier`: what makes it try again, and how often"
        if self.verifier is not None:
            yield from self.verifier.faults("verifier")
            yield from pool_fault("verifier.pool", self.verifier.pool, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        begin = Call(pool=self.pool, next="work", output=self.agent.output, coupled=False, keeps=True, solves=False)
        result = {"pool": self.pool, "prompt": "context", "output": self.answer, "keeps": True}
        graph: Nodes = {"begin": begin, **self.agent.nodes("work", self.pool, "answer")}
        if self.verifier is None:
            graph["answer"] = Call(**result, next="end", streams=True)
        else:
            graph["answer"] = Call(**result, next="check")
            graph |= self.verifier.nodes("check", "end", "again")
            graph["again"] = Loop(body="retry", exit="end", times=self.retries, most=self.retries)
            graph["retry"] = Call(**result, next="recheck", probit=self.feedback_probit)
            graph |= self.verifier.nodes("recheck", "end", "again")
        return {**graph, "end": End()}
