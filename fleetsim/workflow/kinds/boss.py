"""One large model plans, small ones work on the parts, the large one concludes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Name, Tokens
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, pool_faults, workflow
from fleetsim.workflow.nodes import Call, End, Fork, Join, Loop, Nodes, Probit
from fleetsim.workflow.parts import Steps, Verifier

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Boss(Workflow):
    """A boss plans, workers do the parts side by side, the boss concludes; a failed check lets them work again."""

    kind: Literal["boss"] = "boss"
    boss: Name = Field(description="the pool that plans and concludes")
    workers: list[Name] = Field(description="the pool of each part's worker, one after the other", min_length=1)
    parts: int = Field(3, ge=1, le=64, strict=True, description="parts of a task")
    plan: Tokens = Field(300.0, description="tokens of the plan")
    part_output: Tokens = Field(200.0, description="tokens of a worker's result")
    part_probit: Probit = Field(0.0, description="added to the workers' ability: a part may be easier than the whole")
    agent: Steps | None = Field(None, description="workers who take steps with tools before their result")
    verifier: Verifier | None = Field(None, description="what checks the whole before it is concluded")
    retries: int = Field(
        0, ge=0, le=50, strict=True, description="how often the workers begin again after a failed check"
    )
    feedback_probit: Probit = Field(
        0.85, description="what knowing of the failure adds to the workers' ability (Aider: 0.85)"
    )

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("boss", self.boss, architecture)
        yield from pool_faults("workers", self.workers, architecture)
        if (self.retries > 0) != (self.verifier is not None):
            yield "retries", "goes with `verifier`: what makes them work again, and how often"
        if self.verifier is not None:
            yield from self.verifier.faults("verifier")
            yield from pool_fault("verifier.pool", self.verifier.pool, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        crew = [self.workers[part % len(self.workers)] for part in range(self.parts)]
        plan = Call(pool=self.boss, next="deal", output=self.plan, coupled=False, keeps=True, solves=False)
        conclude = Call(pool=self.boss, next="end", prompt="context", solves=False, streams=True)
        graph: Nodes = {"plan": plan, **self._team("deal", crew, "conclude" if self.verifier is None else "check", 0.0)}
        if self.verifier is not None:
            graph |= self.verifier.nodes("check", "conclude", "again")
            graph["again"] = Loop(body="deal again", exit="conclude", times=self.retries, most=self.retries)
            graph |= self._team("deal again", crew, "recheck", self.feedback_probit)
            graph |= self.verifier.nodes("recheck", "conclude", "again")
        return {**graph, "conclude": conclude, "end": End()}

    def _team(self, name: str, crew: Sequence[str], then: str, feedback_probit: float) -> Nodes:
        """Workers of all parts side by side; one node for each pool."""
        probit = self.part_probit + feedback_probit
        collect = f"{name} collect"
        graph: Nodes = {
            name: Fork(to=[f"{name} {pool}" for pool in crew], join=collect, parts=True),
            collect: Join(next=then, rule="all", gather=True),
        }
        for pool in dict.fromkeys(crew):
            result = {"pool": pool, "next": collect, "prompt": "context", "output": self.part_output}
            if self.agent is None:
                graph[f"{name} {pool}"] = Call(**result, probit=probit)
            else:
                graph |= self.agent.nodes(f"{name} {pool}", pool, f"{name} {pool} result")
                graph[f"{name} {pool} result"] = Call(**result, probit=probit)
        return graph
