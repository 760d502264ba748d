"""fleetsim: which architecture, on which hardware, serves a workload at which latency, cost and energy.

The verbs are `load`, `simulate` and `save`; a `Study` gives its results as pandas frames:

    study = fleetsim.simulate("quickstart", replications=3)
    study.frame()   # every figure; also study.calls(), study.tasks(), study.timeline()
    fleetsim.save(study, "out/quickstart")

Nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetsim.errors import FleetsimError, InputFaults
    from fleetsim.study.output import save
    from fleetsim.study.results import Study
    from fleetsim.study.run import load, simulate

__version__ = "0.1.0"

__all__ = ["FleetsimError", "InputFaults", "Study", "load", "save", "simulate"]

_HOMES = {
    "FleetsimError": "fleetsim.errors",
    "InputFaults": "fleetsim.errors",
    "Study": "fleetsim.study.results",
    "load": "fleetsim.study.run",
    "save": "fleetsim.study.output",
    "simulate": "fleetsim.study.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
