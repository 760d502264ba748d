"""A classifier looks at the prompt and sends the task to a specialist."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from fleetsim.registry import unknown
from fleetsim.scenario.fields import Fraction, Model, Name, Tokens
from fleetsim.workflow.contract import Graph, PoolRoom, Workflow, pool_fault, workflow

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture

_SUM_TOLERANCE = 1e-6


class Classifier(Model):
    """The model that guesses a task's domain, and how often it is right."""

    pool: Name = Field(description="the pool that classifies: it costs and takes time like any other")
    accuracy: Fraction | None = Field(
        None, description="share of tasks of each domain recognised; errors fall evenly on the other routes"
    )
    confusion: dict[Name, dict[Name, Fraction]] | None = Field(
        None, description="true domain -> guessed domain -> share, instead of `accuracy`; each row adds up to 1"
    )
    prompt_limit: Tokens = Field(512.0, description="tokens of the prompt it reads")


@workflow
class Route(Workflow):
    """Each task is classified by one pool and answered by the pool its guessed domain is routed to."""

    kind: Literal["route"] = "route"
    classifier: Classifier = Field(description="what looks at the prompt first, and how often it is right")
    routes: dict[Name, Name] = Field(description="domain -> pool", min_length=1)

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("classifier.pool", self.classifier.pool, architecture)
        for domain, pool in self.routes.items():
            yield from pool_fault(f"routes.{domain}", pool, architecture)
        for domain in domains:
            if domain not in self.routes:
                yield "routes", f"has no route for domain {domain!r}; write `{domain}: POOL`"
        if (self.classifier.accuracy is None) == (self.classifier.confusion is None):
            yield "classifier", "needs either `accuracy` or `confusion`, and not both"
        elif self.classifier.confusion is not None:
            yield from self._confusion_faults(self.classifier.confusion, domains)

    def _confusion_faults(
        self, confusion: dict[str, dict[str, float]], domains: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        for domain in domains:
            if domain not in confusion:
                yield "classifier.confusion", f"has no row for domain {domain!r}; write `{domain}: {{{domain}: 1.0}}`"
        for domain, row in confusion.items():
            if domain not in domains:
                yield f"classifier.confusion.{domain}", unknown("domain", domain, domains)
            for label in row:
                if label not in self.routes:
                    yield f"classifier.confusion.{domain}.{label}", unknown("route", label, self.routes)
            total = math.fsum(row.values())
            if abs(total - 1) > _SUM_TOLERANCE:
                yield f"classifier.confusion.{domain}", f"adds up to {total:g}; the shares of a row add up to 1"

    def graph(self, pools: dict[str, PoolRoom], domains: Sequence[str]) -> Graph:
        """See the contract. Nodes: the classifier, the choice, a call for each route, the end."""
        graph, classifier = Graph(), pools[self.classifier.pool]
        # A classifier gives a label, one token, for which its context must have room.
        limit = min(int(self.classifier.prompt_limit), classifier.context_tokens - 1)
        graph.call(classifier.number, 1, answers=False, prompt_limit=limit, output_tokens=1)
        first = 2
        graph.select(list(range(first, first + len(self.routes))), self._shares(domains))
        end = first + len(self.routes)
        for pool in self.routes.values():
            graph.call(pools[pool].number, end, answers=True)
        graph.end()
        return graph

    def _shares(self, domains: Sequence[str]) -> np.ndarray:
        """Probabilities [domain, route] that a task of the domain takes the route."""
        labels = list(self.routes)
        if self.classifier.confusion is not None:
            return np.array([[self.classifier.confusion[d].get(label, 0.0) for label in labels] for d in domains])
        if len(labels) == 1:
            return np.ones((len(domains), 1))
        missed = (1 - self.classifier.accuracy) / (len(labels) - 1)
        return np.array([[self.classifier.accuracy if label == d else missed for label in labels] for d in domains])
