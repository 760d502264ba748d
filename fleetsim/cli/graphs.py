"""The workflows of a scenario as text and as pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fleetsim.cli.text import grid, wrapped


def graphs(scenario: str, sets: tuple[str, ...], folder: Path | None) -> Iterator[str]:
    """A table of nodes for every architecture; with a folder, an SVG picture of each is written there, too."""
    from fleetsim.study.run import load
    from fleetsim.workflow.drawing import as_svg, as_text

    loaded = load(scenario, sets)
    classes = loaded.scenario.workload.classes.values()
    domains = tuple(dict.fromkeys(domain for task_class in classes for domain in task_class.subjects))
    for name, architecture in loaded.scenario.architectures.items():
        nodes = architecture.workflow.nodes(domains)
        first, kind = next(iter(nodes)), architecture.workflow.kind
        heading = wrapped(f"{name}: {kind}, {len(nodes)} nodes; a task enters {first!r}")
        yield f"{heading}\n\n{grid([['node', 'what it does', 'leads to'], *map(list, as_text(nodes))])}"
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.svg"
            file.write_text(as_svg(nodes, f"{loaded.scenario.name}: {name}"), encoding="utf-8")
            yield f"wrote {file}"
