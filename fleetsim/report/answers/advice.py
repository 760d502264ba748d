"""What follows from runs side by side: which arm to deploy, at what price, and what to try next."""

from __future__ import annotations

from fleetsim.report.answers.arms import good_enough, ranked_by_cost
from fleetsim.report.view import ArmView, View
from fleetsim.report.words import digits, label, listed, percent

_HOURS_A_MONTH = 730
_IDLE = 0.5  # a fleet whose busiest pool works less than this may be larger than it need be


def advice(view: View) -> list[str]:
    """Sentences that tell what to do."""
    good = good_enough(view)
    if not good:
        return _mend(view)
    name, ranked = ranked_by_cost(view, good)
    if not ranked:
        return []
    best, *others = ranked
    level = [best, *(arm for arm in others if not view.told_apart(name, best, arm))]
    right = _most_right_of(view, level)
    chosen = _fastest_of(view, right)
    return [
        f"Serve this load with {chosen.label}: {_fleet(chosen)}{_price(chosen)}.",
        *_why(chosen, level, right),
        *_more_right(view, chosen, good),
        *_faster(view, chosen, ranked),
        *_unjudged(view),
        *_smaller(chosen),
    ]


def _unjudged(view: View) -> list[str]:
    models = {tuple(pool.model for pool in arm.facts.pools) for arm in view.arms}
    if view.judged or len(models) < 2:
        return []
    return ["First try whether its models answer well enough: how good answers are was not simulated."]


def _fleet(arm: ArmView) -> str:
    parts = []
    for pool, name in zip(arm.facts.pools, arm.pool_labels, strict=True):
        if pool.tariff:
            parts.append(f"{name}, rented by the token")
            continue
        machine = label(pool.hardware if pool.accelerators == 1 else f"{pool.accelerators} x {pool.hardware}")
        parts.append(f"{pool.replicas} x {label(pool.model)} on {machine} ({name})")
    return "; ".join(parts)


def _price(arm: ArmView) -> str:
    usd = arm.figure("usd_per_hour")
    if usd is None or usd.value <= 0:
        return ""
    return f". It costs ${digits(usd.value)} an hour, ${digits(usd.value * _HOURS_A_MONTH)} a month"


def _most_right_of(view: View, level: list[ArmView]) -> list[ArmView]:
    """Of arms not told apart in cost those whose answers are not right less often than another's by more than luck."""
    ranked = view.ranked("accuracy", level)
    if len(ranked) < len(level):
        return level
    less = [arm for arm in ranked[1:] if view.told_apart("accuracy", ranked[0], arm)]
    return [arm for arm in level if arm not in less]


def _fastest_of(view: View, level: list[ArmView]) -> ArmView:
    """Of arms not told apart otherwise the one that is faster by more than luck; the first where none is."""
    ranked = view.ranked("e2e_p99", level)
    if len(ranked) > 1 and all(view.told_apart("e2e_p99", ranked[0], other) for other in ranked[1:]):
        return ranked[0]
    return level[0]


def _why(chosen: ArmView, level: list[ArmView], right: list[ArmView]) -> list[str]:
    """Why it is chosen among those that cost the same as far as these runs tell."""
    if len(level) == 1:
        return []
    others = listed([arm.label for arm in level if arm is not chosen])
    reasons = []
    if len(right) < len(level):
        wrong = listed([arm.label for arm in level if arm not in right])
        reasons.append(f"its answers are right more often than those of {wrong}")
    if chosen is not right[0]:
        reasons.append("it is the fastest of them" if right == level else f"it is the fastest of the {len(right)} left")
    if reasons:
        return [f"These runs do not tell its cost from that of {others}; {' and '.join(reasons)}."]
    return [f"These runs tell its cost from that of {others} no more than its speed: choose by what else matters."]


