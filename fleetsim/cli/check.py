"""fleetsim check."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from fleetsim.cli.group import say, scenario_argument, set_option, talk
from fleetsim.cli.text import grid, three, wrapped

if TYPE_CHECKING:
    from fleetsim.planning import EquippedPool
    from fleetsim.study.run import StudyPlan


@click.command()
@scenario_argument
@click.option("--resolved", is_flag=True, help="Print the scenario with every default, as YAML.")
@set_option
def check(scenario: str, resolved: bool, sets: tuple[str, ...]) -> None:
    """Find all faults of a scenario without running it.

    Prints the fleets of a sound scenario, or every fault with file, line and what to write instead (exit code 2):
    unknown keys, missing units, dangling names, models that do not fit their hardware, in all variations. Lines that
    begin with ! say what is allowed and may not be meant: events beyond the horizon, contexts that calls may outgrow.

    \b
    Examples:
      fleetsim check quickstart
      fleetsim check my_scenario.yaml --resolved
      fleetsim check quickstart --set architectures."two L40S".pools.chat.hardware=l4
    """
    from fleetsim.study.run import planned

    plan = planned(scenario, sets=sets)
    if resolved:
        text = plan.loaded.resolved().rstrip("\n")
        say(text) if sys.stdout.isatty() else click.echo(text)  # a file gets the very text, a terminal only a safe one
        talk("\n".join([_verdict(plan), *(f"! {caution}" for caution in plan.cautions)]))
    else:
        say(_verdict(plan))
        for caution in plan.cautions:
            say(wrapped(caution, first="! "))
        say("")
        say(_fleets(plan))


def _verdict(plan: StudyPlan) -> str:
    scenario, arms = plan.loaded.scenario, len(plan.arms)
    runs = f"{plan.runs} run{'s' * (plan.runs != 1)}"
    return f"ok: {scenario.name}, {arms} arm{'s' * (arms != 1)}, {runs}"


def _fleets(plan: StudyPlan) -> str:
    from fleetsim.planning import fleets

    heading = ["arm", "pool", "replicas", "accelerators", "model on hardware", "KV tokens", "$ per h", "step times"]
    body = [heading]
    for arm in plan.arms:
        architecture = arm.loaded.scenario.architectures[arm.architecture]
        equipped = [(name, arm.equipment[arm.architecture, name]) for name in fleets(architecture)]
        for number, (name, pool) in enumerate(equipped):
            body.append([arm.name if number == 0 else "", *_pool_row(name, pool)])
        if len(equipped) > 1:
            total = sum(hourly_usd(pool) for _, pool in equipped)
            accelerators = sum(pool.pool.replicas * pool.table.accelerators for _, pool in equipped)
            body.append(["", "in all", "", str(accelerators), "", "", three(total), ""])
    return grid(body, right=(2, 3, 5, 6))


def _pool_row(name: str, pool: EquippedPool) -> list[str]:
    replicas = pool.pool.replicas
    where = pool.model if pool.model == pool.hardware or pool.pool.steps else f"{pool.model} on {pool.hardware}"
    accelerators = str(replicas * pool.table.accelerators)
    price = "by token" if pool.pool.endpoint else three(hourly_usd(pool))
    return [name, str(replicas), accelerators, where, kv_tokens(pool), price, pool.table.basis]


def hourly_usd(pool: EquippedPool) -> float:
    """Price of all replicas of a pool."""
    return pool.pool.replicas * pool.usd_per_s * 3600


def kv_tokens(pool: EquippedPool) -> str:
    """Tokens of KV cache that one replica can hold."""
    from fleetsim.tables import UNLIMITED_BLOCKS

    if pool.table.kv_blocks >= UNLIMITED_BLOCKS:
        return "no limit"
    return f"{pool.table.kv_blocks * pool.table.block_tokens:,}"
