"""Where an arm's calls and dollars go: from classes of tasks and pools to answers in time, late or never given."""

from __future__ import annotations

from fleetsim.report.charts import theme
from fleetsim.report.charts.sankey import BAD, IDLE, Band, Node, sankey
from fleetsim.report.contract import Cell, Chart, Table
from fleetsim.report.paths import Flows, flows
from fleetsim.report.view import ArmView, View
from fleetsim.report.words import digits, percent

READING = (
    "Left: calls by class of task, pool and what became of the task, in the first run. Right: the fleet's dollars an "
    "hour; what a pool costs while it works is split among classes by the time their calls spent in its batches."
)
_IDLE = "idle"


def flow(view: View, arm: ArmView) -> Chart | None:
    """Calls and dollars of one arm; None if no call is on record."""
    found = flows(arm)
    if found is None or not found.calls.sum():
        return None
    outcomes = (("within targets" if view.has_targets else "answered"), "too late", "not answered")
    labels = {facts.name: name for name, facts in view.classes}
    classes = [labels[facts.name] for facts in arm.facts.classes]
    kept: theme.Data = {}
    width = theme.WIDTH // 2 - 20
    drawn = [_calls(kept, arm, found, classes, outcomes, width)]
    spent = _dollars(arm, found)
    if spent:
        drawn.append(_money(kept, arm, found, spent, (classes, outcomes), width))
    chart = theme.in_columns(*drawn, columns=2, spacing=40, bounds="flush")
    return Chart("Calls and dollars", "", theme.finish(chart, kept), _table(arm, found, classes, outcomes), of=arm.key)


def _colour(arm: ArmView, outcome: int) -> str:
    return arm.look.colour if outcome == 0 else BAD


def _calls(
    kept: theme.Data, arm: ArmView, found: Flows, classes: list[str], outcomes: tuple[str, ...], width: int
) -> theme.Spec:
    total, colour = found.calls.sum(), arm.look.colour
    handing = {p for p in range(len(arm.pool_labels)) if found.handed[p].sum() > found.handed[p, p]}
    last = 3 if handing else 2
    first = [Node(name, 0, digits(float(found.calls[c].sum()))) for c, name in enumerate(classes)]
    seen = [max(found.calls[:, p].sum(), found.ended[p].sum()) for p in range(len(arm.pool_labels))]
    pools = [
        Node(name, 1 if p in handing or not handing else 2, _each(seen[p], total))
        for p, name in enumerate(arm.pool_labels)
    ]
    ends = [Node(name, last, _each(found.ended[:, o].sum(), total)) for o, name in enumerate(outcomes)]
    bands = [
        Band(first[c], pools[p], float(n), colour, f"{classes[c]} to {pools[p].name}: {digits(float(n))} calls")
        for (c, p), n in _cells(found.calls)
    ]
    bands += [
        Band(pools[p], pools[q], float(n), colour, f"{pools[p].name} to {pools[q].name}: {digits(float(n))} calls")
        for (p, q), n in _cells(found.handed)
        if p != q
    ]
    bands += [
        Band(pools[p], ends[o], float(n), _colour(arm, o), f"{pools[p].name}, {outcomes[o]}: {digits(float(n))} calls")
        for (p, o), n in _cells(found.ended)
    ]
    return sankey(kept, [*first, *pools, *ends], bands, width=width, title="Calls", arm=arm.label)


def _dollars(arm: ArmView, found: Flows) -> list[tuple[float, float]]:
    """Dollars an hour of each pool: working and idle; empty if nothing has a price."""
    spent = []
    for number, pool in enumerate(arm.facts.pools):
        usd = arm.usd_per_hour(pool)
        busy = arm.pool_figure("utilisation", pool)
        share = min(1.0, max(0.0, busy.value)) if busy else float(bool(pool.tariff))  # tokens are paid for work alone
        share *= bool(found.work_s[number].sum() > 0)
        spent.append((usd * share, usd * (1 - share)))
    return spent if sum(map(sum, spent)) > 0 else []


def _money(
    kept: theme.Data, arm: ArmView, found: Flows, spent: list[tuple[float, float]],
    names: tuple[list[str], tuple[str, ...]], width: int,
) -> theme.Spec:  # fmt: skip
    classes, outcomes = names
    pools = [Node(name, 0, f"${digits(sum(usd))}") for name, usd in zip(arm.pool_labels, spent, strict=True)]
    shares = found.work_s / found.work_s.sum(axis=1, keepdims=True).clip(min=1e-12)
    of_class = [sum(usd[0] * float(shares[p, c]) for p, usd in enumerate(spent)) for c in range(len(classes))]
    second = [Node(name, 1, f"${digits(usd)}") for name, usd in zip(classes, of_class, strict=True)]
    idle = Node(_IDLE, 1, f"${digits(sum(usd[1] for usd in spent))}")
    bands = []
    for p, (working, resting) in enumerate(spent):
        for c, name in enumerate(classes):
            usd = working * float(shares[p, c])
            said = f"{pools[p].name}, work for {name}: ${digits(usd)} per h"
            bands.append(Band(pools[p], second[c], usd, arm.look.colour, said))
        bands.append(Band(pools[p], idle, resting, IDLE, f"{pools[p].name}, idle: ${digits(resting)} per h"))
    parts = found.tasks / found.tasks.sum(axis=1, keepdims=True).clip(min=1)
    ends = [
        Node(name, 2, f"${digits(sum(usd * float(parts[c, o]) for c, usd in enumerate(of_class)))}")
        for o, name in enumerate(outcomes)
    ]
    for c, usd in enumerate(of_class):
        for o, outcome in enumerate(outcomes):
            amount = usd * float(parts[c, o])
            said = f"{classes[c]}, {outcome}: ${digits(amount)} per h"
            bands.append(Band(second[c], ends[o], amount, _colour(arm, o), said))
    return sankey(kept, [*pools, *second, idle, *ends], bands, width=width, title="Dollars an hour", arm=arm.label)


def _cells(table) -> list[tuple[tuple[int, int], int]]:
    return [((i, j), int(table[i, j])) for i in range(table.shape[0]) for j in range(table.shape[1]) if table[i, j] > 0]


def _each(count: float, total: float) -> str:
    return percent(float(count) / float(total))


def _table(arm: ArmView, found: Flows, classes: list[str], outcomes: tuple[str, ...]) -> Table:
    body = []
    for p, name in enumerate(arm.pool_labels):
        ended = max(int(found.ended[p].sum()), 1)
        numbers = [digits(float(found.calls[c, p])) for c in range(len(classes))]
        shares = [percent(float(found.ended[p, o]) / ended) if found.ended[p].sum() else "n/a" for o in range(3)]
        body.append((Cell(name), *(Cell(text, number=True) for text in [*numbers, *shares])))
    columns = ("Pool", *(f"Calls of {name}" for name in classes), *(f"Of tasks {name}" for name in outcomes))
    return Table(
        "Calls that entered each pool, and what became of the tasks of those that left it", columns, tuple(body)
    )
