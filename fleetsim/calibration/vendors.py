"""The fit of vendors: five numbers each of what their clients saw, and one power of the models' sizes for all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.catalog import ModelProfile, VendorProfile, load_model, load_vendor, vendor_names
from fleetsim.catalog.vendor_profile import VendorFit
from fleetsim.predict.hosted import meant, vendor_key
from fleetsim.predict.names import model_key
from fleetsim.predict.rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

_STARTS = {
    "first_token_s": 0.5,
    "first_token_sigma": 0.3,
    "token_s": 0.02,
    "token_sigma": 0.1,
    "piece_tokens": 1.5,
}
_EXPONENT = 0.3
_LEAST = {"piece_tokens": 1.0}
_HUBER = 0.1  # as other fits: what lies further off counts by its size, not its square
_EQUALLY_LIKELY = 48  # first tokens, and times per token
_QUANTITIES = ("ttft", "ntpot", "e2e", "request_speed")


@dataclass(frozen=True)
class Seen:
    """One value that clients of a vendor measured over their requests."""

    vendor: str
    model: ModelProfile
    tokens: float  # of an answer
    quantity: str
    share: float  # of the requests that are below it
    measured: float  # s, or pieces per s

    def error(self, requests: Mapping[str, np.ndarray]) -> float:
        """Logarithm of predicted over measured."""
        return float(np.log(np.quantile(requests[self.quantity], self.share) / self.measured))


def seen(table: pd.DataFrame) -> list[Seen]:
    """The values of a table of measurements that vendors' clients saw: medians and other percentiles."""
    found = []
    for row, text in zip(rows_of(table), table["value"].tolist(), strict=True):
        vendor, point = vendor_key(row.point.hardware), row.point
        read = re.match(r"(\w+)_p(\d+(?:\.\d+)?)$", meant(point, row.metric))
        if vendor is None or read is None or read[1] not in _QUANTITIES or not point.osl or not str(text):
            continue
        scale = 1e-3 if row.unit == "ms" else 1.0
        about = (load_model(model_key(point.model)), point.osl, read[1], float(read[2]) / 100)
        found.append(Seen(vendor, *about, float(text) * scale))
    return found


def requests_of(fit: VendorFit, model: ModelProfile, tokens: float) -> dict[str, np.ndarray]:
    """What equally likely requests for so many tokens see, by quantity."""
    from scipy.special import ndtri

    normal = ndtri((np.arange(_EQUALLY_LIKELY) + 0.5) / _EQUALLY_LIKELY)
    first = np.exp(fit.first_token_sigma * normal)[:, None] * fit.first_token_s
    each = np.exp(fit.token_sigma * normal)[None, :] * fit.token_time_s(model)
    whole = (first + each * (tokens - 1)).ravel()
    return {
        "ttft": np.repeat(first, _EQUALLY_LIKELY),
        "ntpot": whole / tokens,
        "e2e": whole,
        "request_speed": tokens / fit.piece_tokens / whole,
    }


def fit_vendors(table: pd.DataFrame) -> tuple[dict[str, VendorProfile], dict[str, np.ndarray]]:
    """All vendors' profiles with fitted values, and |predicted / measured - 1| of the rows of each that has some.

    A vendor without rows gets the geometric mean of the others: it is as any. Without rows at all there are none.
    """
    rows = seen(table)
    if not rows:
        return {}, {}
    known = sorted({row.vendor for row in rows})
    values, exponent = _solved(rows, known)
    typical = np.exp(np.mean([values[vendor] for vendor in known], axis=0))
    fits = {
        vendor: _fit(load_vendor(vendor).calibration, np.exp(values[vendor]) if vendor in values else typical, exponent)
        for vendor in vendor_names()
    }
    made = {key: load_vendor(key).model_copy(update={"calibration": fit}) for key, fit in fits.items()}
    errors = {key: np.abs(np.exp(_errors([r for r in rows if r.vendor == key], fits)) - 1) for key in known}
    return made, errors


def _solved(rows: Sequence[Seen], known: Sequence[str]) -> tuple[dict[str, np.ndarray], float]:
    """Logarithms of the values of each vendor, and the exponent: the least sum of robust losses of all errors."""
    from scipy.optimize import least_squares

    bases = {vendor: load_vendor(vendor).calibration for vendor in known}
    count = len(_STARTS)

    def residuals(x: np.ndarray) -> np.ndarray:
        parts = zip(known, np.exp(x[1:]).reshape(-1, count), strict=True)
        return _errors(rows, {vendor: _fit(bases[vendor], part, float(x[0]), exact=True) for vendor, part in parts})

    start = np.concatenate([[_EXPONENT], np.tile(np.log(list(_STARTS.values())), len(known))])
    low = np.tile([np.log(_LEAST[name]) if name in _LEAST else -np.inf for name in _STARTS], len(known))
    bounds = (np.concatenate([[0.0], low]), np.concatenate([[1.0], np.full(len(low), np.inf)]))
    found = least_squares(
        residuals, start, bounds=bounds, loss="soft_l1", f_scale=_HUBER, x_scale=0.1, diff_step=1e-3
    ).x
    return dict(zip(known, found[1:].reshape(-1, count), strict=True)), float(found[0])


def _fit(base: VendorFit, values: Sequence[float], exponent: float, *, exact: bool = False) -> VendorFit:
    figures = dict(zip(_STARTS, values, strict=True)) | {"size_exponent": exponent}
    return base.model_copy(update={k: float(v if exact else f"{v:.3g}") for k, v in figures.items()})


def _errors(rows: Sequence[Seen], fits: Mapping[str, VendorFit]) -> np.ndarray:
    requests: dict[tuple, dict[str, np.ndarray]] = {}
    found = np.empty(len(rows))
    for n, row in enumerate(rows):
        key = (row.vendor, row.model.key, row.tokens)
        if key not in requests:
            requests[key] = requests_of(fits[row.vendor], row.model, row.tokens)
        found[n] = row.error(requests[key])
    return found
