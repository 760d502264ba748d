"""How well each class of tasks is served."""

from __future__ import annotations

from fleetsim.metrics.contract import ClassFacts
from fleetsim.report.charts.heat import heat
from fleetsim.report.contract import Block, Cell, Table, section
from fleetsim.report.view import View
from fleetsim.report.words import duration


@section(order=40, title="Targets met, by class of tasks")
def targets(view: View) -> list[Block]:
    """Share of tasks within all their targets."""
    if not view.has_targets:
        return []
    classes = [(name, f"class {facts.name}") for name, facts in view.classes if _targets(facts)]
    if len(classes) > 1:
        classes.append(("all of these", "all"))
    return [heat(view, classes), _table(view)]


def _targets(facts: ClassFacts) -> bool:
    return any(target is not None for target in (facts.ttft_s, facts.tpot_s, facts.e2e_s))


def _table(view: View) -> Table:
    def say(target: float | None) -> Cell:
        return Cell("no target" if target is None else f"at most {duration(target)}", number=True)

    body = tuple((Cell(name), say(c.ttft_s), say(c.tpot_s), say(c.e2e_s)) for name, c in view.classes)
    columns = ("Class", "Time to first token", "Time per output token", "Time to the whole answer")
    return Table("The targets", columns, body)
