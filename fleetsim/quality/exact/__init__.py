"""Closed forms of the quality model, by quadrature. One file a form; contract in `contract.py`."""

from fleetsim.quality.exact.contract import FORMS, Form

__all__ = ["FORMS", "Form"]
