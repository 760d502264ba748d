"""The fit of vendors: five numbers each of what their clients saw, and one power of the models' sizes for all."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from fleetsim.calibration.readings import reading
from fleetsim.calibration.solve import robustly
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
_EQUALLY_LIKELY = 48  # first tokens, and times per token
_NORMAL = np.array([NormalDist().inv_cdf((n + 0.5) / _EQUALLY_LIKELY) for n in range(_EQUALLY_LIKELY)])
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

    def error(self, fit: VendorFit, whole_s: np.ndarray) -> float:
        """Logarithm of predicted over measured; `whole_s` are the times of whole requests, rising."""
        return float(np.log(self._predicted(fit, whole_s) / self.measured))

    def _predicted(self, fit: VendorFit, whole_s: np.ndarray) -> float:
        if self.quantity == "ttft":
            return fit.first_token_s * math.exp(fit.first_token_sigma * NormalDist().inv_cdf(self.share))
        share = 1 - self.share if self.quantity == "request_speed" else self.share
        time_s = float(np.interp(share, np.linspace(0, 1, len(whole_s)), whole_s))
        if self.quantity == "request_speed":
            return self.tokens / fit.piece_tokens / time_s
        return time_s / self.tokens if self.quantity == "ntpot" else time_s


def seen(table: pd.DataFrame) -> list[Seen]:
    """The values of a table of measurements that vendors' clients saw: medians and other percentiles."""
    found = []
    for row, text in zip(rows_of(table), table["value"].tolist(), strict=True):
        vendor, point = vendor_key(row.point.hardware), row.point
        read, value = re.match(r"(\w+)_p(\d+(?:\.\d+)?)$", meant(point, row.metric)), reading(text, row.unit)
        if vendor is None or read is None or read[1] not in _QUANTITIES or not point.osl or not value > 0:
            continue
        model = load_model(model_key(point.model))
        found.append(Seen(vendor, model, point.osl, read[1], float(read[2]) / 100, value))
    return found


def _whole_s(fit: VendorFit, model: ModelProfile, tokens: float) -> np.ndarray:
    """Times of equally likely requests for so many tokens, rising."""
    first = np.exp(fit.first_token_sigma * _NORMAL)[:, None] * fit.first_token_s
    each = np.exp(fit.token_sigma * _NORMAL)[None, :] * fit.token_time_s(model)
    return np.sort((first + each * (tokens - 1)).ravel())


def fit_vendors(table: pd.DataFrame) -> tuple[dict[str, VendorProfile], dict[str, np.ndarray]]:
    """All vendors' profiles with fitted values, and |predicted / measured - 1| of the rows of each that has some.

    A vendor without rows gets the geometric mean of the others: it is as any. Without rows at all there are none.
    """
    rows = seen(table)
    if not rows:
        return {}, {}
    known = sorted({row.vendor for row in rows})
    values, exponent = _solved(rows, known)
    typical = np.mean([values[vendor] for vendor in known], axis=0)
    fits = {
        vendor: _written(_fit(load_vendor(vendor).calibration, np.exp(values.get(vendor, typical)), exponent))
        for vendor in vendor_names()
    }
    made = {key: load_vendor(key).model_copy(update={"calibration": fit}) for key, fit in fits.items()}
    errors = {key: np.abs(np.exp(_errors([r for r in rows if r.vendor == key], fits)) - 1) for key in known}
    return made, errors


def _solved(rows: Sequence[Seen], known: Sequence[str]) -> tuple[dict[str, np.ndarray], float]:
    """Logarithms of the values of each vendor, and the exponent: the least sum of robust losses of all errors."""
    bases = {vendor: load_vendor(vendor).calibration for vendor in known}
    count = len(_STARTS)

    def residuals(x: np.ndarray) -> np.ndarray:
        parts = zip(known, np.exp(x[1:]).reshape(-1, count), strict=True)
        return _errors(rows, {vendor: _fit(bases[vendor], part, float(x[0])) for vendor, part in parts})

    start = np.concatenate([[_EXPONENT], np.tile(np.log(list(_STARTS.values())), len(known))])
    low = np.tile([np.log(_LEAST[name]) if name in _LEAST else -np.inf for name in _STARTS], len(known))
    found = robustly(residuals, start, np.concatenate([[0.0], low]))
    return dict(zip(known, found[1:].reshape(-1, count), strict=True)), float(found[0])


def _fit(base: VendorFit, values: Sequence[float], exponent: float) -> VendorFit:
    figures = dict(zip(_STARTS, values, strict=True)) | {"size_exponent": exponent}
    return base.model_copy(update={name: float(value) for name, value in figures.items()})


def _written(fit: VendorFit) -> VendorFit:
    """With the three digits that a profile has."""
    return fit.model_copy(update={name: float(f"{getattr(fit, name):.3g}") for name in (*_STARTS, "size_exponent")})


def _errors(rows: Sequence[Seen], fits: Mapping[str, VendorFit]) -> np.ndarray:
    whole_s: dict[tuple, np.ndarray] = {}
    found = np.empty(len(rows))
    for n, row in enumerate(rows):
        fit, key = fits[row.vendor], (row.vendor, row.model.key, row.tokens)
        if key not in whole_s:
            whole_s[key] = _whole_s(fit, row.model, row.tokens)
        found[n] = row.error(fit, whole_s[key])
    return found
