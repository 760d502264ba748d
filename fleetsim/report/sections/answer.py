"""The answer first: one sentence, what bears it out, and what weakens it most."""

from __future__ import annotations

from fleetsim.findings import CapacityAnswer
from fleetsim.report.answers import arms, changes, search
from fleetsim.report.contract import Block, Points, Prose, section
from fleetsim.report.doubts import doubts
from fleetsim.report.view import View

_MOST_DOUBTS = 3


@section(order=10, title="The answer", part="")
def answer(view: View) -> list[Block]:
    """Of a search the fleet it found; else of the runs side by side; else of differences and curves."""
    found = view.found(CapacityAnswer)
    support: list[str] = []
    if found:
        lead = search.lead(found[0])
        support += search.support(found[0])
    elif view.arms and not changes.leads(view):
        lead = arms.lead(view)
        support += arms.support(view)
    else:
        lead = changes.lead(view)
    support += [
        line for line in [*changes.turning_points(view), *changes.judged(view), *changes.led(view)] if line != lead
    ]
    blocks: list[Block] = [Prose(lead, "lead")]
    if support:
        blocks.append(Points(tuple(support)))
    weak = doubts(view)
    if weak:
        shown = weak[:_MOST_DOUBTS]
        more = len(weak) - len(shown)
        rest = [f"{more} more under \u201cWhat is uncertain\u201d."] if more else []
        blocks.append(Points((*shown, *rest), "Read with care", "care"))
    return blocks
