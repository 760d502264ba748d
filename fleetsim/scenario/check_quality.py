"""The rules of the `quality` block and of pools that say how right their answers are."""

from __future__ import annotations

from collections.abc import Iterator

from fleetsim.registry import unknown
from fleetsim.scenario.document import ANY, Flaw, Place
from fleetsim.scenario.draft import Draft, Rule
from fleetsim.scenario.quality import DomainFigures, QualitySettings, common_share, settled
from fleetsim.scenario.schema import Pool

_ROUNDING = 1e-9
_DOMAINS = (("workload", "classes", ANY), ("workload", "classes", ANY, "domains"))


def _domains(draft: Draft) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, task_class in draft.classes() for name in task_class.domains))


def _pools(draft: Draft) -> Iterator[tuple[Place, Pool]]:
    """Pools with their places, without prefill sides, which say nothing of answers."""
    return ((place, pool) for place, pool in draft.pools() if place[-2] == "pools")


def _of_domain(quality: QualitySettings, domain: str, key: str) -> Place:
    """Where the key of a domain was written."""
    own = quality.domains.get(domain)
    if own is not None and getattr(own, key) is not None:
        return ("quality", "domains", domain, key)
    return ("quality", "every_domain", key)


def domains(draft: Draft) -> Iterator[Flaw]:
    """Domains are those of the workload, and what is said of each can be."""
    quality = draft.scenario.quality
    if quality is None:
        return
    known, found = _domains(draft), []
    for name in quality.domains:
        if name not in known:
            yield Flaw(("quality", "domains", name), unknown("domain", name, known), _DOMAINS)
    for name in known:
        found += [Flaw(_of_domain(quality, name, key), what) for key, what in _impossible(settled(quality, name))]
    yield from dict.fromkeys(found)


def _impossible(figures: DomainFigures) -> Iterator[tuple[str, str]]:
    """(key, what is wrong with it)."""
    if figures.rho_parts > figures.rho_between + _ROUNDING:
        yield "rho_parts", f"is {figures.rho_parts:g}, above rho_between ({figures.rho_between:g}); write at most that"
    if figures.rho_between + figures.rho_family > 1 + _ROUNDING:
        total = figures.rho_between + figures.rho_family
        yield "rho_family", f"makes {total:g} with rho_between; they add up to 1 at most"
    if figures.same_wrong < 1 / figures.options - _ROUNDING:
        chance = f"{1 / figures.options:.3g}, what chance makes of {figures.options} options"
        yield "same_wrong", f"is {figures.same_wrong:g}, below {chance}; write more of one of them"
    if figures.unsolvable >= 1:
        yield "unsolvable", "leaves no task that can be solved; write less than 1"


def models(draft: Draft) -> Iterator[Flaw]:
    """Models are ones that the scenario names, and samples of one model are no less alike than two models."""
    quality = draft.scenario.quality
    if quality is None:
        return
    names = set(quality.accuracy)
    for place, pool in _pools(draft):
        names |= {name for name in (str(place[-1]), pool.model, pool.judged_as) if name}
    for name, model in quality.models.items():
        if name not in names:
            yield Flaw(
                ("quality", "models", name), unknown("model", name, names), (("architectures", ANY, "pools", ANY),)
            )
        own = model.rho_between if isinstance(model.rho_between, dict) else {}
        for domain in own:
            if domain not in _domains(draft):
                what = unknown("domain", domain, _domains(draft))
                yield Flaw(("quality", "models", name, "rho_between", domain), what, _DOMAINS)
        for domain in _domains(draft):
            place = ("quality", "models", name, "rho_between", *((domain,) if domain in own else ()))
            yield from _alike(quality, name, domain, place)


def _alike(quality: QualitySettings, name: str, domain: str, own: Place) -> Iterator[Flaw]:
    """What a model has in common with others, with its family and with itself, from least to most; `own`: where the
    first may be said of it."""
    within, figures = quality.models[name].rho_within, settled(quality, domain)
    share = common_share(quality, name, domain)
    least = abs(share) + figures.rho_family
    if least > 1 + _ROUNDING and quality.models[name].own_share(domain) is not None:
        room = 1 - figures.rho_family
        mend = f"write {-room:g} or more" if share < 0 else f"write {room:g} or less"
        yield Flaw(own, f"makes {least:g} with rho_family of {domain}; they add up to 1 at most: {mend}")
    elif within is not None and within < least - _ROUNDING:
        between = "|rho_between|" if share < 0 else "rho_between"
        what = f"is {within:g}, below {between} + rho_family of {domain} ({least:g}); write {least:g} or more"
        yield Flaw(("quality", "models", name, "rho_within"), what)


def accuracies(draft: Draft) -> Iterator[Flaw]:
    """Accuracies are of domains there are, and no more than what is solvable."""
    quality = draft.scenario.quality or QualitySettings()
    for name, accuracy in quality.accuracy.items():
        yield from _accuracy(draft, ("quality", "accuracy", name), accuracy)
    for place, pool in _pools(draft):
        if pool.accuracy is not None:
            yield from _accuracy(draft, (*place, "accuracy"), pool.accuracy)
            for domain in _domains(draft) if isinstance(pool.accuracy, dict) else ():
                if domain not in pool.accuracy:
                    what = f"has no share for domain {domain!r}; write `{domain}: 0.7`"
                    yield Flaw((*place, "accuracy"), what, _DOMAINS)


def _accuracy(draft: Draft, place: Place, accuracy: float | dict[str, float]) -> Iterator[Flaw]:
    quality, known = draft.scenario.quality or QualitySettings(), _domains(draft)
    given = accuracy if isinstance(accuracy, dict) else dict.fromkeys(known, accuracy)
    for domain, share in given.items():
        below = (*place, domain) if isinstance(accuracy, dict) else place
        if domain not in known:
            yield Flaw(below, unknown("domain", domain, known), _DOMAINS)
            continue
        most = 1 - settled(quality, domain).unsolvable
        if share > most + _ROUNDING:
            yield Flaw(below, f"{share:g} is more than the {most:g} of {domain} that is solvable; write at most that")


def sources(draft: Draft) -> Iterator[Flaw]:
    """What answers are worth is said once: by recorded outcomes or by accuracies, by a pool's own or a model's."""
    quality = draft.scenario.quality
    if quality is not None and quality.outcomes is not None:
        for key in ("table", "accuracy"):
            if getattr(quality, key):
                yield Flaw(
                    ("quality", key), "stands beside `outcomes`, which say how often models are right; leave one out"
                )
        for domain in _domains(draft):
            if settled(quality, domain).unsolvable > 0:
                what = "stands beside `outcomes`, which say what is solved; leave it out"
                yield Flaw(_of_domain(quality, domain, "unsolvable"), what)
    for place, pool in _pools(draft):
        if pool.judged_as is not None and pool.accuracy is not None:
            yield Flaw((*place, "judged_as"), "stands beside `accuracy`; leave one of them out")
        if pool.judged_as is not None and quality is None:
            yield Flaw((*place, "judged_as"), "needs a `quality` block; write `quality: {accuracy: {MODEL: 0.7}}`")
        if pool.accuracy is not None and quality is not None and quality.outcomes is not None:
            yield Flaw(
                (*place, "accuracy"), "stands beside `quality.outcomes`; write `judged_as` with one of its models"
            )


QUALITY_RULES: tuple[Rule, ...] = (domains, models, accuracies, sources)
