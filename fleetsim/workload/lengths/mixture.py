"""Several kinds of lengths under one name: a mixture of other laws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import numpy as np
from pydantic import ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from fleetsim.scenario.families import LENGTHS
from fleetsim.scenario.fields import Model, Positive
from fleetsim.workload.lengths.contract import LengthLaw, Quantiles, length_law

_INSIDE = 2.0**-54, 1 - 2.0**-53  # a uniform stretched from a part of the unit interval stays strictly inside


class _AnyLaw:
    """Any law but a mixture. The family is complete only when all its files are imported, hence the late look."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        laws = tuple(law for kind, law in LENGTHS.items() if kind != "mixture")
        return handler.generate_schema(Annotated[Union[laws], Field(discriminator="kind")])  # noqa: UP007


class Part(Model):
    """One law of a mixture."""

    model_config = ConfigDict(defer_build=True)

    weight: Positive = Field(description="how often, against the other parts")
    law: Annotated[LengthLaw, _AnyLaw] = Field(description="a length law")


@length_law
class Mixture(LengthLaw):
    """Each length from one of several laws, drawn by weight."""

    model_config = ConfigDict(defer_build=True)

    kind: Literal["mixture"] = "mixture"
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=1000)] = Field(description="laws and weights")

    def faults(self, base: Path) -> Iterator[tuple[str, str]]:
        """What is wrong with the files of the parts."""
        for number, part in enumerate(self.parts):
            if hasattr(part.law, "faults"):
                yield from ((f"parts.{number}.law.{path}", what) for path, what in part.law.faults(base))

    def quantiles(self, base: Path) -> Quantiles:
        """See the contract. The uniform picks the part, and what is left of it, stretched, the length."""
        samplers = [part.law.sampler(base) for part in self.parts]
        weights = np.array([part.weight for part in self.parts])
        edges = np.concatenate([[0.0], np.cumsum(weights / weights.sum())])

        def lengths(uniforms: np.ndarray) -> np.ndarray:
            out = np.empty(uniforms.shape)
            picks = np.searchsorted(edges[1:-1], uniforms, side="right")
            for number, sample in enumerate(samplers):
                low, high = edges[number], edges[number + 1]
                out[picks == number] = sample(np.clip((uniforms[picks == number] - low) / (high - low), *_INSIDE))
            return out

        return lengths
