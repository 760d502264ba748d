"""What a search returns: plain data, for people and files."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fleetsim.statistics import Estimate
from fleetsim.study.folder import write_whole
from fleetsim.study.table import Table
from fleetsim.study.table import save as save_table

FORMAT = "fleetsim search 1"
SEARCH = "search.json"


@dataclass(frozen=True)
class Tried:
    """One combination with the mean of the figure over its replications."""

    name: str  # the architecture with its values
    architecture: str
    values: dict[str, Any]  # path -> value; empty: as the scenario stands
    estimate: Estimate
    trial: int | None  # the first trial that asked for it, from 1; None: as the scenario stands


@dataclass(frozen=True)
class Search:
    """The trials of a search and the best of them, which was run again under luck that no trial had."""

    name: str
    question: str
    figure: str  # `ttft_p99 all`
    unit: str
    better: str  # "lower" or "higher"
    sampler: str
    trials: int
    combinations: int  # all there are
    replications: int
    standing: tuple[Tried, ...]  # every architecture as the scenario has it
    ranked: tuple[Tried, ...]  # every combination tried, the best first, those without the figure last
    confirmed: Estimate | None  # of the best, under fresh luck; None where no trial has the figure
    notes: tuple[str, ...]
    table: Table  # a row a run
    provenance: dict[str, Any]

    @property
    def best(self) -> Tried | None:
        """The best combination; None where no trial has the figure."""
        first = self.ranked[0] if self.ranked else None
        return first if first is not None and math.isfinite(first.estimate.value) else None

    def as_json(self) -> str:
        """Everything but the single runs as JSON; what is not a number is null."""
        data = {name: value for name, value in vars(self).items() if name not in ("table", "standing", "ranked")}
        data |= {"standing": [asdict(one) for one in self.standing], "ranked": [asdict(one) for one in self.ranked]}
        data["confirmed"] = None if self.confirmed is None else asdict(self.confirmed)
        return json.dumps(_plain({"format": FORMAT, **data}), indent=1, ensure_ascii=False, allow_nan=False)

    def save(self, folder: Path | str) -> list[Path]:
        """Write search.json and table.csv, table.parquet, table.json; the same search gives the same bytes."""
        place = Path(folder)
        write_whole(place / SEARCH, self.as_json().encode() + b"\n")
        return [place / SEARCH, *save_table(self.table, self.provenance, place)]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(below) for below in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
