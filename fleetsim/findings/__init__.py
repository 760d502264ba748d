"""What a study found beside the figures of its runs: the form in which studies hand it to reports and to files.

A study puts them in `Study.findings`. What reports show of each kind follows from these alone; a kind that a study has
none of is left out.
"""

from fleetsim.findings.capacity import Candidate, CapacityAnswer, Constraint
from fleetsim.findings.comparison import Difference
from fleetsim.findings.curve import Crossing, Curve, CurvePoint, Line
from fleetsim.findings.front import Front, Option
from fleetsim.findings.plain import from_plain, to_plain
from fleetsim.findings.saved import Finding, findings_from_plain, findings_to_plain
from fleetsim.findings.sensitivity import RANKS, Influence, Sensitivity, Swing, Tornado

__all__ = [
    "RANKS",
    "Candidate",
    "CapacityAnswer",
    "Constraint",
    "Crossing",
    "Curve",
    "CurvePoint",
    "Difference",
    "Finding",
    "Front",
    "Influence",
    "Line",
    "Option",
    "Sensitivity",
    "Swing",
    "Tornado",
    "findings_from_plain",
    "findings_to_plain",
    "from_plain",
    "to_plain",
]
