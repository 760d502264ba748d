"""What a single node must agree with itself about, and with the workload."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from fleetsim.registry import knob_faults, unknown
from fleetsim.scenario.fields import Model
from fleetsim.workflow.nodes import Join, Select, Verify
from fleetsim.workflow.risks import least_queries, passing

_TOLERANCE = 1e-6
_CRITERIA = {
    "detects": "detects",
    "auc": "auc",
    "errors": "errors",
    "agreement": "agreement",
    "within_s": "within",
    "context_tokens": "context",
}


def entry_faults(node: Model, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(key below the node, what is wrong)."""
    if isinstance(node, Select):
        yield from _select(node, domains)
    elif isinstance(node, Verify):
        yield from _verify(node)
    elif isinstance(node, Join):
        if (node.rule == "best") != (node.auc is not None):
            yield "auc", "goes with rule best, and rule best needs it: how well its verifier tells right from wrong"
        if node.early and node.rule != "vote":
            yield "early", "is for rule vote"


def _verify(node: Verify) -> Iterator[tuple[str, str]]:
    given = [key for field, key in _CRITERIA.items() if getattr(node, field) is not None]
    if len(given) != 1:
        what = f"has {' and '.join(given)}" if given else "looks at nothing"
        yield "", f"{what}; write exactly one of {', '.join(_CRITERIA.values())}"
    said = [key for key in ("accepts", "threshold", "risk") if getattr(node, key) is not None]
    for key in said if node.auc is None else ():
        yield key, "goes with `auc`"
    if node.keeps == "best" and not {"auc", "detects", "errors"} & set(given):
        yield "keeps", "must be last, or left out: best goes with `auc`, `detects` or `errors`, which score answers"
    if len(said) > 1:
        yield said[0], f"cannot stand beside `{said[1]}`; leave one of them out"
    yield from _risk(node)
    if node.accepts in (0.0, 1.0):
        yield "accepts", "must lie between 0 and 1: no verifier passes all, or none, of the right answers"
    if node.detects is not None and not 0 < node.detects < 1:
        yield "detects", "must lie between 0 and 1; nearly all is 0.9999"
    if node.errors is not None and not 0 < node.errors <= 0.5:
        yield "errors", "must be above 0 and at most 0.5; a judge who never errs is `auc: 0.9999`"


def _risk(node: Verify) -> Iterator[tuple[str, str]]:
    """What conformal escalation needs (risks.py)."""
    if node.risk is None:
        for key in ("calibrated_on", "confidence"):
            if getattr(node, key) is not None:
                yield key, "goes with `risk`"
        return
    if not 0 < node.risk < 1:
        yield "risk", "must lie between 0 and 1: no threshold is without risk but that which nothing passes"
    elif node.confidence is not None and not 0 < node.confidence < 1:
        yield "confidence", "must lie between 0 and 1; nearly sure is 0.999"
    elif node.calibrated_on is None:
        least = least_queries(node.risk, node.confidence)
        yield "risk", f"needs `calibrated_on`: how many labelled tasks it is found by, at least {least}"
    elif passing(node.risk, node.calibrated_on, node.confidence) < 0:
        least = least_queries(node.risk, node.confidence)
        sure = "" if node.confidence is None else f" with confidence {node.confidence:g}"
        yield (
            "calibrated_on",
            f"is too few: {node.calibrated_on} labelled tasks give no threshold that keeps a risk of {node.risk:g}"
            f"{sure}; write at least {least}",
        )


def _select(node: Select, domains: Sequence[str]) -> Iterator[tuple[str, str]]:
    given = [key for key in ("shares", "by_domain", "by_class", "rule") if getattr(node, key) is not None]
    if len(given) != 1:
        what = f"has {' and '.join(given)}" if given else "does not say how to choose"
        yield "", f"{what}; write exactly one of shares, by_domain, by_class, rule"
    if node.shares is not None:
        yield from _row("shares", node.shares, node)
    for key, what in (("by_domain", "domain"), ("by_class", "class")):
        for name, row in (getattr(node, key) or {}).items():
            if what == "domain" and name not in domains:
                yield f"{key}.{name}", unknown(what, name, domains)
            yield from _row(f"{key}.{name}", row, node)
    for domain in domains if node.by_domain is not None else ():
        if domain not in node.by_domain:
            yield "by_domain", f"has no row for domain {domain!r}; write `{domain}: {{{node.to[0]}: 1.0}}`"
    for branch in node.options:
        if branch not in node.to:
            yield f"options.{branch}", unknown("branch", branch, node.to)
    if node.rule is not None:
        yield from _rule(node)
    if node.remembers != "all" and not node.learns:
        yield "learns", "must be true for a selection that remembers something"
    if node.rule is None and (node.learns or node.options):
        yield "", "has options, or learns, but no rule that could make use of it"


def _rule(node: Select) -> Iterator[tuple[str, str]]:
    from fleetsim.policies.selectors import SELECTORS

    if node.rule.kind not in SELECTORS:
        yield "rule", SELECTORS.unknown(node.rule.kind)
        return
    rule = SELECTORS[node.rule.kind]
    for name, what in knob_faults(rule.name, node.rule.model_extra or {}, rule.knobs):
        yield f"rule.{name}", what


def _row(path: str, row: Mapping[str, float], node: Select) -> Iterator[tuple[str, str]]:
    for branch in row:
        if branch not in node.to:
            yield f"{path}.{branch}", unknown("branch", branch, node.to)
    total = math.fsum(row.values())
    if abs(total - 1) > _TOLERANCE:
        yield path, f"adds up to {total:g}; shares add up to 1"
