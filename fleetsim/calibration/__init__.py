"""Calibration: the few numbers of a device family and a framework that measurements give and data sheets do not."""

from fleetsim.calibration.calibrate import Calibration, calibrate, fit
from fleetsim.calibration.cases import Case, cases

__all__ = ["Calibration", "Case", "calibrate", "cases", "fit"]
