"""The scenario language as JSON Schema, for editors: completion, hover texts, red lines while typing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from fleetsim.scenario.export import measures_of, plain
from fleetsim.scenario.rules import BalancerChoice, QueueOrderChoice, SelectorChoice
from fleetsim.scenario.schema import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a scenario: quantities as text with examples, families as unions."""
    from fleetsim.policies.balancers import BALANCERS
    from fleetsim.policies.scheduling import QUEUE_ORDERS
    from fleetsim.policies.selectors import SELECTORS

    schema = Scenario.model_json_schema()
    for model in dict.fromkeys(_models(Scenario)):
        long_name = f"{model.__module__}.{model.__qualname__}".replace(".", "__")
        names = [name for name in (model.__name__, long_name) if name in schema["$defs"]]
        for shape in [schema] if model is Scenario else [schema["$defs"][name] for name in names]:
            _write_defaults(shape, model)
    for shape in _shapes(schema):
        _close(shape)
    _close_rules(schema["$defs"][BalancerChoice.__name__], BALANCERS)
    _close_rules(schema["$defs"][QueueOrderChoice.__name__], QUEUE_ORDERS)
    _close_rules(schema["$defs"][SelectorChoice.__name__], SELECTORS)
    return {"$schema": DIALECT, **schema, "title": "fleetsim scenario"}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """All models that a type holds, the fields' types included."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    for part in get_args(annotation):
        yield from _models(part)


def _write_defaults(shape: dict[str, Any], model: type[BaseModel]) -> None:
    """Defaults as a user would write them, not in base units."""
    for name, field in model.model_fields.items():
        if not field.is_required():
            default = field.get_default(call_default_factory=True)
            shape["properties"][field.alias or name]["default"] = plain(default, measures_of(field))


def _shapes(value: Any) -> Iterator[dict[str, Any]]:
    """All mappings of a schema, at every depth."""
    if isinstance(value, dict):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _shapes(below)


def _close(shape: dict[str, Any]) -> None:
    """Name what validation asks for: no names but well-formed ones, and a `kind` where there are several."""
    if "patternProperties" in shape:
        shape["additionalProperties"] = False
    if "oneOf" in shape and "discriminator" not in shape:  # 'auto' is text, as a duration is
        shape["anyOf"] = shape.pop("oneOf")
    if "const" in shape.get("properties", {}).get("kind", {}):
        shape["required"] = ["kind", *(key for key in shape.get("required", ()) if key != "kind")]
        shape["properties"]["kind"].pop("default", None)


def _close_rules(shape: dict[str, Any], rules: Mapping[str, Any]) -> None:
    """The policies that there are, with their knobs."""
    shape["properties"]["kind"]["enum"] = list(rules)
    for rule in rules.values():
        for knob, default in rule.knobs.items():
            shape["properties"][knob] = {"type": "number", "description": f"{rule.name}: by default {default:g}"}
    shape["additionalProperties"] = False
