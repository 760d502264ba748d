"""What a workflow may know of the fleet and the workload when it becomes tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleetsim.scenario.fields import Model
from fleetsim.workflow.nodes import Call, exits


@dataclass(frozen=True)
class PoolRoom:
    """What a workflow may know of a pool."""

    number: int  # row in the plan
    context_tokens: int  # longest prompt plus answer
    model: int = -1  # row of the quality tables
    usd_per_prompt_token: float = 0.0  # as expected before the run, at a well filled batch
    usd_per_output_token: float = 0.0
    s_per_prompt_token: float = 0.0
    s_per_output_token: float = 0.0


@dataclass(frozen=True)
class Room:
    """Pools by name, and what tasks are like."""

    pools: Mapping[str, PoolRoom]
    domains: Sequence[str]
    classes: Sequence[str]
    prompt_tokens: float  # means over the workload
    output_tokens: float
    ability: np.ndarray  # float64[judged model, domain], see quality.answers.Quality
    seed: int = 0

    def first_call(self, node: str, nodes: Mapping[str, Model]) -> Call | None:
        """The first call on the way from a node, by the order of branches."""
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            name = waiting.pop(0)
            if isinstance(nodes[name], Call) and nodes[name].solves:
                return nodes[name]
            if name not in seen:
                seen.add(name)
                waiting += exits(nodes[name]).values()
        return None

    def first_model(self, node: str, nodes: Mapping[str, Model]) -> int:
        """Row of the quality tables of the first call on the way from a node; -1 without."""
        call = self.first_call(node, nodes)
        return self.pools[call.pool].model if call is not None else -1

    def expected(self, call: Call) -> tuple[float, float]:
        """(dollars, seconds) of a call, before the run and without waiting."""
        pool = self.pools[call.pool]
        prompt = call.prompt if isinstance(call.prompt, float) else self.prompt_tokens
        output = call.output_scale * (call.output if isinstance(call.output, float) else self.output_tokens)
        prompt += call.added_tokens
        usd = prompt * pool.usd_per_prompt_token + output * pool.usd_per_output_token
        return usd, prompt * pool.s_per_prompt_token + output * pool.s_per_output_token
