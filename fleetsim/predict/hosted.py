"""Rented interfaces: nobody says what they run on, so their times are drawn as the vendor's profile says."""

from __future__ import annotations

import re

from fleetsim.catalog import VendorProfile, load_model, vendor_names
from fleetsim.predict.names import model_key
from fleetsim.predict.protocol import Load
from fleetsim.predict.rows import Point
from fleetsim.predict.simulation import Outcome, simulate_rented
from fleetsim.scenario.rented import Endpoint

_MEANT = (("itl_", "ntpot_"), ("output_speed_", "request_speed_"))
"""What llmperf's clients measure -> by which name it goes here: both count the wait for the first token."""


def vendor_key(hardware: str) -> str | None:
    """The vendor profile that a name such as `API:bedrock` means; None if it is another's or no interface."""
    named = re.match(r"api:\s*([a-z0-9]+)$", hardware.lower())
    return named[1] if named and named[1] in vendor_names() else None


def meant(point: Point, metric: str) -> str:
    """The metric that a point's benchmark means by the name it gives."""
    if point.workload != "online_concurrency" or "hosted" not in point.framework:
        return metric
    return next((own + metric.removeprefix(name) for name, own in _MEANT if metric.startswith(name)), metric)


def hosted(point: Point, sent: Load, vendor: VendorProfile) -> tuple[Outcome, tuple[str, ...]]:
    """What the clients of a vendor see, and what had to be taken for granted.

    Raises FleetsimError for an unknown model.
    """
    fit = vendor.calibration
    model = load_model(model_key(point.model))
    times = {"ttft": (fit.first_token_s, fit.first_token_sigma), "tpot": (fit.token_time_s(model), fit.token_sigma)}
    laws = {name: {"kind": "lognormal", "median": f"{s!r} s", "sigma": sigma} for name, (s, sigma) in times.items()}
    endpoint = Endpoint.model_validate({**laws, "input": "$0", "output": "$0"})
    outcome = simulate_rented(endpoint, sent, fit.basis, fit.piece_tokens)
    return outcome, (*sent.notes, f"{vendor.name}: what it runs on is not public")
