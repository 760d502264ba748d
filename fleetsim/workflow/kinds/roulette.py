"""A model drawn by lot for every step: what mixing alone does (roulette)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Name
from fleetsim.workflow.kinds.contract import Workflow, pool_faults, workflow
from fleetsim.workflow.nodes import Call, Delay, End, Loop, Nodes, Select
from fleetsim.workflow.parts import Steps

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class Roulette(Workflow):
    """An agent whose every step is done by a pool drawn at random; so is its answer."""

    kind: Literal["roulette"] = "roulette"
    pools: list[Name] = Field(description="the pools that are drawn from, each as likely", min_length=1, max_length=60)
    agent: Steps | None = Field(None, description="steps before the answer; without: the answer alone")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_faults("pools", self.pools, architecture)

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        answers = {f"answer of {pool}": pool for pool in self.pools}
        share = 1 / len(self.pools)
        graph: Nodes = {}
        if self.agent is not None:
            steps = {f"step of {pool}": pool for pool in self.pools}
            own = self.agent
            graph["work"] = Loop(
                body="tool", exit="draw answer", times=own.steps, most=own.most, difficulty=own.difficulty
            )
            graph["tool"] = Delay(time=own.tool, next="draw step")
            graph["draw step"] = Select(to=list(steps), shares=dict.fromkeys(steps, share))
            for name, pool in steps.items():
                step = {"added": own.growth_tokens, "output": own.output, "coupled": False, "keeps": True}
                graph[name] = Call(pool=pool, next="work", prompt="context", solves=False, **step)
        graph["draw answer"] = Select(to=list(answers), shares=dict.fromkeys(answers, share))
        for name, pool in answers.items():
            graph[name] = Call(pool=pool, next="end", prompt="context", streams=True)
        return {**graph, "end": End()}
