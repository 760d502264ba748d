"""What a scenario may say and hardly means: events that its run never sees, limits that are cut, contexts too short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetsim.planning import Equipment
from fleetsim.scenario.export import readable
from fleetsim.units import DURATION
from fleetsim.workflow.needs import Need, Span, needs

if TYPE_CHECKING:
    from fleetsim.scenario.schema import Architecture, Scenario
    from fleetsim.workload import Workload

_ROWS = 4096  # tasks that are looked at


def lengths(workload: Workload) -> tuple[Span, Span]:
    """The shortest and longest prompt and answer of the first tasks; of none, no tokens."""
    rows = next(iter(workload.chunks(_ROWS)), None)
    if rows is None or not len(rows):
        return Span(0.0, 0.0), Span(0.0, 0.0)
    prompts, answers = rows.prompt_tokens, rows.output_tokens
    return Span(float(prompts.min()), float(prompts.max())), Span(float(answers.min()), float(answers.max()))


def hopeless(scenario: Scenario, name: str, equipment: Equipment, tokens: tuple[Span, Span]) -> Iterator[str]:
    """Why no task of an architecture can be answered: a call that all must make is longer than its pool's context."""
    pools = set()  # of which the first such call is told
    for call, pool, need, context in _calls(scenario, name, equipment, tokens):
        if need.least_prompt_tokens >= context and pool not in pools:
            pools.add(pool)
            yield (
                f"every task comes to call {call!r} with {need.least_prompt_tokens:,.0f} tokens of prompt or more, and "
                f"pool {pool} has a context of {context:,}: all would be refused; {_MEND}"
            )


def cautions(scenario: Scenario, name: str, equipment: Equipment, tokens: tuple[Span, Span]) -> Iterator[str]:
    """What may not be meant in an architecture, each with its place; `tokens` of prompts and answers, by `lengths`."""
    place = f"architectures.{name}"
    yield from (f"{place}.{what}" for what in _events(scenario, scenario.architectures[name]))
    for pool, given in scenario.architectures[name].pools.items():
        context = equipment[name, pool].table.context_tokens
        if given.max_model_len is not None and context < given.max_model_len:
            what = f"{given.max_model_len:,.0f} is more than the model's context: {context:,} tokens are taken"
            yield f"{place}.pools.{pool}.max_model_len: {what}"
    workflow = scenario.architectures[name].workflow
    yield from (f"{place}.workflow.{path}: {what}" for path, what in workflow.cautions(scenario.workload.subjects))
    longest = {}
    for call, pool, need, context in _calls(scenario, name, equipment, tokens):
        if need.most_tokens > max(context, longest[pool][1].most_tokens if pool in longest else 0.0):
            longest[pool] = call, need, context
    for pool, (call, need, context) in longest.items():
        yield (
            f"{place}.workflow: call {call!r} may need {need.most_tokens:,.0f} tokens (a prompt of "
            f"{need.most_prompt_tokens:,.0f}), and pool {pool} has a context of {context:,}: what is longer is "
            f"refused or cut short; {_MEND}"
        )


_MEND = "give it fewer or shorter steps, or the pool a longer context (`max_model_len`, another model)"


def left_out(scenario: Scenario, name: str, warm_up_s: float) -> Iterator[str]:
    """Outages and changes of an architecture that begin within the warm-up, which figures leave out."""
    architecture = scenario.architectures[name]
    begins = {f"changes.{number}": change.at_s for number, change in enumerate(architecture.changes)}
    for pool, given in architecture.pools.items():
        begins |= {f"pools.{pool}.outages.{number}": outage.from_s for number, outage in enumerate(given.outages)}
    for place, begins_s in begins.items():
        if begins_s < warm_up_s:
            shown = f"begins at {_time(begins_s)}, within the warm-up of {warm_up_s:.3g} s, which figures leave out"
            yield f"architectures.{name}.{place}: {shown}; write a shorter `warm_up`, or let it begin later"


def _calls(
    scenario: Scenario, name: str, equipment: Equipment, tokens: tuple[Span, Span]
) -> Iterator[tuple[str, str, Need, int]]:
    """(call, pool, what it needs, tokens of the pool's context) of every call whose prompt nothing limits."""
    nodes = scenario.architectures[name].workflow.nodes(scenario.workload.subjects)
    for call, need in needs(nodes, *tokens).items():
        pool = nodes[call].pool
        if nodes[call].prompt_limit is None:
            yield call, pool, need, equipment[name, pool].table.context_tokens


def _events(scenario: Scenario, architecture: Architecture) -> Iterator[str]:
    """Outages, changes and prices that begin when no task arrives any more."""
    for name, pool in architecture.pools.items():
        for number, outage in enumerate(pool.outages):
            yield from _late(f"pools.{name}.outages.{number}", outage.from_s, scenario)
        for number, prices in enumerate(pool.endpoint.later if pool.endpoint else ()):
            yield from _late(f"pools.{name}.endpoint.later.{number}", prices.from_s, scenario)
    for number, change in enumerate(architecture.changes):
        yield from _late(f"changes.{number}", change.at_s, scenario)


def _late(place: str, begins_s: float, scenario: Scenario) -> Iterator[str]:
    stop_s = scenario.horizon_s + scenario.drain_s
    if begins_s >= stop_s:
        yield f"{place}: begins at {_time(begins_s)}, and the run ends at {_time(stop_s)}: it never happens"
    elif begins_s >= scenario.horizon_s:
        last = f"the last task arrives before {_time(scenario.horizon_s)}"
        yield f"{place}: begins at {_time(begins_s)}, and {last}: only what is not answered by then will see it"


def _time(seconds: float) -> str:
    return str(readable(seconds, DURATION))
