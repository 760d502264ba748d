"""Trace formats: recordings of production services. One file a format; the contract is in `contract.py`."""

from fleetsim.workload.traces.contract import FORMATS, Record, Trace, columns, load_trace, trace_format

__all__ = ["FORMATS", "Record", "Trace", "columns", "load_trace", "trace_format"]
