"""The charts of a report as pictures, PNG or SVG, on white paper and with legends of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetsim.report.charts.theme import INK
from fleetsim.report.contract import Chart
from fleetsim.report.page import charts_of, cleaned, sections_of
from fleetsim.report.view import View

if TYPE_CHECKING:
    from fleetsim.study.results import Study

FORMATS = ("png", "svg")
_INK, _PAPER, _FONT = "#1b1f23", "#ffffff", "Liberation Sans"
_SCALE = 2.0  # pixels of a PNG for each of the page
_LEGEND = {"orient": "top", "title": None, "direction": "horizontal", "offset": 14}
_LOOKS = ("color", "fill", "stroke", "shape", "strokeDash")


def draw(study: Study, folder: Path, formats: Sequence[str]) -> list[Path]:
    """Write every chart of the study's report to the folder, by number and title; the same study gives the same bytes.

    Returns the paths. Raises OSError if the folder does not take them.
    """
    import vl_convert

    charts = [chart for _, blocks in sections_of(View(study)) for chart in charts_of(blocks)]
    written = []
    for number, chart in enumerate(charts, 1):
        spec = json.dumps(_on_paper(chart))
        for form in formats:
            path = folder / f"{number:02d}-{_slug(chart)}.{form}"
            if form == "svg":
                path.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
            else:
                path.write_bytes(vl_convert.vegalite_to_png(spec, scale=_SCALE))
            written.append(path)
    return written


def _slug(chart: Chart) -> str:
    named = chart.title if chart.of is None else f"{chart.title} {chart.of.label}"
    return re.sub(r"[^a-z0-9]+", "-", named.lower()).strip("-")[:60].strip("-") or "chart"


def _on_paper(chart: Chart) -> dict[str, Any]:
    """The chart's specification in ink, with what the page says of it beside the chart."""
    spec = _inked(cleaned(chart.spec))
    if len(chart.keys) > 1:
        _give_legends(spec)
    title = chart.title if chart.of is None else f"{chart.of.label}: {chart.title}"
    return spec | {
        "title": {"text": cleaned(title), "anchor": "start", "fontSize": 15, "offset": 12, "font": _FONT},
        "background": _PAPER,
        "padding": 16,
        "config": spec["config"] | {"font": _FONT, "background": _PAPER},
    }


def _inked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _inked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_inked(inner) for inner in value]
    return _INK if value == INK else value


def _give_legends(part: Any) -> None:
    """Let every look that tells the arms apart have its legend: those that say the same are drawn as one."""
    if isinstance(part, list):
        for inner in part:
            _give_legends(inner)
    elif isinstance(part, dict):
        for channel in _LOOKS:
            look = part.get("encoding", {}).get(channel)
            if isinstance(look, dict) and look.get("field") == "arm":
                look["legend"] = _LEGEND
        for inner in part.values():
            _give_legends(inner)
