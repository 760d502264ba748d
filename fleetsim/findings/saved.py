"""Findings as plain data, each under the name of its kind."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any

from fleetsim.findings.capacity import CapacityAnswer
from fleetsim.findings.comparison import Difference
from fleetsim.findings.curve import Curve
from fleetsim.findings.front import Front
from fleetsim.findings.plain import from_plain, to_plain
from fleetsim.findings.sensitivity import Sensitivity, Tornado

Finding = CapacityAnswer | Curve | Difference | Front | Sensitivity | Tornado

_KINDS = {kind.__name__: kind for kind in typing.get_args(Finding)}


def findings_to_plain(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings for JSON."""
    return [{"kind": type(finding).__name__} | to_plain(finding) for finding in findings]


def findings_from_plain(data: Any) -> tuple[Finding, ...]:
    """What `findings_to_plain` made plain. Raises ValueError naming what is wrong."""
    found = []
    for number, item in enumerate(data):
        kind = _KINDS.get(item.get("kind")) if isinstance(item, dict) else None
        if kind is None:
            raise ValueError(f"finding {number + 1} is of no known kind")
        found.append(from_plain(kind, {key: value for key, value in item.items() if key != "kind"}))
    return tuple(found)
