"""Policies named in a scenario, with their knobs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from fleetsim.scenario.fields import Model, Name


def named(value: Any) -> Any:
    """`balancer: random` is short for `balancer: {kind: random}`."""
    return {"kind": value} if isinstance(value, str) else value


class _Choice(Model):
    """A rule by name; its further keys are knobs, which checks hold to the rule's own list."""

    model_config = Model.model_config | {"extra": "allow"}


class BalancerChoice(_Choice):
    """A balancer by name, with its knobs."""

    kind: Name = Field(description="see `fleetsim list balancers`")


class QueueOrderChoice(_Choice):
    """A queue order by name, with its knobs."""

    kind: Name = Field(description="see `fleetsim list queue-orders`")


class SelectorChoice(_Choice):
    """A selector by name, with its knobs."""

    kind: Name = Field(description="see `fleetsim list selectors`")


Balancing = Annotated[BalancerChoice, BeforeValidator(named, json_schema_input_type=BalancerChoice | Name)]
Ordering = Annotated[QueueOrderChoice, BeforeValidator(named, json_schema_input_type=QueueOrderChoice | Name)]
Selecting = Annotated[SelectorChoice, BeforeValidator(named, json_schema_input_type=SelectorChoice | Name)]
