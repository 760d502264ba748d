"""What happened in a run, as tables: gathered block by block, kept within bounded memory, saved and loaded."""

from fleetsim.records.segments import forget
from fleetsim.records.store import Recorder, Records

__all__ = ["Recorder", "Records", "forget"]
