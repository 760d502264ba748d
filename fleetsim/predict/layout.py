"""How a model's ranks lie on the accelerators, as far as a point says it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fleetsim.errors import FleetsimError
from fleetsim.predict.rows import Point


class NoLayout(FleetsimError):
    """Ranks that do not lie on the accelerators; the words are the row's note."""


@dataclass(frozen=True)
class Layout:
    """Ranks and replicas; `tp` None: not given, to be found for `n` accelerators, or as many as it takes."""

    n: int | None
    tp: int | None
    pp: int = 1
    dp: int = 1
    ep: int = 1
    replicas: int = 1
    notes: tuple[str, ...] = ()


def layout_of(point: Point) -> Layout:
    """The layout of a point. Raises NoLayout if its numbers cannot be brought together."""
    n, tp, pp, ep, dp = (_whole(getattr(point, name)) for name in ("n_gpus", "tp", "pp", "ep", "dp"))
    if boards := re.search(r"cluster \((\d+)x", point.hardware.lower()):
        return _of_boards(int(boards[1]))
    pp, ep = pp or 1, ep or 1
    if "neuroncores" in point.notes.lower():  # ranks are counted in cores, devices in chips of two
        tp = n
    if n is None and tp is not None:
        n = tp * pp * (dp or 1)
    if tp is None and (dp or 1) == 1:
        return Layout(n, 1, pp) if n is not None and 1 < pp == n else Layout(n, None)
    read_tp, read_dp, replicas = _reconciled(n or 1, tp or max(1, (n or 1) // (pp * (dp or 1))), pp, dp or 1)
    notes = ()
    if tp is not None and (read_tp, read_dp) != (tp, dp or 1):
        notes = (f"tp {tp}, dp {dp or 1} on {n} accelerators read as tp {read_tp}, dp {read_dp}",)
    return Layout(n, read_tp, pp, read_dp, min(ep, read_tp * read_dp), replicas, notes)


def _of_boards(count: int) -> Layout:
    """A cluster of single boards, counted as one device: every tensor is cut over as many as a power of two allows.

    With layers one board after the other they would take turns: ten Raspberry Pi 5 read the 40 GB of a model of 70B
    in 2.4 s at best, and were measured to take half of it.
    """
    ranks = 2 ** (count.bit_length() - 1)
    return Layout(ranks, ranks, notes=(f"layout not given: tensors cut over {ranks} of {count} boards",))


def _whole(number: float | None) -> int | None:
    return int(number) if number else None


def _reconciled(n: int, tp: int, pp: int, dp: int) -> tuple[int, int, int]:
    """Ranks tp and dp, and replicas, that multiply to the number of accelerators.

    Exports of benchmark databases multiply the ranks of attention with those of the experts; the number of
    accelerators is what is right.
    """
    if tp * pp * dp == n:
        return tp, dp, 1
    if dp > 1 and tp * pp == n:  # the attention's data parallelism lies on the tensor-parallel ranks
        return 1, n // pp, 1
    if tp * pp < n and dp > 1:
        return tp, n // (tp * pp), 1
    if tp * pp > n:
        return max(1, n // pp), 1, 1
    if n % (tp * pp * dp) == 0:
        return tp, dp, n // (tp * pp * dp)
    raise NoLayout(f"tp {tp}, pp {pp} and dp {dp} do not make {n} accelerators")
