"""The unit of every large study: one simulation that depends on nothing but what its point says.

A point can be evaluated by any process that has the same code and the same input files, and gives the same bytes there.
"""

from __future__ import annotations

import hashlib
import json
import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from fleetsim import metrics, planning
from fleetsim.errors import FleetsimError
from fleetsim.scenario import Loaded
from fleetsim.scenario.document import Document, Mark
from fleetsim.scenario.export import plain
from fleetsim.scenario.schema import Scenario
from fleetsim.study.arms import ArmPlan
from fleetsim.study.code import code_version
from fleetsim.study.provenance import named_inputs

FORMAT = "fleetsim point 1"

_WORDS = {"name": "point", "question": "", "extends": None, "replications": 1, "vary": {}, "capacity": None}
"""Keys of a scenario that change nothing of a single simulation, with what they are taken for in a point."""


class StaleWorker(FleetsimError):
    """A process was to evaluate a point of other code or other input files than it has."""


@dataclass(frozen=True)
class Point:
    """One independent simulation."""

    scenario: str  # canonical JSON of the resolved scenario, with this architecture alone
    base: str  # the scenario's folder, for the files it names
    inputs: tuple[tuple[str, str], ...]  # profiles, traces and tables, as users write them, with their sha256
    code: str  # version of the code that is to evaluate it
    architecture: str
    variation: tuple[tuple[str, Any], ...] = ()  # path, value: what the point is called in tables, never its meaning
    replicate: int = 0
    engine: str = "core"

    @cached_property
    def identity(self) -> str:
        """sha256 over all that decides the result: points of one identity have one result."""
        parts = [FORMAT, self.scenario, self.inputs, self.code, self.architecture, self.replicate, self.engine]
        return hashlib.sha256(_canonical(parts).encode()).hexdigest()

    @property
    def arm(self) -> str:
        """The architecture with what varies."""
        return planning.arm_name(self.architecture, dict(self.variation))

    @property
    def finds_warm_up(self) -> bool:
        """Whether each run looks for its own warm-up."""
        return json.loads(self.scenario)["warm_up"] == "auto"

    def replicated(self, replicate: int) -> Point:
        """The same simulation under the luck of another replicate."""
        return replace(self, replicate=replicate)

    def warmed_up(self, warm_up_s: float) -> Point:
        """The same simulation with a fixed warm-up, so that arms show the same time."""
        data = json.loads(self.scenario) | {"warm_up": f"{warm_up_s!r} s"}
        return replace(self, scenario=_canonical(data))


class Heading(NamedTuple):
    """What a number is: figures are addressed by name and scope as in summary.json."""

    name: str
    scope: str
    unit: str
    better: str  # "lower", "higher" or ""

    @property
    def key(self) -> str:
        """`ttft_p99 all`."""
        return f"{self.name} {self.scope}"


class PointFigure(NamedTuple):
    """One number of a point."""

    name: str
    scope: str
    unit: str
    value: float  # nan where it is not defined
    better: str


@dataclass(frozen=True, eq=False)
class PointResult:
    """What came of a point. Thousands are held at once, so all results of one shape share their headings."""

    identity: str
    seed: int
    headings: tuple[Heading, ...]
    numbers: array[float]  # one for each heading
    notes: tuple[str, ...] = ()  # what was mended in the reading of traces

    @property
    def figures(self) -> tuple[PointFigure, ...]:
        """Every figure with its name, scope, unit, value and which way is better."""
        return tuple(PointFigure(*h[:3], value, h.better) for h, value in zip(self.headings, self.numbers, strict=True))

    def value(self, name: str, scope: str = "all") -> float:
        """The figure's value; nan if there is no such figure."""
        place = places(self.headings).get(f"{name} {scope}")
        return math.nan if place is None else self.numbers[place]

    def to_bytes(self) -> bytes:
        """Canonical JSON: equal results have equal bytes; nan is null."""
        values = [value if math.isfinite(value) else None for value in self.numbers]
        rows = [[*h[:3], value, h.better] for h, value in zip(self.headings, values, strict=True)]
        data = {"format": FORMAT, "identity": self.identity, "seed": self.seed, "notes": self.notes, "figures": rows}
        return _canonical(data).encode() + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes) -> PointResult:
        """The result again. Raises ValueError if these are no such bytes."""
        try:
            data = json.loads(content)
            if data["format"] != FORMAT:
                raise ValueError(f"is of format {data['format']!r}, not {FORMAT!r}")
            rows, notes = data["figures"], tuple(data["notes"])
            values = array("d", [math.nan if value is None else value for _, _, _, value, _ in rows])
            headings = _shared(tuple(Heading(name, scope, unit, better) for name, scope, unit, _, better in rows))
            return cls(str(data["identity"]), int(data["seed"]), headings, values, notes)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"is no result of a point ({error})") from None


