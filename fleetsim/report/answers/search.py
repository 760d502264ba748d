"""The answer of a capacity search: the fleet to take, what the next smaller one lacks, what others would cost."""

from __future__ import annotations

from fleetsim.findings import Candidate, CapacityAnswer, Constraint
from fleetsim.metrics.contract import Figure
from fleetsim.report.figures import in_text, kind_of, said
from fleetsim.report.words import digits, label, listed


def lead(answer: CapacityAnswer) -> str:
    """The answer in one sentence."""
    if answer.chosen is None:
        asked = (
            listed([_asked(constraint) for constraint in answer.constraints]) if answer.constraints else "what is asked"
        )
        return f"No fleet within the bounds of the search keeps {asked}."
    sentence = f"{label(answer.chosen.name)} is the fleet to take: {_best(answer)}"
    against = _against(answer, answer.monolith)
    if against and answer.monolith.name != answer.chosen.name:
        sentence += f"; the best fleet of the baseline, {label(answer.monolith.name)}, comes to {against}"
    return f"{sentence}."


def support(answer: CapacityAnswer) -> list[str]:
    """Why not a smaller one, what the runner-up costs, where there is room."""
    lines = []
    if answer.chosen is None:
        return lines
    below, next_best = answer.neighbour_below, answer.runner_up
    if below is not None:
        missed = [c for c in answer.constraints if not _keeps(below, c)]
        how = f": {listed([_falls(below, c) for c in missed])}" if missed else ""
        lines.append(f"The next cheaper fleet, {label(below.name)}, does not do{how}.")
    if next_best is not None and (answer.monolith is None or next_best.name != answer.monolith.name):
        lines.append(f"The runner-up, {label(next_best.name)}, comes to {_against(answer, next_best)}.")
    lines += [_headroom(c) for c in answer.constraints if c.binding]
    return lines


def recommendation(answer: CapacityAnswer) -> list[str]:
    """What to do."""
    if answer.chosen is None:
        return ["Widen the bounds of the search or relax a constraint, and search again."]
    settings = "; ".join(f"{label(path)}: {label(value)}" for path, value in answer.chosen.settings)
    lines = [f"Deploy {label(answer.chosen.name)}{f' ({settings})' if settings else ''}."]
    usd = answer.chosen.figure("usd_per_hour")
    if usd is not None and usd.value > 0:
        lines.append(f"Plan for ${digits(usd.value)} an hour, ${digits(usd.value * 730)} a month.")
    binding = [c for c in answer.constraints if c.binding]
    if binding:
        lines.append(
            f"Watch {listed([_name(c.figure) for c in binding])} in production: it gives way first as load grows."
        )
    return lines


def _best(answer: CapacityAnswer) -> str:
    figure = answer.chosen.figure(answer.objective)
    what = in_text(answer.objective)
    if figure is None:
        return f"it has the best {what} of all that keep every constraint"
    least = "most" if figure.better == "higher" else "least"
    return f"of all that keep every constraint it has the {least} {what}, {said(figure)}"


def _against(answer: CapacityAnswer, other: Candidate | None) -> str:
    """`$52.5, 25 % more`, of another fleet against the chosen one; empty where there is nothing to compare."""
    if other is None or answer.chosen is None:
        return ""
    one, two = answer.chosen.figure(answer.objective), other.figure(answer.objective)
    if one is None or two is None:
        return ""
    if one.value <= 0 or two.value == one.value:
        return said(two)
    ratio = two.value / one.value
    how = (
        f"{ratio:.1f} times as much"
        if ratio >= 2
        else f"{abs(ratio - 1) * 100:.0f} % {'more' if ratio > 1 else 'less'}"
    )
    return f"{said(two)}, {how}"


def _keeps(candidate: Candidate, constraint: Constraint) -> bool:
    figure = candidate.figure(constraint.figure.name, constraint.figure.scope)
    if figure is None:
        return True
    return figure.value >= constraint.limit if constraint.at_least else figure.value <= constraint.limit


def _falls(candidate: Candidate, constraint: Constraint) -> str:
    figure = candidate.figure(constraint.figure.name, constraint.figure.scope)
    kind = kind_of(figure)
    word = "at least" if constraint.at_least else "at most"
    return f"{_name(figure)} is {said(figure)} where {word} {kind.say(constraint.limit)} is asked for"


def _asked(constraint: Constraint) -> str:
    word = "at or above" if constraint.at_least else "at or below"
    return f"{_name(constraint.figure)} {word} {kind_of(constraint.figure).say(constraint.limit)}"


def _headroom(constraint: Constraint) -> str:
    figure, kind = constraint.figure, kind_of(constraint.figure)
    gap = f"{digits(100 * constraint.headroom)} points" if kind.share else kind.say(constraint.headroom)
    return f"The binding constraint is {_asked(constraint)}; the chosen fleet has {said(figure)}, {gap} to spare."


def _name(figure: Figure) -> str:
    name = in_text(figure.name)
    return name if figure.scope == "all" else f"{name} of {label(figure.scope)}"
