"""The option --figures: charts as pictures and figures as tables, beside a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleetsim.errors import NotWritten

if TYPE_CHECKING:
    from fleetsim.study.results import Study

FOLDER = "figures"
_PICTURES, _TABLES = ("png", "svg"), ("csv", "json", "parquet")


def _formats(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    formats = tuple(dict.fromkeys(part.strip().lower() for part in (value or "").split(",") if part.strip()))
    unknown = [form for form in formats if form not in (*_PICTURES, *_TABLES)]
    if unknown:
        known = ", ".join((*_PICTURES, *_TABLES))
        raise click.BadParameter(f"no format {', '.join(map(repr, unknown))}; write some of {known}, by commas")
    return formats


def figures_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option to a command."""
    said = f"Also write charts (png, svg) and figures (csv, json, parquet) to the folder {FOLDER}/, formats by commas."
    return click.option("--figures", "formats", metavar="FORMATS", callback=_formats, help=said)(command)


def write_figures(study: Study, folder: Path, formats: tuple[str, ...]) -> list[Path]:
    """Write what was asked for below `folder`; returns the paths. Raises NotWritten if they cannot be written."""
    from fleetsim.report.pictures import draw
    from fleetsim.study.numbers import write

    if not formats:
        return []
    place = folder / FOLDER
    try:
        place.mkdir(parents=True, exist_ok=True)
        pictures = [form for form in formats if form in _PICTURES]
        written = draw(study, place, pictures) if pictures else []
        return written + write(study, place, [form for form in formats if form in _TABLES])
    except OSError as error:
        raise NotWritten(f"{place} did not take the figures: {error.strerror or error}") from None
