"""What varies in a study: the scenario's `vary:` block with the options of the command line laid over it."""

from __future__ import annotations

from collections.abc import Sequence

from fleetsim.errors import InputFaults
from fleetsim.scenario import Loaded
from fleetsim.scenario.document import Mark
from fleetsim.study.grid import SOURCE, parse
from fleetsim.study.variants import changed
from fleetsim.study.whatif.design import Factor


def factors_of(loaded: Loaded, vary: Sequence[str]) -> list[Factor]:
    """The paths that vary with their values. Raises InputFaults with all that is wrong, value by value."""
    given, faults = parse(vary)
    for path, (values, number) in given.items():
        for value in values:
            try:
                changed(loaded, {path: value}, Mark(SOURCE, number))
            except InputFaults as error:
                faults += error.faults
    whole = dict(loaded.scenario.vary) | {path: values for path, (values, _) in given.items()}
    if not whole and not faults:
        what = "varies nothing; write --vary path=a,b,c or path=lo:hi:n, or a `vary:` block"
        faults.append(loaded.fault("", what))
    if faults:
        raise InputFaults(list(dict.fromkeys(faults)))
    return [Factor(path, tuple(values)) for path, values in whole.items()]
