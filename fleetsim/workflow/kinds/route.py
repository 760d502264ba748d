"""A classifier looks at the prompt and sends the task to a specialist."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from fleetsim.registry import unknown
from fleetsim.scenario.fields import Fraction, Model, Name, Tokens
from fleetsim.workflow.kinds.contract import Workflow, pool_fault, workflow
from fleetsim.workflow.nodes import Auc, Call, End, Fork, Join, Nodes, Select

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
    routes: dict[Name, Name | list[Name]] = Field(
        description="domain -> pool, or a set of pools that answer side by side", min_length=1
    )
    pick: Literal["vote", "best"] = Field(
        "vote", description="of a set: the most frequent answer, or the best by a verifier"
    )
    auc: Auc | None = Field(None, description="pick best: how well the verifier tells right from wrong")

    def faults(self, architecture: Architecture, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        yield from pool_fault("classifier.pool", self.classifier.pool, architecture)
        for domain, pools in self.routes.items():
            for pool in _set(pools):
                yield from pool_fault(f"routes.{domain}", pool, architecture)
        if (self.pick == "best") != (self.auc is not None):
            yield "auc", "goes with pick: best, and pick: best needs it"
        for domain in domains:
            if domain not in self.routes:
                yield "routes", f"has no route for domain {domain!r}; write `{domain}: POOL`"
        if (self.classifier.accuracy is None) == (self.classifier.confusion is None):
            yield "classifier", "needs either `accuracy` or `confusion`, and not both"
        elif self.classifier.confusion is not None:
            yield from self._confusion_faults(self.classifier.confusion, domains)

    def cautions(self, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
        """See the contract."""
        for label in self.routes:
            if label not in domains:
                what = f"no task is of domain {label!r}, so that wrong guesses alone come there"
                yield f"routes.{label}", f"{what}; tasks have {', '.join(domains)}: see `domains` of a class"

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

    def nodes(self, domains: Sequence[str]) -> Nodes:
        """See the contract. The classifier gives a label, one token; then the choice, and a call for each route."""
        answers: Nodes = {}
        for label, pools in self.routes.items():
            answers |= self._answer(f"answer {label}", _set(pools))
        classify = Call(
            pool=self.classifier.pool,
            next="choose",
            prompt_limit=self.classifier.prompt_limit,
            output=1,
            solves=False,
        )
        return {
            "classify": classify,
            "choose": Select(to=[f"answer {label}" for label in self.routes], by_domain=self._shares(domains)),
            **answers,
            "end": End(),
        }

    def _answer(self, name: str, pools: Sequence[str]) -> Nodes:
        """One pool answers, or several side by side."""
        if len(pools) == 1:
            return {name: Call(pool=pools[0], next="end", streams=True)}
        calls: Nodes = {f"{name} by {pool}": Call(pool=pool, next=f"{name} pick") for pool in pools}
        pick = Join(next="end", rule=self.pick, auc=self.auc)
        return {name: Fork(to=list(calls), join=f"{name} pick"), **calls, f"{name} pick": pick}

    def _shares(self, domains: Sequence[str]) -> dict[str, dict[str, float]]:
        """domain -> the call of a route -> probability that a task of the domain takes it."""
        labels = list(self.routes)
        if self.classifier.confusion is not None:
            rows = {d: self.classifier.confusion[d] for d in domains}
        elif len(labels) == 1:
            rows = {d: {labels[0]: 1.0} for d in domains}
        else:
            missed = (1 - self.classifier.accuracy) / (len(labels) - 1)
            rows = {d: {label: self.classifier.accuracy if label == d else missed for label in labels} for d in domains}
        return {d: {f"answer {label}": share for label, share in row.items()} for d, row in rows.items()}


def _set(pools: str | list[str]) -> list[str]:
    return [pools] if isinstance(pools, str) else list(dict.fromkeys(pools))
