"""Numbers and names as a reader wants them: three digits, a fitting unit, no invisible characters."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from fleetsim.metrics.contract import Figure

NONE = "n/a"
GAP = "\u00a0"  # no line ends between a number and its unit
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}  # controls, bidi and zero-width, lone surrogates, separators, unassigned
_SPACE = re.compile(r"\s+")


def clean(text: object) -> str:
    """The text without control, bidi and invisible characters; line ends and tabs stay."""
    return "".join(c for c in str(text) if c in "\n\t" or unicodedata.category(c) not in _HIDDEN)


def label(text: object, longest: int = 60) -> str:
    """A name on one line, cut where it is too long to be set in a chart or table."""
    line = _SPACE.sub(" ", clean(text)).strip() or "(no name)"
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def digits(value: float) -> str:
    """Three significant digits: `1,230`, `12.3`, `0.00123`, `4.56 million`."""
    if not math.isfinite(value):
        return NONE
    rounded = float(f"{value:.3g}")
    size = abs(rounded)
    for scale, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if size >= scale:
            return f"{float(f'{rounded / scale:.3g}'):g} {name}"
    if rounded == 0:
        return "0"
    if size < 1e-4:
        return f"{rounded:.2e}"
    return f"{rounded:,.{max(0, 2 - math.floor(math.log10(size)))}f}"


def plainly(value: float) -> str:
    """A number that somebody chose, without the zeros that say how exact a result is: `2`, `0.5`, `1,250`."""
    text = digits(value)
    return re.sub(r"\.?0+(?=\D|$)", "", text, count=1) if "." in text and "e" not in text else text


def dollars(usd: float, per: str = "") -> str:
    """`$12.3`, with what it is paid per behind it."""
    return f"${digits(usd)}{per}" if math.isfinite(usd) else NONE


def percent(share: float) -> str:
    """`98.7 %`; a share short of one is never shown as 100 %."""
    return f"{_percents((share,))[0]}{GAP}%" if math.isfinite(share) else NONE


def chosen_share(share: float) -> str:
    """A share that somebody chose, without the zeros that say how exact a result is: `99 %`."""
    return f"{share * 100:g}{GAP}%"


def _percents(shares: tuple[float, ...]) -> list[str]:
    """Percentages with as many decimals (one to four) as keep different ones apart, also from 0 and 100."""
    shares = tuple(min(1.0, max(0.0, share)) for share in shares)
    for decimals in (1, 2, 3, 4):
        texts = [f"{share * 100:.{decimals}f}" if 0 < share < 1 else f"{share * 100:.0f}" for share in shares]
        if len({float(text) for text in (*texts, "0", "100")}) == len({*shares, 0.0, 1.0}):
            return texts
    return [_at_the_edge(text, share) for text, share in zip(texts, shares, strict=True)]


def _at_the_edge(text: str, share: float) -> str:
    if float(text) == 100 and share < 1:
        return "> 99.9999"
    return "< 0.0001" if float(text) == 0 and share > 0 else text


@dataclass(frozen=True)
class Kind:
    """How a figure is called and shown: `scale` times its value, between `before` and `after`.

    `time`: that product is in seconds and is shown in the unit that suits it; `share`: it is shown in per cent.
    """

    label: str
    before: str = ""
    after: str = ""
    scale: float = 1.0
    time: bool = False
    share: bool = False

    def texts(self, *values: float) -> list[str]:
        """The values as text without unit, all in the unit that suits the first."""
        if self.share:
            return _percents(values)
        scale = self.scale * (_time_unit(values[0] * self.scale)[0] if self.time else 1.0)
        return [digits(v * scale) for v in values]

    def unit(self, value: float) -> str:
        """What stands behind the number."""
        if self.share:
            return f"{GAP}%"
        return f"{GAP}{_time_unit(value * self.scale)[1]}" if self.time else self.after.replace(" ", GAP)

    def say(self, value: float) -> str:
        """The value with its unit."""
        if not math.isfinite(value):
            return NONE
        return f"{self._signed(self.texts(value)[0])}{self.unit(value)}"

    def _signed(self, text: str) -> str:
        """The number behind what stands before it, a minus before both."""
        return f"-{self.before}{text[1:]}" if text.startswith("-") else f"{self.before}{text}"

    def interval(self, figure: Figure) -> str:
        """The figure's interval, in the unit of its value; empty if it has none or is of no width."""
        if figure.low is None or figure.high is None or not math.isfinite(figure.low + figure.high):
            return ""
        if figure.low == figure.value == figure.high:
            return ""
        value, low, high = self.texts(figure.value, figure.low, figure.high)
        if value == low == high:
            return ""  # narrower than what is shown of it
        return f"{self._signed(low)} to {self._signed(high)}{self.unit(figure.value)}"

    def say_both(self, figure: Figure) -> str:
        """`$1.23 ($1.20 to $1.26)`."""
        span = self.interval(figure)
        if not span:
            return self.say(figure.value)
        value = self.texts(figure.value, figure.low, figure.high)[0]  # with the digits that the interval has
        return f"{self._signed(value)}{self.unit(figure.value)} ({span})"


def _time_unit(seconds: float) -> tuple[float, str]:
    size = abs(seconds)
    if size >= 600:
        return 1 / 60, "min"
    if size >= 1:
        return 1.0, "s"
    return (1e3, "ms") if size >= 1e-3 or size == 0 else (1e6, "µs")


def listed(names: list[str]) -> str:
    """`a, b and c`; of more than three only the first two by name."""
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} others"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def span(low: float | None, high: float | None) -> str:
    """`1.20 to 1.40`; empty where there is no interval."""
    return "" if low is None or high is None else f"{digits(low)} to {digits(high)}"


def duration(seconds: float) -> str:
    """A duration in the unit that suits it: `250 ms`, `45 s`, `20 min`."""
    scale, unit = _time_unit(seconds)
    return f"{digits(seconds * scale).removesuffix('.00').removesuffix('.0')}{GAP}{unit}"
