"""The workflows of a scenario as text and as pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fleetsim.cli.text import grid, wrapped


def graphs(scenario: str, sets: tuple[str, ...], folder: Path | None) -> Iterator[str]:
    """A table of nodes for every architecture; with a folder, an SVG picture of each is written there, too.

    Thresholds that labelled tasks give are those of the first replicate.
    """
    from fleetsim.luck import replicate_seed
    from fleetsim.planning import graph_of, judge
    from fleetsim.study.run import load
    from fleetsim.units import nanoseconds
    from fleetsim.workflow.drawing import as_svg, as_text
    from fleetsim.workload import materialise

    loaded = load(scenario, sets)
    judged, seed = judge(loaded), replicate_seed(loaded.scenario.seed, 0)
    horizon_ns = nanoseconds(loaded.scenario.horizon_s)
    workload = materialise(loaded.scenario.workload, seed=seed, horizon_ns=horizon_ns, base=loaded.base)
    for name, architecture in loaded.scenario.architectures.items():
        nodes = graph_of(name, architecture, workload, seed, judged)
        first, kind = next(iter(nodes)), architecture.workflow.kind
        heading = wrapped(f"{name}: {kind}, {len(nodes)} nodes; a task enters {first!r}")
        yield f"{heading}\n\n{grid([['node', 'what it does', 'leads to'], *map(list, as_text(nodes))])}"
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', name)}.svg"
            file.write_text(as_svg(nodes, f"{loaded.scenario.name}: {name}"), encoding="utf-8")
            yield f"wrote {file}"
