"""What only the files of a workload can tell: whether a trace's classes are those of the scenario."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fleetsim.errors import InputFaults
from fleetsim.registry import unknown
from fleetsim.workload.arrivals.contract import ClosedProcess, OpenProcess

if TYPE_CHECKING:
    from fleetsim.scenario import schema


def faults(workload: schema.Workload, base: Path) -> Iterator[tuple[str, str]]:
    """(path below `workload`, what is wrong and what to write instead); empty if all is well.

    Faults of a file itself are its process's own to tell, by its own `faults`.
    """
    for name, own in workload.classes.items():
        labels = _labels(own.arrivals, base)
        if labels is not None and name not in labels:
            what = f"its column class never names {name!r}, but {', '.join(sorted(labels)[:10])}"
            yield f"classes.{name}.arrivals.file", what
    sharing = [name for name, own in workload.classes.items() if own.arrivals is None]
    for label in sorted((_labels(workload.arrivals, base) or set()) - set(sharing)):
        if label in workload.classes:
            yield "arrivals.file", f"its column class names {label!r}, which has arrivals of its own; leave one out"
        else:
            yield "arrivals.file", f"in its column class: {unknown('class', label, sharing)}"


def _labels(process: OpenProcess | ClosedProcess | None, base: Path) -> set[str] | None:
    """The names of classes that a process brings with its tasks; None if it has none or cannot be read."""
    try:
        return process and process.labels(base)
    except InputFaults:
        return None
