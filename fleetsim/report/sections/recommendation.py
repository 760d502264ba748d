"""What to do."""

from __future__ import annotations

from fleetsim.findings import CapacityAnswer
from fleetsim.report.answers import search
from fleetsim.report.answers.advice import advice
from fleetsim.report.contract import Block, Points, section
from fleetsim.report.view import View


@section(order=15, title="Recommendation", part="")
def recommendation(view: View) -> list[Block]:
    """The fleet to deploy, and what to try next."""
    found = view.found(CapacityAnswer)
    lines = search.recommendation(found[0]) if found else advice(view)
    return [Points(tuple(lines), manner="advice")] if lines else []
