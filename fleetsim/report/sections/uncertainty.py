"""What is uncertain: weaknesses of the runs, what intervals do not cover, what was not simulated."""

from __future__ import annotations

from fleetsim.report.answers import changes
from fleetsim.report.contract import Block, Points, section
from fleetsim.report.doubts import doubts
from fleetsim.report.view import View
from fleetsim.report.words import label, listed

_SURENESS = {
    "given": "taken from the scenario as they stand",
    "measured": "measured on the very machines",
    "calibrated": "computed, and calibrated to the hardware",
    "family": "computed, with the efficiencies of related hardware",
    "data sheet": "computed from data sheets alone",
}


@section(order=95, title="What is uncertain", part="")
def uncertainty(view: View) -> list[Block]:
    """Doubts of these runs, and of the model behind them."""
    blocks: list[Block] = []
    weak = [*doubts(view), *changes.hangs_on(view), *_notes(view)]
    if weak:
        blocks.append(Points(tuple(weak), "Of these runs"))
    model = [*_bases(view), *_luck(view), *_left_out(view)]
    if model:
        blocks.append(Points(tuple(model), "Of the model"))
    return blocks


def _notes(view: View) -> list[str]:
    """What the study itself says is to be read with care."""
    notes = [label(note, 600) for note in view.study.provenance.get("notes", ())]
    return [f"{note[0].upper()}{note[1:].rstrip('.')}." for note in notes if note]


def _bases(view: View) -> list[str]:
    """How well step times are known, a sentence a basis."""
    pools: dict[str, list[str]] = {}
    for arm in view.arms:
        for pool in arm.facts.pools:
            pools.setdefault(pool.basis, []).append(f"{label(pool.model)} on {label(pool.hardware)}")
    return [
        f"Step times of {listed(list(dict.fromkeys(names)))} are {_SURENESS.get(basis, label(basis))}."
        for basis, names in pools.items()
    ]


def _luck(view: View) -> list[str]:
    if not view.arms:
        return []
    lines = [
        "Intervals tell the luck of the draw. That the model of a machine is wrong, or that the load turns out "
        "otherwise, is in none of them."
    ]
    if all(arm.arm.count == 1 for arm in view.arms) and "made" not in view.study.provenance:
        lines.append("Every interval comes from within one run; independent runs (--replications 5) are the surer way.")
    return lines


def _left_out(view: View) -> list[str]:
    if view.judged or not view.arms:
        return []
    return ["How good the answers are was not simulated: every answer counts the same, whichever model gave it."]
