"""A what-if as files: whatif.json with all that was made of the runs, and the runs as a table."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from fleetsim.study.folder import write_whole
from fleetsim.study.table import save as save_table
from fleetsim.study.whatif.answer import WhatIf

FORMAT = "fleetsim whatif 1"
_LEFT_OUT = ("table", "shown", "resolved")


def as_json_text(found: WhatIf) -> str:
    """Everything but the single runs as JSON; what is not a number is null."""
    data = {name: value for name, value in vars(found).items() if name not in _LEFT_OUT}
    return json.dumps(_plain({"format": FORMAT, **data}), indent=1, ensure_ascii=False, allow_nan=False)


def save(found: WhatIf, folder: Path | str) -> list[Path]:
    """Write whatif.json and table.csv, table.parquet, table.json; the same study gives the same bytes."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    write_whole(place / "whatif.json", as_json_text(found).encode() + b"\n")
    return [place / "whatif.json", *save_table(found.table, found.provenance, place)]


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(below) for below in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
