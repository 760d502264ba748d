"""The contract of a workflow kind: a part of the scenario language that expands to a graph of named nodes.

A member is a frozen class with `kind: Literal[...]`, its keys as fields, and two methods: `faults` says what does not
go with the architecture or the workload, `nodes` makes the graph. What nodes there are: `nodes.py`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from fleetsim.registry import unknown
from fleetsim.scenario.families import WORKFLOWS
from fleetsim.scenario.fields import Model
from fleetsim.workflow import structure
from fleetsim.workflow.nodes import Nodes

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture


class Workflow(Model):
    """Base of the workflow kinds."""

    @abstractmethod
    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(path below `workflow`, what is wrong) for all that does not go with the pools or the workload's domains."""

    def all_faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """`faults`, or where there are none those of the graph that the kind makes."""
        own = list(self.faults(architecture, domains))
        yield from own
        if not own:
            for path, what in structure.faults(self.nodes(domains), architecture, tuple(domains)):
                yield self.place(path, what)

    def cautions(self, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(path below `workflow`, what may not be meant) for what is allowed, asked only where there are no faults."""
        yield from ()

    def place(self, path: str, what: str) -> tuple[str, str]:
        """Where the user reads of what is wrong at a path of the graph, and in which words."""
        return "", f"makes a graph in which {path} {what}" if path else f"makes a graph that {what}"

    @abstractmethod
    def nodes(self, domains: Sequence[str]) -> Nodes:
        """The graph; a task enters its first node. Asked only where there are no faults."""


Kind = TypeVar("Kind", bound=type[Workflow])


def workflow(member: Kind) -> Kind:
    """Register a workflow kind under the default of its `kind`."""
    WORKFLOWS.add(member.model_fields["kind"].default, member)
    return member


def pool_fault(path: str, name: str | None, architecture: Architecture) -> Iterator[tuple[str, str]]:
    """A fault if a pool is named that the architecture does not have."""
    if name is not None and name not in architecture.pools:
        yield path, unknown("pool", name, architecture.pools)


def pool_faults(path: str, names: Iterable[str], architecture: Architecture) -> Iterator[tuple[str, str]]:
    """The same of each pool of a list or mapping."""
    pairs = names.items() if isinstance(names, Mapping) else enumerate(names)
    for key, name in pairs:
        yield from pool_fault(f"{path}.{key}", name, architecture)
