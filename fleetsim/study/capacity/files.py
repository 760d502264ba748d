"""A capacity answer as files: JSON with everything, the curve and the front as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fleetsim.study.capacity.answer import CapacityAnswer
from fleetsim.study.folder import write_whole


def as_json_text(answer: CapacityAnswer) -> str:
    """The answer as JSON; what is not a number is null."""
    return json.dumps(_finite(answer.as_dict()), indent=1, ensure_ascii=False, allow_nan=False)


def save(answer: CapacityAnswer, folder: Path | str) -> list[Path]:
    """Write capacity.json, curve.csv and front.csv; the same answer gives the same bytes. Returns their paths."""
    place = Path(folder)
    curve = [("of", "load", "fleet", "usd_per_hour")]
    for of, points in (("all", answer.curve), *((own.name, own.points) for own in answer.curves)):
        curve += [(of, p.load, p.choice and p.choice.name, p.choice and p.choice.usd_per_hour) for p in points]
    names = list(dict.fromkeys(name for point in answer.front for name in point.figures))
    front = [("fleet", "usd_per_hour", *names, "keeps_limits")]
    front += [(p.name, p.usd_per_hour, *(p.figures.get(n) for n in names), p.holds) for p in answer.front]
    contents = {
        "capacity.json": as_json_text(answer) + "\n",
        "curve.csv": _csv(curve),
        "front.csv": _csv(front),
    }
    for name, content in contents.items():
        write_whole(place / name, content.encode())
    return [place / name for name in contents]


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    """Names begin with those of architectures, which no spreadsheet takes for formulas."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(below) for below in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
