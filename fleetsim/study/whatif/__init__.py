"""What-if studies: designs, response curves, break-even points and rankings of sensitivity."""

from fleetsim.study.whatif.run import WhatIf, whatif

__all__ = ["WhatIf", "whatif"]
