"""Worker processes that find the core compiled."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from fleetsim.catalog import (
    FrameworkProfile,
    HardwareProfile,
    VendorProfile,
    framework_names,
    load_framework,
    load_hardware,
    load_vendor,
    vendor_names,
)
from fleetsim.catalog.framework_profile import FrameworkFit
from fleetsim.catalog.hardware_profile import RooflineFit, WaferFit
from fleetsim.catalog.vendor_profile import VendorFit
from fleetsim.errors import FleetsimError
from fleetsim.predict.deployment import Profiles
from fleetsim.predict.prediction import predict_point
from fleetsim.predict.rows import Point

Calibrations = Mapping[str, RooflineFit | WaferFit | FrameworkFit | VendorFit]
"""What of an override crosses to another process: a profile's figures are of types that do not."""

_TRIAL = Point("h100", "llama-3.1-8b", "static_batch", "1", tp=1.0, isl=8.0, osl=2.0)


@contextmanager
def processes(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes of their own interpreter; what they need compiled is compiled here, once, before they start."""
    predict_point(_TRIAL, [("ttft_mean", "s")], {})
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fleetsim.predict.points"])
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield pool


def packed(override: Profiles) -> Calibrations:
    """The calibrations of an override.

    Raises FleetsimError if a profile differs from the shipped one in anything else.
    """
    for key, profile in override.items():
        shipped = _shipped(key)
        if profile.model_copy(update={"calibration": shipped.calibration}) != shipped:
            raise FleetsimError(
                f"{key} differs from its profile in more than the calibration: predict it in one process (workers=1)"
            )
    return {key: profile.calibration for key, profile in override.items()}


def unpacked(calibrations: Calibrations) -> Profiles:
    """The profiles with these calibrations."""
    return {key: _shipped(key).model_copy(update={"calibration": fit}) for key, fit in calibrations.items()}


def _shipped(key: str) -> HardwareProfile | FrameworkProfile | VendorProfile:
    if key in vendor_names():
        return load_vendor(key)
    return load_framework(key) if key in framework_names() else load_hardware(key)
