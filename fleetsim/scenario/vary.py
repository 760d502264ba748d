"""`vary`: every combination of the values a scenario tries."""

from __future__ import annotations

import itertools
from typing import Any

from fleetsim.errors import Fault, InputFaults
from fleetsim.scenario.document import Document, Flaw, Place, dotted
from fleetsim.scenario.keys import existing
from fleetsim.scenario.loading import Loaded, judge
from fleetsim.scenario.wording import shown


def variations(loaded: Loaded) -> list[tuple[dict[str, Any], Loaded]]:
    """Every combination of the scenario's `vary` as (path -> value, scenario with these values and without `vary`).

    The last path varies fastest. A scenario that varies nothing is its own only combination.
    Raises InputFaults, naming the lines of `vary`, if a combination is no sound scenario.
    """
    vary = loaded.document.data.get("vary") or {}
    grid, faults = [], []
    for picks in itertools.product(*(range(len(values)) for values in vary.values())):
        chosen = dict(zip(vary, picks, strict=True))
        document, places = _chosen(loaded.document, chosen)
        scenario, flaws = judge(document.data, loaded.base)
        faults += [_fault(loaded, chosen, places, flaw) for flaw in flaws]
        if scenario is not None:
            values = {path: vary[path][pick] for path, pick in chosen.items()}
            grid.append((values, Loaded(scenario, loaded.file, loaded.base, loaded.text, loaded.inputs, document)))
    if faults:
        raise InputFaults(list(dict.fromkeys(faults)))
    return grid


def _chosen(source: Document, chosen: dict[str, int]) -> tuple[Document, dict[str, Place]]:
    """The document with one value for each path, marked with the lines of the values; and where the paths lead."""
    document, places = source.copy(), {}
    document.data.pop("vary", None)
    for path, pick in chosen.items():
        places[path] = existing(path, document.data)
        document.put(places[path], source.data["vary"][path][pick], source.mark(("vary", path, pick)))
    return document, places


def _fault(loaded: Loaded, chosen: dict[str, int], places: dict[str, Place], flaw: Flaw) -> Fault:
    """The flaw at the line of the varied value nearest to its place."""
    path = max(chosen, key=lambda path: _shared(places[path], flaw.place))
    value = loaded.document.data["vary"][path][chosen[path]]
    at_it = _shared(places[path], flaw.place) == len(places[path])
    what = flaw.what if at_it else f"with {shown(value)}, {dotted(flaw.place)}: {flaw.what}"
    return loaded.document.fault(("vary", path, chosen[path]), what)


def _shared(one: Place, other: Place) -> int:
    """How many parts two places have in common from the start."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
