"""Plain text that reads well: aligned columns, numbers with the digits that mean something."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

NONE = "n/a"
WIDTH = 100
NO_TARGETS = "No class of tasks has a target: write `slo: {ttft: 2 s}` in one to see what is kept and what that costs."


def grid(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), indent: str = "", rule: bool = True) -> str:
    """Rows as aligned columns, the first row as heading; `right` are the columns set flush right."""
    columns = range(max(map(len, rows)))
    widths = [max(len(row[c]) for row in rows if c < len(row)) for c in columns]
    lines = []
    for row in rows:
        cells = [text.rjust(widths[c]) if c in right else text.ljust(widths[c]) for c, text in enumerate(row)]
        lines.append((indent + "  ".join(cells)).rstrip())
    if rule:
        lines.insert(1, indent + "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def wrapped(text: str, indent: str = "  ", first: str = "") -> str:
    """Text in lines of at most WIDTH characters, all but the first indented."""
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)


def three(value: float) -> str:
    """Three significant digits, thousands apart: `12,300`, `12.3`, `0.0123`."""
    if not math.isfinite(value):
        return NONE
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    if abs(rounded) < 1e-4:
        return f"{rounded:.2e}"
    return f"{rounded:,.{max(0, 2 - math.floor(math.log10(abs(rounded))))}f}"


def give_or_take(value: float, half: float) -> str:
    """`12.34 ± 0.56`: the half-width with two significant digits, the value with as many decimals."""
    decimals = _decimals(half)
    return f"{value:,.{decimals}f} ± {half:,.{decimals}f}"


def _decimals(half: float) -> int:
    return min(9, max(0, 1 - math.floor(math.log10(half)))) if half > 0 else 0


def spread(value: float, low: float, high: float, share: bool) -> str:
    """A value with its interval: `12.34 ± 0.56`; of a share, which has less room to one side, `98.7 (96.1 to 99.6)`."""
    if not share:
        return give_or_take(value, max(high - value, value - low))
    decimals = _decimals((high - low) / 2)
    return f"{value:.{decimals}f} ({low:.{decimals}f} to {high:.{decimals}f})"


def bytes_text(size: float) -> str:
    """`16.1 GB`; decimal units, as hardware is sold."""
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{three(size / scale)} {unit}"
    return f"{size:g} B"


def time_text(seconds: float) -> str:
    """`12.3 ms`, in the unit that suits it."""
    if seconds == 0:
        return "0 s"
    if seconds >= 120:
        unit, scale = ("h", 3600.0) if seconds >= 7200 else ("min", 60.0)
        return f"{seconds / scale:.3g} {unit}"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{three(seconds / scale)} {unit}"
    return f"{three(seconds / 1e-9)} ns"
