"""What all commands share: errors in words, exit codes, the options that say which scenario."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from fleetsim.errors import FleetsimError, printable

INTERRUPTED = 130


class Commands(click.Group):
    """A group whose commands fail with a sentence on stderr and a documented exit code, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the user can mend is said in words."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except FleetsimError as error:
            talk(str(error))
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            talk("\ninterrupted; nothing was written" if sys.stderr.isatty() else "interrupted; nothing was written")
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:  # whoever read stdout has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            ctx.exit(0)
        except MemoryError:
            talk("the machine has too little memory for this run; write a shorter horizon or a lower rate")
            ctx.exit(1)
        except OSError as error:
            talk(f"{error.filename or 'fleetsim'}: {error.strerror or error}")
            ctx.exit(1)


def talk(text: str) -> None:
    """Say something on stderr, line by line, with nothing in it that a terminal might obey."""
    for line in text.split("\n"):
        click.echo(printable(line), err=True)


def say(text: str) -> None:
    """Print a result on stdout, line by line, with nothing in it that a terminal might obey."""
    for line in text.split("\n"):
        click.echo(printable(line))


def scenario_argument(command: Callable) -> Callable:
    """The argument SCENARIO."""
    return click.argument("scenario", metavar="SCENARIO")(command)


def set_option(command: Callable) -> Callable:
    """The option --set."""
    return click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="PATH=VALUE",
        help="Write one key of the scenario, such as workload.arrivals.rate='12 per s'. May be repeated.",
    )(command)
