"""The answer of runs side by side: which arm is cheapest among those that serve well, and which is fastest."""

from __future__ import annotations

from fleetsim.report.figures import said
from fleetsim.report.view import ArmView, View, known
from fleetsim.report.words import chosen_share, digits, listed

_COSTS = {
    "cost_per_correct_usd": "per 1,000 right answers",
    "usd_per_slo_met_task": "per 1,000 tasks within target",
    "usd_per_million_output_tokens": "per million output tokens",
    "usd_per_task": "per 1,000 tasks",
}
_FIRSTS = {
    "accuracy": "Right most often",
    "e2e_p99": "Fastest to the whole answer, at the p99",
    "ttft_p99": "Fastest to the first token, at the p99",
}
_UNKNOWN = "the runs are too short to say how sure that is"


def lead(view: View) -> str:
    """The answer in one sentence."""
    good = good_enough(view)
    sentence, named = _served(view, good)
    return f"{sentence}{_speediest(view, named)}."


def support(view: View) -> list[str]:
    """What bears the sentence out: who follows, by cost, right answers and speed."""
    return [*_costs(view, good_enough(view)), *_firsts(view)]


def good_enough(view: View) -> list[ArmView]:
    """Arms that keep the goal; all of them where no class has a target."""
    if not view.has_targets:
        return list(view.arms)
    return [arm for arm in view.arms if (f := arm.figure("slo_attainment")) and f.value >= view.goal]


def _served(view: View, good: list[ArmView]) -> tuple[str, str]:
    """Who is cheapest among the good, or that none is good enough; and the arm that the sentence is about."""
    if view.has_targets and not good:
        return _none_good(view)
    name, ranked = ranked_by_cost(view, good)
    if not ranked:
        return "No architecture has a cost, because nothing was priced or no task was answered", ""
    best = ranked[0]
    cost, goal = _cost(best, name), chosen_share(view.goal)
    if len(view.arms) == 1:
        what = f"keeps {_kept(best)} of tasks within their targets, at" if view.has_targets else "costs"
    elif not view.has_targets:
        what = f"is {_how_surely(view, ranked, name)} of {len(view.arms)} architectures at"
    elif len(good) == 1:
        doubt = "" if _others_miss(view, best) else ", though not beyond doubt,"
        what = f"is the only one of {len(view.arms)} architectures that keeps at least {goal} of tasks within target"
        what += f"{doubt or ','} at"
    else:
        among = f"of the {len(good)} architectures that keep at least {goal} of tasks within their targets"
        what = f"is {_how_surely(view, ranked, name)} {among}, at"
    return f"{best.label} {what} {cost}", best.label


def _others_miss(view: View, good: ArmView) -> bool:
    """Whether all other arms miss the goal by more than luck."""
    figures = [arm.figure("slo_attainment") for arm in view.arms if arm is not good]
    return all(figure and (figure.high is None or figure.high < view.goal) for figure in figures)


def _none_good(view: View) -> tuple[str, str]:
    ranked = view.ranked("slo_attainment")
    if not ranked:
        return "Nothing can be said about the targets, because no task was counted", ""
    best = ranked[0]
    if len(view.arms) == 1:
        missed = f"{best.label} does not meet the targets: it"
    else:
        missed = f"None of the {len(view.arms)} architectures meets the targets: the nearest, {best.label},"
    return f"{missed} keeps {_kept(best)} of tasks within them where {chosen_share(view.goal)} is the goal", ""


def _kept(arm: ArmView) -> str:
    figure = arm.figure("slo_attainment")
    return said(figure)


def _how_surely(view: View, ranked: list[ArmView], name: str) -> str:
    if _surely_first(view, ranked, name):
        return "the cheapest"
    return "the cheapest in these runs, though not beyond doubt,"


def _surely_first(view: View, ranked: list[ArmView], name: str) -> bool:
    """Whether the first of the ranked is better than all others by more than luck."""
    first, *others = ranked
    shown = digits(first.figure(name).value)
    if any(digits(other.figure(name).value) == shown for other in others):
        return False  # a reader sees no difference
    return all(view.told_apart(name, first, other) for other in others) and all(known(a.figure(name)) for a in ranked)


def _speediest(view: View, named: str) -> str:
    """Who is fastest at the p99, to close a sentence about the arm `named`."""
    ranked = view.ranked("e2e_p99")
    if not ranked:
        return ""
    figures = [arm.figure("e2e_p99") for arm in ranked]
    answers = f"99 of 100 tasks within {said(figures[0])}"
    if len(ranked) == 1:
        return f"; it answers {answers}" if len(view.arms) == 1 else ""
    sure = _surely_first(view, ranked, "e2e_p99")
    fastest = f"the fastest{'' if sure else ' in these runs'}, answering {answers}"
    return f", and also {fastest}" if ranked[0].label == named else f"; {ranked[0].label} is {fastest}"


def ranked_by_cost(view: View, among: list[ArmView]) -> tuple[str, list[ArmView]]:
    """The first cost that any of the arms has, and the arms by it."""
    for name in _COSTS:
        if name == "usd_per_slo_met_task" and not view.has_targets:
            continue
        ranked = view.ranked(name, among)
        if ranked and ranked[-1].figure(name).value > 0:
            return name, ranked
    return "", []


def _cost(arm: ArmView, name: str) -> str:
    return f"{said(arm.figure(name))} {_COSTS[name]}"


def _costs(view: View, good: list[ArmView]) -> list[str]:
    """How the runner-up compares, by each cost; who is cheapest where none is good."""
    among = good or list(view.arms)
    first, _ = ranked_by_cost(view, among)
    cheapest = "Cheapest" if len(among) == len(view.arms) else "Cheapest of those that meet the targets"
    lines = []
    for name in dict.fromkeys([first, "usd_per_million_output_tokens"]):
        ranked = view.ranked(name, among)
        if not ranked or ranked[-1].figure(name).value <= 0:
            continue
        if len(ranked) > 1:
            lines.append(f"{cheapest}: {ranked[0].label} at {_cost(ranked[0], name)}; {_compared(view, ranked, name)}.")
        elif name != first or not good:
            lines.append(f"{ranked[0].label} costs {_cost(ranked[0], name)}.")
    return lines


def _compared(view: View, ranked: list[ArmView], name: str) -> str:
    one, other = ranked[0].figure(name), ranked[1].figure(name)
    follows = f"next is {ranked[1].label} at {said(other)}"
    if not (known(one) and known(other)):
        return f"{follows}; {_UNKNOWN}"
    if not view.told_apart(name, ranked[0], ranked[1]):
        return f"{follows}, an interval that overlaps, so these runs do not tell the two apart"
    if one.value <= 0:
        return follows
    ratio = other.value / one.value
    return f"{follows}, {f'{(ratio - 1) * 100:.0f} % more' if ratio < 2 else f'{ratio:.1f} times as much'}"


def _firsts(view: View) -> list[str]:
    lines = []
    for name, what in _FIRSTS.items():
        ranked = view.ranked(name)
        if len(ranked) < 2:
            continue
        best, second = ranked[0], ranked[1]
        level = [arm.label for arm in ranked[1:] if not view.told_apart(name, best, arm)]
        follows = f"next is {second.label} at {said(second.figure(name))}"
        unsure = "" if known(best.figure(name)) and known(second.figure(name)) else f"; {_UNKNOWN}"
        doubt = f"these runs do not tell it from {listed(level)}" if level else f"{follows}{unsure}"
        lines.append(f"{what}: {best.label} at {said(best.figure(name))}; {doubt}.")
    return lines
