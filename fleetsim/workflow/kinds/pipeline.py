"""Modules in a row, some of them only for some tasks: each must get its part right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.durations import TimeLaw
from fleetsim.scenario.fields import Fraction, Model, MoreTokens, Name, Tokens
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Call, Delay, End, Loop, Nodes, Probit, Select
from fleetsim.workflow.parts import Verifier

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


class Stage(Model):
    """One module."""

    pool: Name = Field(description="the pool that does it")
    prompt: Literal["task", "context"] | Tokens = Field("context", description="what it reads; see a graph's call")
    added_tokens: MoreTokens = Field(0.0, alias="added", description="its own instructions")
    output: Literal["task"] | Tokens = Field("task", description="tokens it writes")
    share: Fraction = Field(1.0, description="share of tasks that need it; the others pass it by")
    tool: TimeLaw | None = Field(None, description="time of a look-up or a tool before it")
    probit: Probit = Field(0.0, description="added to its model's ability: an upgrade, a bad interface")
    verifier: Verifier | None = Field(None, description="what checks its result")
    retries: int = Field(0, ge=0, le=50, strict=True, description="how often a failed result is tried again")


@workflow
class Pipeline(Workflow):
    """Stages one after the other; an answer is right if every stage was."""

    kind: Literal["pipeline"] = "pipeline"
    stages: dict[Name, Stage] = Field(description="name -> module, in order", min_length=1, max_length=50)

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        for name, stage in self.stages.items():
            yield from pool_fault(f"stages.{name}.pool", stage.pool, architecture)
            if (stage.retries > 0) != (stage.verifier is not None):
                yield f"stages.{name}.retries", "goes with `verifier`: what is tried again, and how often"
            if stage.verifier is not None:
                yield from stage.verifier.faults(f"stages.{name}.verifier")
                yield from pool_fault(f"stages.{name}.verifier.pool", stage.verifier.pool, architecture)
        if all(stage.share < 1 for stage in self.stages.values()):
            yield "stages", "can all be passed by; at least one must be for every task (`share: 1`)"

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        graph: Nodes = {}
        names = list(self.stages)
        for part, name in enumerate(names):
            then = f"{names[part + 1]} begin" if part + 1 < len(names) else "end"
            graph |= self._stage(part, name, then)
        return {**graph, "end": End()}

    def _stage(self, part: int, name: str, then: str) -> Nodes:
        """Passed by, or tool, call, check and retries."""
        stage, graph = self.stages[name], {}
        work = f"{name} tool" if stage.tool is not None else name
        shares = {work: stage.share, then: 1 - stage.share} if stage.share < 1 else {work: 1.0}
        graph[f"{name} begin"] = Select(to=list(shares), shares=shares)
        if stage.tool is not None:
            graph[f"{name} tool"] = Delay(time=stage.tool, next=name)
        graph[name] = self._call(part, name, f"{name} check" if stage.verifier else then, stage=part > 0)
        if stage.verifier is not None:
            graph |= stage.verifier.nodes(f"{name} check", then, f"{name} again")
            graph[f"{name} again"] = Loop(body=f"{name} retry", exit=then, times=stage.retries, most=stage.retries)
            graph[f"{name} retry"] = self._call(part, name, f"{name} recheck", stage=False)
            graph |= stage.verifier.nodes(f"{name} recheck", then, f"{name} again")
        return graph

    def _call(self, part: int, name: str, then: str, *, stage: bool) -> Call:
        own = self.stages[name]
        return Call(
            pool=own.pool,
            next=then,
            prompt="task" if part == 0 and own.prompt == "context" else own.prompt,
            added=own.added_tokens,
            output=own.output,
            keeps=True,
            stage=stage,
            part=part,
            probit=own.probit,
        )
