"""The scenario language: YAML files to checked, frozen scenarios.

Members of the language's families import this package's `fields` while `schema` is made of those members, so nothing is
imported here before it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetsim.scenario.editors import json_schema
    from fleetsim.scenario.loading import Loaded, load
    from fleetsim.scenario.vary import variations

__all__ = ["Loaded", "json_schema", "load", "variations"]

_HOMES = {
    "Loaded": "fleetsim.scenario.loading",
    "json_schema": "fleetsim.scenario.editors",
    "load": "fleetsim.scenario.loading",
    "variations": "fleetsim.scenario.vary",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
