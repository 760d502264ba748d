"""The rules of pools: what each needs, and names that must exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fleetsim.registry import knob_faults, unknown
from fleetsim.scenario.document import Flaw, Place
from fleetsim.scenario.draft import Draft, Rule
from fleetsim.scenario.files import inside
from fleetsim.scenario.schema import Pool

PRECISIONS = ("bf16", "fp8", "int8", "int4", "fp4")
MAX_SLOTS = 10_000_000
KV_PRECISIONS = ("bf16", "fp8", "int8")


def policies(draft: Draft) -> Iterator[Flaw]:
    """Balancers and queue orders exist, and their knobs are numbers they know."""
    from fleetsim.policies.balancers import BALANCERS
    from fleetsim.policies.scheduling import QUEUE_ORDERS

    for pool_place, pool in draft.pools():
        for key, family in (("balancer", BALANCERS), ("queue_order", QUEUE_ORDERS)):
            place, chosen = (*pool_place, key), getattr(pool, key)
            if chosen.kind not in family:
                yield Flaw(place, family.unknown(chosen.kind))
                continue
            for name, what in knob_faults(chosen.kind, chosen.model_extra or {}, family[chosen.kind].knobs):
                yield Flaw((*place, name), what)


def regions(draft: Draft) -> Iterator[Flaw]:
    """A pool stands in a region that the site tells of."""
    known = draft.scenario.site.regions
    for place, architecture in draft.architectures():
        for name, pool in architecture.pools.items():
            if pool.region is not None and pool.region not in known:
                yield Flaw((*place, "pools", name, "region"), unknown("region", pool.region, known))


def pool_sources(draft: Draft) -> Iterator[Flaw]:
    """A pool gets its step times from model and hardware, or from `steps`."""
    for place, pool in draft.pools():
        if pool.endpoint is not None:
            yield from _endpoint(place, pool)
        elif pool.steps is not None:
            for key in ("model", "hardware", "framework", "cpu_offload"):
                if getattr(pool, key) is not None:
                    yield Flaw((*place, key), "stands beside `steps`; leave one of them out")
        elif pool.model is None and pool.hardware is None:
            yield Flaw(place, "has no step times; write `model` and `hardware`, or `steps`")
        else:
            for key in ("model", "hardware"):
                if getattr(pool, key) is None:
                    yield Flaw(place, f"has no {key}; see `fleetsim list {'models' if key == 'model' else key}`")


def _endpoint(place: Place, pool: Pool) -> Iterator[Flaw]:
    """A rented endpoint has no machines to speak of."""
    for key in ("model", "hardware", "framework", "steps", "prefill", "cpu_offload"):
        if getattr(pool, key) is not None:
            yield Flaw((*place, key), "stands beside `endpoint`; leave one of them out")
    for key in ("replicas", "prefix_caching", "queue_order", "price_usd_per_s"):
        if getattr(pool, key) != type(pool).model_fields[key].default:
            alias = type(pool).model_fields[key].alias or key
            yield Flaw((*place, alias), "is the vendor's affair; leave it out")
    times = [prices.from_s for prices in pool.endpoint.later]
    if times != sorted(set(times)):
        yield Flaw((*place, "endpoint", "later"), "must be in the order of their times, each once")


def profiles(draft: Draft) -> Iterator[Flaw]:
    """Model and hardware are shipped profiles or .yaml files in the scenario's folder."""
    from fleetsim.catalog import framework_names, hardware_names, model_names

    for place, pool in draft.pools():
        if pool.framework is not None and pool.framework not in framework_names():
            yield Flaw((*place, "framework"), unknown("framework profile", pool.framework[:100], framework_names()))
        for key, names, listed in (("model", model_names, "models"), ("hardware", hardware_names, "hardware")):
            name = getattr(pool, key)
            if name is None:
                continue
            if not name.endswith((".yaml", ".yml")):
                if name not in names():
                    yield Flaw(
                        (*place, key),
                        unknown(f"{key} profile", name[:100], names(), f"`fleetsim list {listed}` shows all"),
                    )
                continue
            yield from _file((*place, key), draft.base, name)


