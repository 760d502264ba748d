"""The rules of sizes and of the `capacity:` block: names that must exist, and a search that stays within reason."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from fleetsim.registry import unknown
from fleetsim.scenario.document import Flaw, dotted, parts
from fleetsim.scenario.draft import Draft, Rule
from fleetsim.scenario.keys import existing

MAX_CANDIDATES = 200_000
_FIXED = ("vary", "capacity", "extends", "name", "replications", "seed")


def sizes(draft: Draft) -> Iterator[Flaw]:
    """The sizes of a class rise, and stand instead of subjects."""
    for place, task_class in draft.classes():
        if task_class.sizes is None:
            continue
        if "domains" in task_class.model_fields_set:
            yield Flaw((*place, "sizes"), "cannot stand beside `domains`; leave one of them out")
        for (_, low), (name, high) in pairwise(task_class.sizes.items()):
            if high <= low:
                yield Flaw((*place, "sizes", name), f"{high:g} tokens are no more than the {low:g} of the size before")


def variables(draft: Draft) -> Iterator[Flaw]:
    """What is searched exists in the scenario, and the candidates can be counted."""
    if draft.scenario.capacity is None:
        return
    for path, values in draft.scenario.capacity.variables.items():
        place = ("capacity", "variables", path)
        if path.split(".")[0] in _FIXED:
            yield Flaw(place, "cannot be searched")
            continue
        try:
            existing(path, draft.data)
        except ValueError as error:
            yield Flaw(place, str(error))
        if len({repr(value) for value in values}) < len(values):
            yield Flaw(place, "names a candidate twice")
        if path.endswith(".replicas") and not all(type(value) is int and value >= 1 for value in values):
            yield Flaw(place, "has candidates that are no numbers of replicas; write whole numbers, or 1:12")
    count = _candidates(draft)
    if count > MAX_CANDIDATES:
        yield Flaw(("capacity", "variables"), f"makes {count:,} candidates; at most {MAX_CANDIDATES:,}")


def _candidates(draft: Draft) -> int:
    """How many fleets there are to choose from: a variable below one architecture concerns it alone."""
    variables = draft.scenario.capacity.variables
    places = {path: parts(draft.data, path) for path in variables}
    return sum(
        math.prod(
            len(values)
            for path, values in variables.items()
            if places[path][0] != "architectures" or places[path][1:2] == (name,)
        )
        for name in draft.scenario.architectures
    )


def competitors(draft: Draft) -> Iterator[Flaw]:
    """The architectures that the block names exist, and those to be steered can be."""
    capacity, known = draft.scenario.capacity, draft.scenario.architectures
    if capacity is None:
        return
    named = [(("architectures", n), name) for n, name in enumerate(capacity.architectures or [])]
    named += [(("steer", n), name) for n, name in enumerate(capacity.steer)]
    named += [(("curves", k, n), name) for k, some in capacity.curves.items() for n, name in enumerate(some)]
    named += [(("baseline",), capacity.baseline)] if capacity.baseline is not None else []
    for place, name in named:
        if name not in known:
            yield Flaw(("capacity", *place), unknown("architecture", name, known))
        elif place[0] == "steer" and known[name].workflow.kind != "by_size":
            yield Flaw(
                ("capacity", *place), f"{name!r} is of kind {known[name].workflow.kind}; only by_size is steered"
            )
        elif name not in capacity.concerned(known):
            yield Flaw(("capacity", *place), f"{name!r} does not compete; name it in `capacity.architectures` as well")


def allowed_regions(draft: Draft) -> Iterator[Flaw]:
    """Regions that may be bought in exist, and every pool that competes says where it stands."""
    capacity = draft.scenario.capacity
    if capacity is None or capacity.regions is None:
        return
    for n, name in enumerate(capacity.regions):
        if name not in draft.scenario.site.regions:
            yield Flaw(("capacity", "regions", n), unknown("region", name, draft.scenario.site.regions))
    for name in capacity.concerned(draft.scenario.architectures):
        for pool_name, pool in draft.scenario.architectures[name].pools.items():
            place = ("architectures", name, "pools", pool_name)
            if pool.region is None and dotted((*place, "region")) not in capacity.variables:
                yield Flaw(place, "has no region; write the one it stands in, for `capacity.regions` allows only some")


def scopes(draft: Draft) -> Iterator[Flaw]:
    """Each constraint has one limit and a scope that there is; there is room for runs and for error."""
    capacity = draft.scenario.capacity
    if capacity is None:
        return
    classes = [f"class {name}" for name in draft.scenario.workload.classes]
    for n, constraint in enumerate(capacity.constraints):
        if (constraint.at_most is None) == (constraint.at_least is None):
            yield Flaw(("capacity", "constraints", n), "needs either `at_most` or `at_least`, and not both")
        if constraint.scope != "all" and not constraint.scope.startswith("pool ") and constraint.scope not in classes:
            yield Flaw(("capacity", "constraints", n, "scope"), unknown("scope", constraint.scope, ["all", *classes]))
    if capacity.most_runs < capacity.first_runs:
        yield Flaw(("capacity", "most_runs"), f"is below `first_runs`, {capacity.first_runs}")
    if not 0 < capacity.error <= 0.5:
        yield Flaw(("capacity", "error"), "is no probability to be wrong with; write one such as 5 %")


CAPACITY_RULES: tuple[Rule, ...] = (sizes, variables, competitors, allowed_regions, scopes)
