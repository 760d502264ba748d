"""Where a study comes from: enough to run it again and to know whether anything has changed since."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import fleetsim
from fleetsim.catalog import profile_files
from fleetsim.catalog.shipped import portable
from fleetsim.errors import InputFaults
from fleetsim.planning import fleets
from fleetsim.scenario import Loaded, overrides, read
from fleetsim.scenario.document import Place, dotted, look
from fleetsim.scenario.fields import Model
from fleetsim.study import grid
from fleetsim.workload.files import resolve

_LIBRARIES = ("numpy", "numba", "scipy", "simpy")


def provenance(loaded: Loaded, variants: Sequence[Loaded], engine: str, verb: str = "run") -> dict[str, Any]:
    """Versions, machine, seed, inputs with their sha256 and the command that makes the study again.

    Nothing in it differs between two equal runs on one machine: no time, no folder of results. `laws` is always
    'held', for a run that broke one has no study.
    """
    scenario = loaded.scenario
    return {
        "fleetsim": fleetsim.__version__,
        "engine": engine,
        "laws": "held",
        "seed": scenario.seed,
        "replications": scenario.replications,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "platform": f"{platform.system()} {platform.machine()}, {_cpu()}",
        "scenario_sha256": hashlib.sha256(loaded.resolved().encode()).hexdigest(),
        "inputs": inputs(loaded, variants),
        "command": command(loaded, engine, verb),
    }


def inputs(loaded: Loaded, variants: Sequence[Loaded]) -> dict[str, str]:
    """Every file that was read, as users write it -> its sha256: scenarios, profiles, traces, tables."""
    found = {portable(name): digest for name, digest in loaded.inputs.items()}
    for varied in variants:
        found |= {name: digest for name, digest in named_inputs(varied).items() if name not in found}
    return dict(sorted(found.items()))


def named_inputs(loaded: Loaded, architecture: str | None = None) -> dict[str, str]:
    """Every profile, trace and table that a scenario names, in all architectures or one -> its sha256."""
    return {name: _sha256(path, *_stamp(path)) for name, path in sorted(_named_files(loaded, architecture))}


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=1024)
def _sha256(path: Path, modified_ns: int, size: int) -> str:
    """Of a file as it was at that time, so that a study of thousands of scenarios reads it once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def command(loaded: Loaded, engine: str = "core", verb: str = "run") -> list[str]:
    """The words of the command line that makes the study again."""
    words = ["fleetsim", verb, portable(loaded.file)]
    if engine != "core":
        words += ["--engine", engine]
    for place in _overridden(loaded):
        words += ["--set", f"{dotted(place)}={_written(look(loaded.document.data, place))}"]
    return words


def _cpu() -> str:
    from llvmlite import binding

    return binding.get_host_cpu_name()


def _named_files(loaded: Loaded, only: str | None) -> Iterator[tuple[str, Path]]:
    architectures = loaded.scenario.architectures
    chosen = architectures.values() if only is None else [architectures[only]]
    for architecture in chosen:
        for pool in fleets(architecture).values():
            if pool.steps is None:
                files = profile_files(pool.hardware, pool.model, loaded.base)
                for written, path in zip((pool.hardware, pool.model), files, strict=True):
                    yield (written if path.suffix == Path(written).suffix else portable(path)), path
    scenario = loaded.scenario
    around = (getattr(scenario, key) for key in type(scenario).model_fields if key != "architectures")
    for name in chain.from_iterable(_values_of("file", part) for part in (*around, *chosen)):
        yield name, resolve(name, loaded.base)


def _values_of(key: str, value: Any) -> Iterator[str]:
    """All texts under a key, at every depth of the scenario."""
    if isinstance(value, Model):
        for name in type(value).model_fields:
            below = getattr(value, name)
            if name == key and isinstance(below, str):
                yield below
            else:
                yield from _values_of(key, below)
    elif isinstance(value, dict):
        for below in value.values():
            yield from _values_of(key, below)


def _overridden(loaded: Loaded) -> list[Place]:
    """The places that overrides were written to; of places within one another the outermost."""
    marks = loaded.document.marks
    places = {place for place, mark in marks.items() if mark.file in (overrides.SOURCE, grid.SOURCE)}
    return sorted((p for p in places if not any(p[:n] in places for n in range(1, len(p)))), key=dotted)


def _written(value: Any) -> str:
    """The value as an override takes it, quoted only where it would be read as something else."""
    if isinstance(value, str):
        try:
            if read.parse(value, overrides.SOURCE).data == value:
                return value
        except InputFaults:
            pass
    return json.dumps(value, ensure_ascii=False)
