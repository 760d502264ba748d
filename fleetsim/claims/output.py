"""Outcomes as files: claims.json, claims.csv and claims.html."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fleetsim.claims.page import render
from fleetsim.claims.verdict import Finding, Outcome
from fleetsim.claims.words import conclusion
from fleetsim.errors import OutputFolder
from fleetsim.findings import to_plain
from fleetsim.report.files import replace

_COLUMNS = (
    "claim", "says", "figure", "how", "better", "bound", "unit", "axis", "line", "x", "base_arm", "rival_arm",
    "base", "rival", "effect", "low", "high", "pairs", "variance_ratio", "verdict",
)  # fmt: skip


def save(outcomes: Sequence[Outcome], folder: Path, command: str) -> list[Path]:
    """Write the three files; the folder is made if it is not there. Raises OutputFolder if it cannot be written to."""
    texts = {
        "claims.json": json.dumps([_plain(outcome) for outcome in outcomes], indent=1, allow_nan=False) + "\n",
        "claims.csv": _table(outcomes),
        "claims.html": render(outcomes, command),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            replace(folder / name, text)
    except OSError as error:
        reason = error.strerror or error
        raise OutputFolder(f"{folder} cannot be written to ({reason}); name another folder with -o") from None
    return [folder / name for name in texts]


def _plain(outcome: Outcome) -> dict[str, Any]:
    claim = outcome.claim
    return {
        "claim": claim.name,
        "sentence": claim.sentence,
        "kinds": list(claim.kinds),
        "scenario": claim.scenario,
        "axis": claim.axis,
        "premises": list(claim.premises),
        "replications": outcome.replications,
        "quick": outcome.quick,
        "verdict": outcome.verdict,
        "effects": [_effect(outcome, finding) for finding in outcome.findings],
    }


def _effect(outcome: Outcome, finding: Finding) -> dict[str, Any]:
    return {
        "says": finding.effect.says,
        "verdict": finding.verdict,
        "conclusion": conclusion(outcome, finding),
        "crossings": to_plain(finding.crossings),
        "settings": [to_plain(dict(zip(_COLUMNS, row, strict=True))) for row in _rows(outcome, finding)],
    }


def _table(outcomes: Sequence[Outcome]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for outcome in outcomes:
        for finding in outcome.findings:
            writer.writerows([_written(value) for value in row] for row in _rows(outcome, finding))
    return out.getvalue()


def _written(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:.9g}" if math.isfinite(value) else ""
    return "" if value is None else value


def _rows(outcome: Outcome, finding: Finding) -> Iterator[tuple[Any, ...]]:
    claim, effect = outcome.claim, finding.effect
    said = (claim.name, effect.says, effect.figure, effect.how, effect.better, effect.bound, effect.unit, claim.axis)
    for p in finding.points:
        where = (p.setting.line, p.setting.x, p.setting.base or claim.base, p.setting.rival or claim.rival)
        yield (*said, *where, p.base, p.rival, p.value, p.low, p.high, p.pairs, p.variance_ratio, p.verdict)
