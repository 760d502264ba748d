"""Picks from streams of draws, for scenarios made at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from fleetsim.luck import choice

Thing = TypeVar("Thing")


class Dice:
    """Picks from a stream of draws of its own."""

    def __init__(self, number: int) -> None:
        self._number, self._draws = number, 0

    def below(self, count: int) -> int:
        """A whole number below `count`."""
        self._draws += 1
        return int(choice(self._number, self._draws, count))

    def pick(self, things: Sequence[Thing]) -> Thing:
        """One of the things."""
        return things[self.below(len(things))]

    def one_in(self, count: int) -> bool:
        """True once in `count` times."""
        return self.below(count) == 0
