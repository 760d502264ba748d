"""Several agents side by side, then those that need their results, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Model, Name, Tokens
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Call, End, Fork, Join, Nodes, Probit
from fleetsim.workflow.parts import Steps

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


class Member(Model):
    """One agent of the team."""

    pool: Name = Field(description="the pool that thinks for it")
    agent: Steps | None = Field(None, description="how it works; without: one call")
    output: Tokens = Field(200.0, description="tokens of its result")
    probit: Probit = Field(0.0, description="added to its ability: a part may be easier than the whole")


@workflow
class MultiAgent(Workflow):
    """A coordinator sends agents out side by side, then in sequence, and answers when all are back."""

    kind: Literal["multi_agent"] = "multi_agent"
    coordinator: Name = Field(description="the pool that plans and answers")
    plan: Tokens = Field(200.0, description="tokens of the plan")
    side_by_side: dict[Name, Member] = Field(description="name -> agent; all at once", min_length=1, max_length=64)
    in_sequence: dict[Name, Member] = Field(
        {}, description="name -> agent; each waits for the one before", max_length=20
    )

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("coordinator", self.coordinator, architecture)
        for key, members in (("side_by_side", self.side_by_side), ("in_sequence", self.in_sequence)):
            for name, member in members.items():
                yield from pool_fault(f"{key}.{name}.pool", member.pool, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        plan = Call(pool=self.coordinator, next="send out", output=self.plan, coupled=False, keeps=True, solves=False)
        answer = Call(pool=self.coordinator, next="end", prompt="context", solves=False, streams=True)
        out, rest = [f"agent {name}" for name in self.side_by_side], [f"then {name}" for name in self.in_sequence]
        after = [*rest, "answer"]
        graph: Nodes = {
            "plan": plan,
            "send out": Fork(to=out, join="gather", parts=True),
            "gather": Join(next=after[0], rule="all", gather=True),
        }
        for name, member in zip(out, self.side_by_side.values(), strict=True):
            graph |= self._member(name, member, "gather", 0)
        for position, (name, member) in enumerate(zip(rest, self.in_sequence.values(), strict=True)):
            graph |= self._member(name, member, after[position + 1], len(out) + position)
        return {**graph, "answer": answer, "end": End()}

    def _member(self, name: str, member: Member, then: str, part: int) -> Nodes:
        """`part` 0: side by side, where the fork deals the parts; else a stage that builds on those before."""
        result = Call(
            pool=member.pool,
            next=then,
            prompt="context",
            output=member.output,
            keeps=part > 0,
            stage=part > 0,
            part=part,
            probit=member.probit,
        )
        if member.agent is None:
            return {name: result}
        return {**member.agent.nodes(name, member.pool, f"{name} result"), f"{name} result": result}
