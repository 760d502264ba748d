"""How right models are, and how right answers hang together."""

from __future__ import annotations

from fleetsim.tables.column import Column, Table

JUDGED_MODELS = Table(
    Column("salt", "i8", "what sets its draws apart from other models': made of its name, whatever else there is"),
    Column("family", "i8", "the same of its family"),
    Column("rho_within", "f8", "correlation of the ease of two samples of its answers"),
    Column("blank_share", "f8", "share of its wrong answers that are blank"),
    Column("length_sigma", "f8", "standard deviation of the log of its answers' lengths"),
    Column("length_kappa", "f8", "correlation of that log with difficulty"),
    Column("length_shared", "f8", "share of its variance that the task itself brings, with the workload's lengths"),
)
"""The models of a scenario whose answers are judged: one order for all its architectures."""

JUDGED_DOMAINS = Table(
    Column("unsolvable", "f8", "share of tasks that no model solves"),
    Column("rho_family", "f8", "what more the correlation of the ease is for two models of one family"),
)
"""How right answers hang together, by domain (docs/engine.md, section 3a)."""

PROTOTYPES = 1024
"""How many distributions over wrong answers there are for each domain."""
