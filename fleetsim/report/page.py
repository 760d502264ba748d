"""The page: sections in order, set by one template, with a content security policy that lets nothing else in."""

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from fleetsim.report.bundle import bundle
from fleetsim.report.contract import SECTIONS, Block, Chart, Fold, Section
from fleetsim.report.files import replace
from fleetsim.report.view import View
from fleetsim.report.words import clean, label

if TYPE_CHECKING:
    from fleetsim.study.results import Study

_FOLDER = Path(__file__).parent


def write(study: Study, path: Path) -> None:
    """Write the page to `path`, whole or not at all."""
    replace(Path(path), render(study))


def render(study: Study) -> str:
    """The page as text; the same study gives the same text."""
    return compose(study.name, study.question or "", sections_of(View(study)))


def sections_of(view: View) -> list[tuple[Section, list[Block]]]:
    """The sections that have something to say, in order, with their blocks."""
    sections = sorted(SECTIONS.values(), key=lambda s: (s.order, s.name))
    with unchecked():
        return [(s, blocks) for s in sections if (blocks := s.rule(view))]


def unchecked() -> AbstractContextManager[None]:
    """Charts drawn within are not held to their schema: a test does that, and not every page, which halves the time."""
    from altair.utils.schemapi import debug_mode

    return debug_mode(False)


def compose(name: str, question: str, parts: Sequence[tuple[Section, list[Block]]]) -> str:
    """A page of sections with their blocks, as text; successive sections of one part stand under its heading."""
    charts = [block for _, blocks in parts for block in charts_of(blocks)]
    script, page_script, style = bundle(), _text("page.js"), _text("style.css")
    return _template().render(
        name=label(name, 200),
        question=label(question, 1000) if question else "",
        parts=[(part, list(sections)) for part, sections in itertools.groupby(parts, lambda pair: pair[0].part)],
        number={id(chart): i for i, chart in enumerate(charts)},
        policy=_policy(script, page_script, style),
        style=Markup(style),
        bundle=Markup(script),
        script=Markup(page_script),
        charts=Markup(data_script([chart.spec for chart in charts])),
    )


def data_script(value: Any) -> str:
    """JSON that can stand in a script element: pure ASCII, no character that ends or opens markup, no hidden ones."""
    text = json.dumps(cleaned(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def cleaned(value: Any) -> Any:
    """Plain data with every text in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: cleaned(inner) for key, inner in value.items()}
    return [cleaned(inner) for inner in value] if isinstance(value, list | tuple) else value


def charts_of(blocks: list[Block] | tuple[Block, ...]) -> list[Chart]:
    """The charts among blocks, folded ones too, in order."""
    found = []
    for block in blocks:
        if isinstance(block, Chart):
            found.append(block)
        elif isinstance(block, Fold):
            found += charts_of(block.blocks)
    return found


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(*texts: str) -> str:
    """Only these two scripts and this style; no other source of anything, no requests, no forms, no base address."""
    bundle_hash, script_hash, style_hash = (
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts
    )
    allowed = f"default-src 'none'; script-src {bundle_hash} {script_hash}; style-src {style_hash}"
    return f"{allowed}; base-uri 'none'; form-action 'none'"


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.filters["id"] = id
    return environment.get_template("template.html.j2")
