"""Hardware: from accelerator, model and layout to the step-time table an engine runs on."""

from fleetsim.hardware.deployment import Deployment, Speculation, StepTable
from fleetsim.hardware.given import given_table
from fleetsim.hardware.memory import kv_bytes_per_token
from fleetsim.hardware.rented import rent_one, rented_table
from fleetsim.hardware.table import step_table

__all__ = [
    "Deployment",
    "Speculation",
    "StepTable",
    "given_table",
    "kv_bytes_per_token",
    "rent_one",
    "rented_table",
    "step_table",
]