_HEADINGS: dict[tuple[Heading, ...], tuple[Heading, ...]] = {}


def _shared(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    return _HEADINGS.setdefault(headings, headings)


@lru_cache(maxsize=1024)
def places(headings: tuple[Heading, ...]) -> Mapping[str, int]:
    """`name scope` -> the place of its number."""
    return {heading.key: place for place, heading in enumerate(headings)}


def point_of(
    loaded: Loaded,
    architecture: str,
    variation: Mapping[str, Any] | None = None,
    *,
    replicate: int = 0,
    engine: str = "core",
) -> Point:
    """The point of one architecture of a checked scenario; `variation` says what was varied to come to the scenario."""
    data = plain(loaded.scenario) | _WORDS
    own = data["architectures"][architecture] | {"description": ""}
    return Point(
        scenario=_canonical(data | {"architectures": {architecture: own}}),
        base=str(Path(loaded.base).resolve()),
        inputs=tuple(named_inputs(loaded, architecture).items()),
        code=code_version(),
        architecture=architecture,
        variation=tuple((variation or {}).items()),
        replicate=replicate,
        engine=engine,
    )


def evaluate(point: Point) -> PointResult:
    """Simulate a point, in whichever process.

    The warm-up is the scenario's, or found by MSER-5 in this run alone. Raises StaleWorker if this process has other
    code or other input files than the point was made of, EngineFault if a law of the simulation is broken.
    """
    if point.code != code_version():
        raise StaleWorker(
            f"the point is of code {point.code[:12]}, this process runs {code_version()[:12]}; "
            "install the same fleetsim, numpy, numba and scipy on every worker"
        )
    run = arm_plan(point).run(point.replicate, point.engine)
    figures, _ = metrics.figures(run.facts, run.records, intervals=False)
    headings = _shared(tuple(Heading(f.name, f.scope, f.unit, f.better) for f in figures))
    values = array("d", [f.value if math.isfinite(f.value) else math.nan for f in figures])
    return PointResult(point.identity, run.facts.seed, headings, values, run.notes)


def arm_plan(point: Point) -> ArmPlan:
    """The arm that a point is a run of. Raises StaleWorker if this process has other input files."""
    return _arm(point.scenario, point.base, point.architecture, point.inputs)


@lru_cache(maxsize=64)
def _arm(scenario: str, base: str, architecture: str, inputs: tuple[tuple[str, str], ...]) -> ArmPlan:
    """The arm of a point, kept for its other replicates."""
    data = json.loads(scenario)
    document = Document(data, {(): Mark("point", 1)})
    loaded = Loaded(Scenario.model_validate(data), "point", Path(base), scenario, {}, document)
    here = tuple(named_inputs(loaded, architecture).items())
    if here != inputs:
        differing = sorted({name for name, _ in set(here) ^ set(inputs)})
        raise StaleWorker(f"this process has other files than the point was made of: {', '.join(differing)}")
    return ArmPlan(loaded, architecture, {}, planning.equip(loaded), planning.judge(loaded))


def _canonical(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
