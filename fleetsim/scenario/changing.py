"""Changes of a pool during a run: another model, another accuracy, other machines."""

from __future__ import annotations

from pydantic import Field

from fleetsim.scenario.fields import Count, Duration, Fraction, Model, Name, Text
from fleetsim.scenario.quality import Accuracy


class NewVersion(Model):
    """What becomes of the replicas; what is left out stays as it was."""

    model: Text | None = Field(None, description="a model profile")
    hardware: Text | None = Field(None, description="a hardware profile")
    precision: Name | None = Field(None, description="as in the pool")
    tp: Count | None = Field(None, description="as in the pool")
    judged_as: Name | None = Field(None, description="the model of `quality` whose answers it gives from then on")
    accuracy: Accuracy | None = Field(None, description="share of its answers that are right from then on")

    def given(self) -> dict[str, object]:
        """Fields that were written, by name; another model has its own accuracy unless one is written."""
        found = {name: value for name, value in self if value is not None}
        if self.model is not None or self.judged_as is not None:
            found = {"accuracy": None, "judged_as": self.judged_as} | found
        return found


class Change(Model):
    """Replicas of a pool that close one after the other, load something else and open again."""

    pool: Name = Field(description="the pool that changes")
    at_s: Duration = Field(alias="at", description="when it begins")
    to: NewVersion = Field(NewVersion(), description="what it changes to; nothing: the same again")
    share: Fraction = Field(1.0, description="share of the replicas, as a canary's; those that have it stay")
    load_s: Duration = Field(0.0, alias="load", description="from a replica's last answer to its first new call")
    every_s: Duration | None = Field(
        None, alias="every", description="time between two replicas; `load` by default, 0 s: all at once"
    )
    in_place: bool = Field(False, description="at once and without loading: answers drift, nobody installs")
