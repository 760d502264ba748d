"""The families whose members are parts of the scenario language: a new member is a new `kind` in the file.

They stand apart from `schema.py` because the members import their family while the schema, made of all members, is
being imported.
"""

from __future__ import annotations

from fleetsim.registry import Family
from fleetsim.scenario.fields import Model

ARRIVALS: Family[type[Model]] = Family("arrival process", "fleetsim.workload.arrivals")
LENGTHS: Family[type[Model]] = Family("length law", "fleetsim.workload.lengths")
WORKFLOWS: Family[type[Model]] = Family("workflow", "fleetsim.workflow.kinds", "workflows")
