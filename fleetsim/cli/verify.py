"""fleetsim verify."""

from __future__ import annotations

import click

from fleetsim.cli.group import say
from fleetsim.cli.progress import progress_bar
from fleetsim.errors import EngineFault


@click.command(short_help="Hold the core to the reference engine.")
@click.option("--scenarios", type=click.IntRange(1), default=300, show_default=True, help="How many to try.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Number of the first one.")
def verify(scenarios: int, seed: int) -> None:
    """Hold the core to the reference engine on random scenarios: every time and decision must be equal.

    Exit code 3 at the first difference, with the first event that differs and the smallest scenario that shows it.

    \b
    Examples:
      fleetsim verify --scenarios 50
      fleetsim verify --scenarios 1000 --seed 5000
    """
    from fleetsim.study import verify as study

    with progress_bar(quiet=False) as tell:

        def report(done: int) -> None:
            if tell is not None:
                tell(f"{done} of {scenarios} scenarios", done / scenarios)

        found = study.verify(scenarios=scenarios, first_seed=seed, report=report)
    if found is None:
        say(f"core and reference agree on {scenarios} random scenarios, number {seed} to {seed + scenarios - 1}")
        return
    say(f"core and reference differ on random scenario {found.number}; made as small as it goes:\n")
    say(found.scenario)
    again = f"to see it again: fleetsim verify --scenarios 1 --seed {found.number}"
    raise EngineFault(f"the engines differ first at {found.difference}\n{again}")
