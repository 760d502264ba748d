"""Sections of the report, one file a section; the contract is in `fleetsim.report.contract`."""
