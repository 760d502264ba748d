"""How the fleet was found: the fleets beside it, what stands in the way of a smaller one, and how hard was looked."""

from __future__ import annotations

from fleetsim.findings import Candidate, CapacityAnswer, Constraint
from fleetsim.report.contract import Block, Cell, Prose, Table, section
from fleetsim.report.figures import cell, kind_of, name_of
from fleetsim.report.named import last_words
from fleetsim.report.view import View
from fleetsim.report.words import digits, label, plainly


@section(order=24, title="The search")
def search(view: View) -> list[Block]:
    """Candidates, constraints with their headroom, and the effort."""
    return [block for answer in view.found(CapacityAnswer) for block in _of(answer)]


def _of(answer: CapacityAnswer) -> list[Block]:
    blocks: list[Block] = [_candidates(answer)]
    if answer.constraints:
        blocks.append(_constraints(answer.constraints))
    blocks.append(Prose(_effort(answer), "note"))
    return blocks


def _candidates(answer: CapacityAnswer) -> Table:
    shown = [
        (word, candidate)
        for word, candidate in (
            ("chosen", answer.chosen),
            ("runner-up", answer.runner_up),
            ("next below", answer.neighbour_below),
            ("baseline", answer.monolith),
        )
        if candidate is not None
    ]
    asked = [(constraint.figure.name, constraint.figure.scope) for constraint in answer.constraints]
    figures = list(dict.fromkeys([(answer.objective, "all"), *asked]))
    body = tuple(
        (Cell(word), Cell(label(candidate.name), _settings(candidate)),
         *(cell(candidate.figure(*figure)) for figure in figures),
         Cell("yes" if candidate.feasible else "no"))
        for word, candidate in shown
    )  # fmt: skip
    heads = [name_of(name) + ("" if scope == "all" else f", {label(scope)}") for name, scope in figures]
    return Table("The fleets that matter", ("", "Fleet", *heads, "Meets all constraints"), body)


def _settings(candidate: Candidate) -> str:
    return ", ".join(f"{label(last_words(path))} {label(value)}" for path, value in candidate.settings)


def _constraints(constraints: tuple[Constraint, ...]) -> Table:
    body = []
    for constraint in constraints:
        figure, kind = constraint.figure, kind_of(constraint.figure)
        of = "" if figure.scope == "all" else label(figure.scope)
        word = "at least" if constraint.at_least else "at most"
        gap = f"{digits(100 * constraint.headroom)} points" if kind.share else kind.say(constraint.headroom)
        body.append((
            Cell(name_of(figure.name), of), Cell(f"{word} {kind.say(constraint.limit)}", number=True), cell(figure),
            Cell(gap, number=True), Cell("binding" if constraint.binding else ""),
        ))  # fmt: skip
    note = "Binding: the next cheaper fleet fails by it."
    return Table("What was asked for", ("Figure", "Asked for", "Chosen fleet", "Headroom", ""), tuple(body), note)


def _effort(answer: CapacityAnswer) -> str:
    return (
        f"Of {answer.fleets_possible:,} possible fleets analytic bounds decided {answer.fleets_bounded:,}; "
        f"{answer.fleets_simulated:,} were simulated, in {answer.runs:,} runs. The choice is wrong with a probability "
        f"below {plainly(100 * answer.error_level)} %. Method: {label(answer.method, 300)}."
    )