def steps(draft: Draft) -> Iterator[Flaw]:
    """A given step table has one source, and a step takes time."""
    for place, pool in draft.pools():
        if pool.steps is None:
            continue
        place, table = (*place, "steps"), pool.steps
        if table.file is not None:
            if table.base_s is not None or table.per_token_s != 0:
                yield Flaw((*place, "file"), "stands beside `base` or `per_token`; leave one of them out")
            yield from _file((*place, "file"), draft.base, table.file)
        elif table.base_s is None:
            yield Flaw(place, "has neither `base` nor `file`; write `base: 10 ms`")
        elif table.base_s + table.per_token_s < 1e-9:
            yield Flaw((*place, "base"), "a step of one token takes less than 1 ns; write a longer `base`")


def _file(place: Place, base: Path, name: str) -> Iterator[Flaw]:
    try:
        inside(base, name)
    except ValueError as error:
        yield Flaw(place, str(error))


def batch_limits(draft: Draft) -> Iterator[Flaw]:
    """The token budget of a step serves every running sequence."""
    for place, pool in draft.pools():
        if pool.max_num_batched_tokens < pool.max_num_seqs:
            limits = f"{pool.max_num_batched_tokens} is below max_num_seqs ({pool.max_num_seqs})"
            yield Flaw((*place, "max_num_batched_tokens"), f"{limits}: every sequence needs a token in each step")


def sizes(draft: Draft) -> Iterator[Flaw]:
    """The sequences that all replicas of a pool may run at once fit into memory."""
    for place, pool in draft.pools():
        slots = pool.replicas * pool.max_num_seqs
        if slots > MAX_SLOTS:
            product = f"{pool.replicas} replicas x {pool.max_num_seqs} max_num_seqs"
            yield Flaw((*place, "replicas"), f"{product} are {slots} sequences at once; at most {MAX_SLOTS}")


def parallelism(draft: Draft) -> Iterator[Flaw]:
    """Experts are sharded over ranks that exist."""
    for place, pool in draft.pools():
        if pool.ep > pool.tp * pool.dp:
            yield Flaw((*place, "ep"), f"{pool.ep} is above tp*dp ({pool.tp * pool.dp}), the ranks there are")


def precisions(draft: Draft) -> Iterator[Flaw]:
    """Number formats are known ones."""
    for place, pool in draft.pools():
        for key, names in (("precision", PRECISIONS), ("kv_precision", KV_PRECISIONS)):
            name = getattr(pool, key)
            if name is not None and name not in names:
                yield Flaw((*place, key), unknown("precision", name, names))


def speculation(draft: Draft) -> Iterator[Flaw]:
    """No more tokens are accepted than proposed, and step times given directly have it in them already."""
    for place, pool in draft.pools():
        if pool.speculation is None:
            continue
        place, most = (*place, "speculation"), pool.speculation.draft_tokens + 1
        if pool.steps is not None:
            yield Flaw(place, "stands beside `steps`; give the time per token there, and leave it out")
        if pool.speculation.acceptance_length > most:
            given = f"{pool.speculation.acceptance_length:g} is above draft_tokens + 1 ({most})"
            yield Flaw((*place, "acceptance_length"), f"{given}: all that is proposed, and one more")


def disaggregation(draft: Draft) -> Iterator[Flaw]:
    """Both sides of a disaggregated pool get their step times in the same way, and the KV has a size."""
    for place, pool in draft.pools():
        if pool.prefill is None:
            continue
        place, side = (*place, "prefill"), pool.prefill
        if (pool.steps is None) != (side.steps is None):
            yield Flaw(place, "gives step times in another way than its pool; write `steps` in both, or in neither")
        if pool.steps is not None and side.transfer.bytes_per_token is None:
            yield Flaw((*place, "transfer"), "has no `bytes_per_token`; with `steps` no model says it: write '128 kB'")


POOL_RULES: tuple[Rule, ...] = (
    disaggregation,
    speculation,
    policies,
    regions,
    pool_sources,
    profiles,
    steps,
    batch_limits,
    parallelism,
    precisions,
    sizes,
)
