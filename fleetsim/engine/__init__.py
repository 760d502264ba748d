"""The engines: a Plan and its tasks go in, Records come out."""

from fleetsim.engine.run import ENGINES, run

__all__ = ["ENGINES", "run"]
