"""One scenario with other values at some of its paths: what sweeps, what-ifs and searches are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fleetsim.errors import InputFaults
from fleetsim.scenario import Loaded
from fleetsim.scenario.document import Document, Mark, Place, dotted, parts
from fleetsim.scenario.export import plain
from fleetsim.scenario.keys import existing
from fleetsim.scenario.loading import judge
from fleetsim.scenario.wording import shown
from fleetsim.units import RATE, Dimension

STUDIES = ("vary", "capacity")
"""Keys that say what is studied, not what is simulated."""


def changed(loaded: Loaded, values: Mapping[str, Any], mark: Mark | None = None) -> Loaded:
    """The scenario with these values (path -> value) and without what it says of studies.

    Faults are shown at `mark`, or where the path itself was written. Raises InputFaults with all of them.
    """
    document, places = loaded.document.copy(), {}
    for key in STUDIES:
        document.data.pop(key, None)
    for path, value in values.items():
        try:
            place = existing(path, document.data)
        except ValueError as error:
            raise InputFaults([_at(loaded.document, path, mark).fault((), f"{path}: {error}")]) from None
        places[place] = path
        document.put(place, value, mark or _mark(loaded.document, path, place))
    scenario, flaws = judge(document.data, loaded.base)
    if scenario is None or flaws:
        with_values = ", ".join(f"{path} {shown(value)}" for path, value in values.items())
        told = [(flaw.place, f"with {with_values}: {flaw.what}" if values else flaw.what) for flaw in flaws]
        raise InputFaults(list(dict.fromkeys(document.fault(place, what) for place, what in told)))
    return Loaded(scenario, loaded.file, loaded.base, loaded.text, loaded.inputs, document)


def _at(document: Document, path: str, mark: Mark | None) -> Document:
    return Document(None, {(): mark or document.mark(())})


def _mark(document: Document, path: str, place: Place) -> Mark:
    """Where a study's block names the path, else where the path is written."""
    for key in STUDIES:
        for named in ((key, path), (key, "variables", path)):
            if named in document.marks:
                return document.marks[named]
    return document.mark(place)


def concerns(loaded: Loaded, path: str, architecture: str) -> bool:
    """Whether a path has anything to do with an architecture."""
    place = parts(loaded.document.data, path)
    return place[0] != "architectures" or len(place) < 2 or place[1] == architecture


def scaled_load(loaded: Loaded, factor: float) -> dict[str, Any]:
    """path -> value of the arrivals that bring `factor` times the load: rates, the scale of traces, closed clients."""
    workload = loaded.scenario.workload
    sources = {("workload", "arrivals"): workload.arrivals}
    sources |= {("workload", "classes", name, "arrivals"): own.arrivals for name, own in workload.classes.items()}
    return {
        dotted(place): plain(_scaled(arrivals, factor)) for place, arrivals in sources.items() if arrivals is not None
    }


def _scaled(arrivals: Any, factor: float) -> Any:
    """Arrivals with `factor` times as many tasks; whatever else they say stays."""
    fields = type(arrivals).model_fields
    if "rate_scale" in fields:
        return arrivals.model_copy(update={"rate_scale": arrivals.rate_scale * factor})
    if "clients" in fields:
        return arrivals.model_copy(update={"clients": max(1, round(arrivals.clients * factor))})
    update: dict[str, Any] = {}
    for name, field in fields.items():
        value = getattr(arrivals, name)
        if _is_rate(field.metadata):
            update[name] = value * factor
        elif isinstance(value, tuple) and value and hasattr(type(value[0]), "model_fields"):
            update[name] = tuple(_scaled(each, factor) for each in value)
    return arrivals.model_copy(update=update)


def _is_rate(metadata: list[Any]) -> bool:
    return any(isinstance(each, Dimension) and each is RATE for each in metadata)
