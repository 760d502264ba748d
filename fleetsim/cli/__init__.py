"""The command line: arguments in, verbs called. Heavy imports happen inside the commands, so that --help is quick."""

from __future__ import annotations

import io
import sys

import click

import fleetsim
from fleetsim.cli.accuracy import accuracy
from fleetsim.cli.calibrate import calibrate
from fleetsim.cli.capacity import capacity
from fleetsim.cli.check import check
from fleetsim.cli.claims import claims
from fleetsim.cli.compare import compare
from fleetsim.cli.group import Commands
from fleetsim.cli.listing import list_
from fleetsim.cli.predict import predict
from fleetsim.cli.quality import quality
from fleetsim.cli.report import report
from fleetsim.cli.run import run
from fleetsim.cli.schema import schema
from fleetsim.cli.search import search
from fleetsim.cli.show import show
from fleetsim.cli.sweep import sweep
from fleetsim.cli.verify import verify
from fleetsim.cli.whatif import whatif


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(fleetsim.__version__, prog_name="fleetsim")
def commands() -> None:
    """Simulate fleets that serve language models: which architecture, on which hardware, serves a workload at which
    latency, answer quality, cost and energy.

    \b
    fleetsim run quickstart              a first answer in seconds
    fleetsim list scenarios              the questions that come with fleetsim
    fleetsim check my_scenario.yaml      all faults of a scenario, nothing run

    Results go to stdout, everything else to stderr.

    \b
    Exit codes:
      0    all is well
      1    fleetsim could not go on
      2    faulty input or usage; nothing was run
      3    a law of the simulation was broken: do not trust the results
      130  interrupted
    """


for _command in (
    run,
    compare,
    sweep,
    whatif,
    search,
    capacity,
    report,
    check,
    list_,
    show,
    schema,
    verify,
    predict,
    calibrate,
    accuracy,
    quality,
    claims,
):
    commands.add_command(_command)


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no ± gets \\xb1, not a traceback
    commands(prog_name="fleetsim")
