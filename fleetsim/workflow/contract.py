"""The contract of a workflow kind: a part of the scenario language that expands to a graph of nodes.

A member is a frozen class with `kind: Literal[...]`, its keys as fields, and two methods: `faults` says what does not
go with the architecture or the workload, `graph` makes the nodes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fleetsim.registry import unknown
from fleetsim.scenario.families import WORKFLOWS
from fleetsim.scenario.fields import Model
from fleetsim.tables import NODES, NodeKind

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@dataclass(frozen=True)
class PoolRoom:
    """What a workflow may know of a pool when it makes its nodes."""

    number: int  # row in the plan
    context_tokens: int  # longest prompt plus answer


class Workflow(Model):
    """Base of the workflow kinds."""

    @abstractmethod
    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(path below `workflow`, what is wrong) for all that does not go with the pools or the workload's domains."""

    @abstractmethod
    def graph(self, pools: dict[str, PoolRoom], domains: Sequence[str]) -> Graph:
        """The nodes of the workflow; the rows of selection tables follow the order of `domains`."""


Kind = TypeVar("Kind", bound=type[Workflow])


def workflow(member: Kind) -> Kind:
    """Register a workflow kind under the default of its `kind`."""
    WORKFLOWS.add(member.model_fields["kind"].default, member)
    return member


def pool_fault(path: str, name: str, architecture: Architecture) -> Iterator[tuple[str, str]]:
    """A fault if the architecture has no pool of that name."""
    if name not in architecture.pools:
        yield path, unknown("pool", name, architecture.pools)


@dataclass
class Graph:
    """A workflow as node tables; a task enters the first node added."""

    rows: list[dict[str, int]] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    cdf: list[float] = field(default_factory=list)

    def call(self, pool: int, follows: int, *, answers: bool, prompt_limit: int = -1, output_tokens: int = -1) -> int:
        """Add a call of a pool with the task's prompt; returns its node."""
        self.rows.append(
            {
                "kind": NodeKind.CALL,
                "pool": pool,
                "prompt_tokens": -1,
                "prompt_limit": prompt_limit,
                "output_tokens": output_tokens,
                "next": follows,
                "answers": answers,
            }
        )
        return len(self.rows) - 1

    def select(self, targets: Sequence[int], shares: np.ndarray) -> int:
        """Add a choice among `targets`; shares[domain, target] are its probabilities. Returns its node."""
        shares = np.asarray(shares, float)
        self.rows.append(
            {
                "kind": NodeKind.SELECT,
                "first_branch": len(self.targets),
                "branches": len(targets),
                "cdf_offset": len(self.cdf),
            }
        )
        self.targets += targets
        self.cdf += np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1).ravel().tolist()
        return len(self.rows) - 1

    def end(self) -> int:
        """Add an end; returns its node."""
        self.rows.append({"kind": NodeKind.END})
        return len(self.rows) - 1

    def nodes(self) -> np.recarray:
        """The rows as tables.NODES."""
        table = NODES.empty(len(self.rows))
        for number, row in enumerate(self.rows):
            for column, value in row.items():
                table[column][number] = value
        return table
