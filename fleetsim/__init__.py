"""fleetsim: which architecture, on which hardware, serves a workload at which latency, cost and energy.

The verbs are `load`, `simulate`, `compare`, `sweep` and `save`; a `Study` gives its results as pandas frames:

    study = fleetsim.simulate("quickstart", replications=3)
    study.frame()   # every figure; also study.calls(), study.tasks(), study.timeline()
    fleetsim.save(study, "out/quickstart")

    fleetsim.compare("quickstart").judged                                    # paired differences with verdicts
    fleetsim.sweep("quickstart", vary=["seed=1:9:9"]).table().frame()        # many points, figures alone

Nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetsim.errors import FleetsimError, InputFaults
    from fleetsim.study.compare import compare
    from fleetsim.study.output import save
    from fleetsim.study.results import Study
    from fleetsim.study.run import load, simulate
    from fleetsim.study.sweep import sweep

__version__ = "0.1.0"

__all__ = ["FleetsimError", "InputFaults", "Study", "compare", "load", "save", "simulate", "sweep"]

_HOMES = {
    "FleetsimError": "fleetsim.errors",
    "InputFaults": "fleetsim.errors",
    "Study": "fleetsim.study.results",
    "capacity": "fleetsim.study.capacity",
    "compare": "fleetsim.study.compare",
    "load": "fleetsim.study.run",
    "save": "fleetsim.study.output",
    "search": "fleetsim.study.search",
    "simulate": "fleetsim.study.run",
    "sweep": "fleetsim.study.sweep",
    "whatif": "fleetsim.study.whatif",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
