"""A graph that the scenario writes itself, node by node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.scenario.fields import Name
from fleetsim.workflow.kinds.contract import Workflow, workflow
from fleetsim.workflow.nodes import Node, Nodes

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


@workflow
class GraphWorkflow(Workflow):
    """Nodes by name; a task enters the first. For what no other kind says."""

    kind: Literal["graph"] = "graph"
    graph: dict[Name, Node] = Field(alias="nodes", description="the nodes; a task enters the first", min_length=1)

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        return iter(())

    def place(self, path: str, what: str) -> tuple[str, str]:
        """See the contract: the user wrote the nodes."""
        return f"nodes.{path}".rstrip("."), what

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract."""
        return self.graph
