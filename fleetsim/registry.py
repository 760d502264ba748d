"""Families of interchangeable things, found by folder: a new member is one new file."""

from __future__ import annotations

import difflib
import importlib
import math
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

Member = TypeVar("Member")

_SHORT_LIST, _NEAREST = 12, 4  # names that are listed all; of a longer list, those that are


class Family(Mapping[str, Member], Generic[Member]):
    """The members of one family by name, e.g. the balancers; imports its folder when first asked.

    `noun` is the word for one member in error messages, `package` the folder whose modules hold them, `listed` what
    `fleetsim list` calls them all.
    """

    def __init__(self, noun: str, package: str, listed: str = "") -> None:
        self.noun, self.package, self.listed = noun, package, listed
        self._members: dict[str, Member] = {}
        self._discovered = False

    def add(self, name: str, member: Member) -> None:
        """Register a member; two of one name are a programming error."""
        if name in self._members:
            raise ValueError(f"two {self.noun}s are named {name!r}")
        self._members[name] = member

    def _discover(self) -> None:
        if self._discovered:
            return
        self._discovered = True  # first, for a member that asks for its family while it is imported
        try:
            for module in pkgutil.iter_modules(importlib.import_module(self.package).__path__):
                importlib.import_module(f"{self.package}.{module.name}")
        except BaseException:
            self._discovered = False
            raise

    def __getitem__(self, name: str) -> Member:
        self._discover()
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        self._discover()
        return iter(sorted(self._members))

    def __len__(self) -> int:
        self._discover()
        return len(self._members)

    def unknown(self, name: str) -> str:
        """The sentence for a name that no member has, with the nearest ones."""
        return unknown(self.noun, name, self, f"`fleetsim list {self.listed}` shows all" if self.listed else "")


def unknown(noun: str, name: str, known: Iterable[str], where_all_are: str = "") -> str:
    """`no balancer 'least_token'; did you mean 'least_tokens'?`, or the list of what there is.

    Of a long list only the names most like it, and how many there are; `where_all_are` says where to see them.
    """
    names = sorted(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    if close:
        hint = f"did you mean {close[0]!r}?"
    elif len(names) <= _SHORT_LIST:
        hint = f"write one of {', '.join(names)}"
    else:
        nearest = difflib.get_close_matches(str(name), names, n=_NEAREST, cutoff=0.0)
        hint = f"the nearest of {len(names)} are {', '.join(nearest)}" + (where_all_are and f"; {where_all_are}")
    return f"no {noun} {name!r}; {hint}"


def knob_faults(rule: str, given: Mapping[str, object], known: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """(knob, what is wrong) for all given knobs that the rule does not have or that are no finite numbers."""
    for name, value in given.items():
        if name not in known:
            yield name, unknown("knob", name, known) if known else f"{rule} has no knobs; leave it out"
        elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            yield name, f"{value!r} is not a number; its default is {known[name]:g}"