def _more_right(view: View, chosen: ArmView, good: list[ArmView]) -> list[str]:
    """Who is right more often than the chosen by more than luck, for how much more, and what speaks against it."""
    ranked = view.ranked("accuracy")
    if not ranked or not chosen.figure("accuracy") or not view.told_apart("accuracy", ranked[0], chosen):
        return []
    best = _cheapest_like(view, "accuracy", ranked, chosen)
    shares = [percent(arm.figure("accuracy").value) for arm in (best, chosen)]
    given_up = "money" if best in good or _is_dearer(best, chosen) else "the target"
    return [
        f"Where a right answer is worth more than {given_up}, {best.label} is right in {shares[0]} of tasks, "
        f"{chosen.label} in {shares[1]}{_dearer(best, chosen)}{'' if best in good else _misses(best)}."
    ]


def _misses(arm: ArmView) -> str:
    kept = arm.figure("slo_attainment")
    return f"; but it keeps {percent(kept.value)} of tasks within target" if kept else ""


def _is_dearer(arm: ArmView, than: ArmView) -> bool:
    usd, base = arm.figure("usd_per_hour"), than.figure("usd_per_hour")
    return not (usd and base) or usd.value > base.value


def _dearer(arm: ArmView, than: ArmView) -> str:
    usd, base = arm.figure("usd_per_hour"), than.figure("usd_per_hour")
    return f", at {100 * (usd.value / base.value - 1):+.0f} % fleet cost" if usd and base and base.value else ""


def _faster(view: View, chosen: ArmView, good: list[ArmView]) -> list[str]:
    """Who of the good is faster than the chosen by more than luck, and for how much more."""
    ranked = view.ranked("e2e_p99", good)
    if not ranked or not chosen.figure("e2e_p99") or not view.told_apart("e2e_p99", ranked[0], chosen):
        return []
    fast = _cheapest_like(view, "e2e_p99", ranked, chosen)
    times = chosen.figure("e2e_p99").value / fast.figure("e2e_p99").value
    more = _dearer(fast, chosen)
    return [f"Where speed is worth more than money, {fast.label} is {times:.1f} times as fast at the p99{more}."]


def _cheapest_like(view: View, name: str, ranked: list[ArmView], chosen: ArmView) -> ArmView:
    """Of the best by a figure and those told apart from the chosen, but not from it, the cheapest to run."""
    like = [arm for arm in ranked if arm is ranked[0] or not view.told_apart(name, ranked[0], arm)]
    better = [arm for arm in like if view.told_apart(name, arm, chosen)]
    priced = [arm for arm in better if arm.figure("usd_per_hour")]
    return min(priced, key=lambda arm: arm.figure("usd_per_hour").value) if len(priced) == len(better) else ranked[0]


def _smaller(arm: ArmView) -> list[str]:
    busiest = _busiest(arm)
    if busiest is None or busiest[1] >= _IDLE:
        return []
    return [
        f"Even the busiest pool of {arm.label}, {busiest[0]}, works only {percent(busiest[1])} of the time: "
        "try fewer replicas before buying."
    ]


def _busiest(arm: ArmView) -> tuple[str, float] | None:
    found = [
        (name, figure.value)
        for pool, name in zip(arm.facts.pools, arm.pool_labels, strict=True)
        if (figure := arm.pool_figure("utilisation", pool)) and pool.usd_per_s > 0
    ]
    return max(found, key=lambda pair: pair[1], default=None)


def _mend(view: View) -> list[str]:
    """What to do where no arm meets the targets."""
    ranked = view.ranked("slo_attainment")
    if not ranked:
        return []
    nearest = ranked[0]
    lines = [f"Do not serve this load with any of these as {'it is' if len(view.arms) == 1 else 'they are'}."]
    missed = [
        (figure.value, name)
        for name, c in view.classes
        if (figure := nearest.figure("slo_attainment", f"class {c.name}"))
    ]
    busiest = _busiest(nearest)
    where = f"its tasks of class {min(missed)[1]} miss most ({percent(min(missed)[0])} within target)" if missed else ""
    work = f"its pool {busiest[0]} works {percent(busiest[1])} of the time" if busiest else ""
    why = " and ".join(part for part in (where, work) if part)
    owned = any(not pool.tariff for pool in nearest.facts.pools)
    mend = "Add replicas there" if owned else "Let a second vendor stand in where the first refuses or is late,"
    lines.append(f"Begin with {nearest.label}{f': {why}' if why else ''}. {mend} or relax the target, and run again.")
    return lines
