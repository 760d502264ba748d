"""A comparison as a study that a report can be made of."""

from __future__ import annotations

import json
import math
from pathlib import Path

from fleetsim import findings
from fleetsim.study.compare import Comparison
from fleetsim.study.differences import NO_EVIDENCE, Difference
from fleetsim.study.folder import write_whole
from fleetsim.study.output import save_beside
from fleetsim.study.results import Study
from fleetsim.study.shown import recorded

COMPARISON = "comparison.json"


def study_of(found: Comparison) -> Study:
    """The judged differences, and one run of every arm with records. Raises EngineFault if a law is broken."""
    made = f"Figures side by side are means over {found.runs} runs of each arm, in pairs under the same luck."
    about = found.provenance | {"notes": list(found.notes), "made": [made]}
    told = tuple(difference(found.arms[0], one) for one in found.judged if _known(one))
    return Study(found.name, found.question, recorded(found.shown), about, found.resolved, told)


def as_json_text(found: Comparison) -> str:
    """All differences as JSON."""
    return json.dumps(found.summary(), indent=1, ensure_ascii=False, allow_nan=False)


def save(found: Comparison, folder: Path) -> list[Path]:
    """Write comparison.json, and the study with its report, into a folder that the caller vouches for."""
    write_whole(folder / COMPARISON, as_json_text(found).encode() + b"\n")
    return [folder / COMPARISON, *save_beside(study_of(found), folder)]


def difference(baseline: str, one: Difference) -> findings.Difference:
    """One difference of an arm (b) to the baseline (a)."""
    return findings.Difference(
        figure=one.heading.name,
        unit=one.heading.unit,
        a=baseline,
        b=one.arm,
        value=one.difference.value,
        low=one.difference.low,
        high=one.difference.high,
        base=one.baseline_value,
        verdict="no evidence" if one.verdict == NO_EVIDENCE else one.verdict,
        pairs=one.pairs,
        variance_ratio=one.variance_ratio if math.isfinite(one.variance_ratio) else None,
        scope=one.heading.scope,
        better=one.heading.better,
        level=one.level,
    )


def _known(one: Difference) -> bool:
    """Whether there is an interval to tell; without one there is nothing to say either way."""
    return one.pairs > 0 and one.difference.low is not None and one.difference.high is not None
