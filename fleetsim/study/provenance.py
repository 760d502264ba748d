"""Where a study comes from: enough to run it again and to know whether anything has changed since."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version
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
from fleetsim.workload.files import resolve

_LIBRARIES = ("numpy", "numba", "scipy", "simpy")


def provenance(loaded: Loaded, variants: Sequence[Loaded], engine: str) -> dict[str, Any]:
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
        "command": command(loaded, engine),
    }


def inputs(loaded: Loaded, variants: Sequence[Loaded]) -> dict[str, str]:
    """Every file that was read, as users write it -> its sha256: scenarios, profiles, traces, tables."""
    found = {portable(name): digest for name, digest in loaded.inputs.items()}
    for varied in variants:
        for name, path in _named_files(varied):
            if name not in found:
                with path.open("rb") as file:
                    found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return dict(sorted(found.items()))


def command(loaded: Loaded, engine: str = "core") -> list[str]:
    """The words of the command line that makes the study again."""
    words = ["fleetsim", "run", portable(loaded.file)]
    if engine != "core":
        words += ["--engine", engine]
    for place in _overridden(loaded):
        words += ["--set", f"{dotted(place)}={_written(look(loaded.document.data, place))}"]
    return words


def _cpu() -> str:
    from llvmlite import binding

    return binding.get_host_cpu_name()


def _named_files(loaded: Loaded) -> Iterator[tuple[str, Path]]:
    for architecture in loaded.scenario.architectures.values():
        for pool in fleets(architecture).values():
            if pool.steps is None and pool.endpoint is None:
                files = profile_files(pool.hardware, pool.model, loaded.base)
                for written, path in zip((pool.hardware, pool.model), files, strict=True):
                    yield (written if path.suffix == Path(written).suffix else portable(path)), path
    quality = loaded.scenario.quality
    judged_by = (quality.table, quality.outcomes) if quality else ()
    for name in (*_values_of("file", loaded.scenario), *filter(None, judged_by)):
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
    places = {place for place, mark in marks.items() if mark.file == overrides.SOURCE}
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
