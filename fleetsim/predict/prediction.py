"""One point: simulated as it was measured, and what is read off it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fleetsim.catalog import load_vendor
from fleetsim.errors import FleetsimError
from fleetsim.hardware import StepTable, kv_bytes_per_token, step_table
from fleetsim.predict.deployment import NotExpressible, Profiles, Setup, setup
from fleetsim.predict.frameworks import Framework, framework_of
from fleetsim.predict.hosted import hosted, meant, vendor_key
from fleetsim.predict.measures import measured
from fleetsim.predict.protocol import Load, load
from fleetsim.predict.ran import as_it_ran
from fleetsim.predict.rows import Point
from fleetsim.predict.simulation import Outcome, Prefill, simulate


@dataclass(frozen=True)
class Prediction:
    """What is predicted for a row: `value` None and the reason in `note` if it cannot be expressed."""

    value: float | None
    basis: str = ""
    note: str = ""


def predict_point(
    point: Point, metrics: Iterable[tuple[str, str]], override: Profiles
) -> dict[tuple[str, str], Prediction]:
    """Simulate a point and read (metric, unit) pairs off what happened."""
    metrics = list(metrics)
    try:
        outcome, notes = simulate_point(point, override)
    except FleetsimError as error:
        return dict.fromkeys(metrics, Prediction(None, note=_one_line(error)))
    return {(metric, unit): _read(outcome, meant(point, metric), unit, notes) for metric, unit in metrics}


def simulate_point(point: Point, override: Profiles) -> tuple[Outcome, tuple[str, ...]]:
    """What happened when a point was simulated as it was measured, and what had to be taken for granted.

    Raises FleetsimError if the point cannot be expressed.
    """
    framework = framework_of(point, override)
    sent = load(point, framework)
    if vendor := vendor_key(point.hardware):
        return hosted(point, sent, override.get(vendor) or load_vendor(vendor))
    made = as_it_ran(setup(point, framework, sent, override), sent)
    table, sent, said = room(step_table(made.deployment), sent, framework)
    wait_tokens = sent.wait_steps * made.deployment.tokens_per_step
    sent = replace(sent, request_s=sent.request_s + wait_tokens * token_s(table, sent))
    limit_w = made.deployment.hardware.power.limit_w.value
    prefill = None if made.prefill is None else _prefill(made.prefill, made.accelerators)
    return simulate(table, made.replicas, made.accelerators, sent, limit_w, prefill), (*made.notes, *said)


def _prefill(side: Setup, accelerators: int) -> Prefill:
    """Prefill replicas whose KV leaves on the links of all their accelerators: in one domain on the fast ones."""
    links = side.deployment.hardware.links
    near = links.scale_up if links.scale_up and accelerators <= links.scale_up.accelerators else links.scale_out
    if near is None:
        raise NotExpressible("disaggregated: the device has no link on which KV could travel")
    bandwidth = near.bandwidth_bytes_per_s.value * side.deployment.accelerators
    ns_per_token = kv_bytes_per_token(side.deployment) / bandwidth * 1e9
    return Prefill(step_table(side.deployment), side.replicas, ns_per_token)


def room(table: StepTable, sent: Load, framework: Framework) -> tuple[StepTable, Load, tuple[str, ...]]:
    """The KV memory as the framework shares it out, and the sequences that it lets in.

    A static batch that was measured did fit, whatever the memory plan leaves for it.
    """
    table = replace(table, kv_blocks=int(table.kv_blocks * framework.kv_share))
    per_task = -(-(sent.tasks.prompt_tokens + sent.tasks.output_tokens) // table.block_tokens)
    needed = int(per_task.sum())
    if sent.batched:
        short = table.kv_blocks < needed
        said = ("by its memory plan the batch would not fit; it ran, so room is made",) if short else ()
        return replace(table, kv_blocks=max(table.kv_blocks, needed)), sent, said
    if framework.never_evicts:
        slots = int(table.kv_blocks / float(per_task.mean()))
        sent = replace(sent, max_num_seqs=max(1, min(sent.max_num_seqs, slots)))
    return table, sent, ()


def token_s(table: StepTable, sent: Load) -> float:
    """The time of a token with all clients decoding, halfway through their answers, and prompts between their steps."""
    prompt, output = float(sent.tasks.prompt_tokens.mean()), float(sent.tasks.output_tokens.mean())
    halfway, chunk = prompt + output / 2, min(round(prompt), len(table.base_ns) - 1)
    own = table.alpha_ns * halfway + table.window_alpha_ns * min(halfway, table.window_tokens)
    prefill = table.base_ns[chunk] * prompt / chunk + table.beta_ns * prompt * prompt / 2
    return float(table.base_ns[sent.max_num_seqs] + sent.max_num_seqs * (own + prefill / output)) / 1e9


def _read(outcome: Outcome, metric: str, unit: str, notes: tuple[str, ...]) -> Prediction:
    try:
        value, note = measured(outcome, metric, unit)
    except FleetsimError as error:
        return Prediction(None, note=_one_line(error))
    return Prediction(value, outcome.table.basis, "; ".join([*notes, note] if note else notes))


def _one_line(error: FleetsimError) -> str:
    return " ".join(str(error).split())
