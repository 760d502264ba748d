"""Calibration: the few numbers of a device family and a framework that measurements give and data sheets do not."""

from fleetsim.calibration.cases import Case, cases
from fleetsim.calibration.fitting import Calibration, calibrate, fit

__all__ = ["Calibration", "Case", "calibrate", "cases", "fit"]
