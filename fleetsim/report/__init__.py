"""The report: one self-contained HTML page that carries a study's answer, its evidence and its assumptions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleetsim.study.results import Study


def write(study: Study, path: Path) -> None:
    """Write the study's report to `path`, whole or not at all; the same study gives the same bytes."""
    from fleetsim.report.page import write as write_page

    write_page(study, path)


__all__ = ["write"]
