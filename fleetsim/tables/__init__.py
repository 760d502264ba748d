"""Every table's columns: dtype, unit, meaning; and the order of simultaneous events.

One declaration of a column serves the kernels (its dtype), the Parquet files and
frames (its name and unit) and the documentation (its meaning). Both engines read and write
these tables and nothing else, so this module is the whole of what they share as data.
"""

from fleetsim.tables.column import Column, Table
from fleetsim.tables.fleet import CHANGES, ORDER_SIGNALS, POOLS, SIGNALS, TASKS, VERSIONS
from fleetsim.tables.graph import NODES, OPTION_SIGNALS, OPTIONS
from fleetsim.tables.happened import CALLS, RUNS, SAMPLES, TASK_RECORDS
from fleetsim.tables.judged import JUDGED_DOMAINS, JUDGED_MODELS, PROTOTYPES
from fleetsim.tables.words import (
    ATTEMPTS_MOST,
    BLANK,
    KNOBS,
    LABELS,
    LANES,
    NODES_MOST,
    REFUSAL_NS,
    TASKS_MOST,
    UNLIMITED_BLOCKS,
    Asked,
    JoinRule,
    Learns,
    Look,
    NodeKind,
    Rank,
    RunKind,
    Scheduler,
    SignalOf,
    Status,
    TableKey,
)

__all__ = [
    "ATTEMPTS_MOST",
    "BLANK",
    "CALLS",
    "CHANGES",
    "JUDGED_DOMAINS",
    "JUDGED_MODELS",
    "KNOBS",
    "LABELS",
    "LANES",
    "NODES",
    "NODES_MOST",
    "OPTIONS",
    "OPTION_SIGNALS",
    "ORDER_SIGNALS",
    "POOLS",
    "PROTOTYPES",
    "REFUSAL_NS",
    "RUNS",
    "SAMPLES",
    "SIGNALS",
    "TASKS",
    "TASKS_MOST",
    "TASK_RECORDS",
    "UNLIMITED_BLOCKS",
    "VERSIONS",
    "Asked",
    "Column",
    "JoinRule",
    "Learns",
    "Look",
    "NodeKind",
    "Rank",
    "RunKind",
    "Scheduler",
    "SignalOf",
    "Status",
    "Table",
    "TableKey",
]
