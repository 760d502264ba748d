"""A study as files: summary.json, calls.parquet, tasks.parquet, timeline.parquet and report.html."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fleetsim.errors import NotWritten, OutputFolder
from fleetsim.findings import findings_to_plain, to_plain
from fleetsim.metrics.contract import Figure, RunFacts
from fleetsim.metrics.vllm import vllm_summary
from fleetsim.study.columns import Names, Naming
from fleetsim.study.lock import made_folder
from fleetsim.study.results import Arm, Study

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "fleetsim summary 2"
SUMMARY, REPORT = "summary.json", "report.html"
TABLES = ("calls", "tasks", "timeline")
_STAGING = ".fleetsim-"


@contextmanager
def output_folder(folder: Path | str) -> Iterator[Path]:
    """A folder that may be written to: empty, or written by fleetsim before. Made if it is not there, and taken away
    again if it was made here and nothing came to be in it.

    Raises OutputFolder, worded for the user, if it is a file, holds anything else or cannot be written to.
    """
    folder = Path(folder)
    held = ExitStack()
    try:
        held.enter_context(made_folder(folder))
        tempfile.TemporaryFile(dir=folder, prefix=_STAGING).close()
        foreign = not _is_ours(folder)
    except FileExistsError:
        raise OutputFolder(f"{folder} is a file; name a folder for the results with -o") from None
    except OSError as error:
        reason = f"{folder} cannot be written to ({error.strerror}); name another folder for the results with -o"
        raise OutputFolder(reason) from None
    with held:
        if foreign:
            raise OutputFolder(f"{folder} holds files that fleetsim did not write; name an empty or new folder with -o")
        yield folder


def _is_ours(folder: Path) -> bool:
    """Whether the folder is empty or holds a summary of ours."""
    if not any(not path.name.startswith(_STAGING) for path in folder.iterdir()):
        return True
    try:
        with (folder / SUMMARY).open(encoding="utf-8") as file:
            return file.read(100).lstrip("{ \n").startswith(f'"format": "{FORMAT.rstrip("0123456789")}')
    except (OSError, UnicodeDecodeError):
        return False


def save(study: Study, folder: Path | str, *, report: bool = True) -> list[Path]:
    """Write a study's files; the same study gives the same bytes. Returns their paths.

    They are made apart and put in their places at the end: an interruption leaves the folder as it was. A report of an
    earlier study is taken away if there is no new one. Raises OutputFolder if the folder cannot take them.
    """
    with output_folder(folder) as place:
        return save_beside(study, place, report=report)


def save_beside(study: Study, place: Path, *, report: bool = True) -> list[Path]:
    """As `save`, into a folder that the caller vouches for and that may hold other files of the study."""
    staging = Path(tempfile.mkdtemp(dir=place, prefix=_STAGING))
    try:
        _write(study, staging, report)
        names = [SUMMARY, *(f"{table}.parquet" for table in TABLES), *([REPORT] if report else [])]
        for name in names:
            (staging / name).replace(place / name)
    except OSError as error:
        raise NotWritten(f"{place} did not take the results: {error.strerror or error}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if not report:
        (place / REPORT).unlink(missing_ok=True)
    return [place / name for name in names]


def _write(study: Study, folder: Path, report: bool) -> None:
    text = json.dumps(summary(study), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / SUMMARY).write_text(text + "\n", encoding="utf-8")
    naming = Naming(study.runs)
    for table in TABLES:
        _write_table(naming, table, folder / f"{table}.parquet")
    if report:
        from fleetsim.report import write

        write(study, folder / REPORT)


_ACCURACY = ("model", "domain", "accuracy", "source", "confidence")


def summary(study: Study) -> dict[str, Any]:
    """The study as plain data for JSON: figures by arm and scope with unit and interval; nan is null."""
    return {
        "format": FORMAT,
        "name": study.name,
        "question": study.question,
        "provenance": study.provenance,
        "arms": [_arm(arm) for arm in study.arms],
        "findings": findings_to_plain(study.findings),
        "scenario": study.resolved,
    }


def _arm(arm: Arm) -> dict[str, Any]:
    facts, figures = arm.runs[0].facts, {}
    for figure in arm.figures:
        figures.setdefault(figure.scope, {})[figure.name] = _figure(figure)
    return {
        "name": arm.name,
        "architecture": facts.architecture,
        "description": facts.description,
        "variation": dict(facts.variation),
        "horizon_s": facts.horizon_s,
        "replicates": [
            {"replicate": run.facts.replicate, "seed": run.facts.seed, "warm_up_s": run.warm_up_s} for run in arm.runs
        ],
        **({} if arm.simulated is None else {"simulated": arm.simulated}),
        "pools": _pools(facts),
        **(
            {"accuracies": [dict(zip(_ACCURACY, row, strict=True)) for row in facts.judged_by]}
            if facts.judged_by
            else {}
        ),
        "figures": figures,
        "vllm": vllm_summary(arm.figures),
        "facts": to_plain(facts),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    about: dict[str, Any] = {"value": _number(figure.value), "unit": figure.unit, "better": figure.better}
    if figure.interval:
        about |= {"low": _number(figure.low), "high": _number(figure.high), "interval": figure.interval}
    return about


def _pools(facts: RunFacts) -> list[dict[str, Any]]:
    return [
        {
            "name": pool.name,
            "model": pool.model,
            "hardware": pool.hardware,
            "replicas": pool.replicas,
            "accelerators_per_replica": pool.accelerators,
            "usd_per_hour": _number(pool.replicas * pool.usd_per_s * 3600),
            "price_note": pool.price_note,
            "step_times": pool.basis,
        }
        for pool in facts.pools
    ]


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _write_table(naming: Naming, table: str, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(naming, table)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for run in naming.runs:
            for block in naming.blocks(run, table):
                arrays = [_array(block[field.name]) for field in schema]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _schema(naming: Naming, table: str) -> pa.Schema:
    import pyarrow as pa

    fields = []
    for column in naming.columns(table):
        named = naming.list_of(column.name) is not None
        kind = pa.dictionary(pa.int32(), pa.string()) if named else pa.from_numpy_dtype(np.dtype(column.dtype))
        fields.append(pa.field(column.name, kind, metadata={"meaning": column.meaning}))
    return pa.schema(fields)


def _array(values: np.ndarray | Names) -> pa.Array:
    """A column for Arrow, made from buffers: `pa.array` would first import pandas, which takes half a second."""
    import pyarrow as pa

    if not isinstance(values, Names):
        return _from_buffers(pa.from_numpy_dtype(values.dtype), len(values), None, values)
    texts = [name.encode() for name in values.names]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    names = _from_buffers(pa.string(), len(texts), None, ends, np.frombuffer(b"".join(texts), np.uint8))
    known = np.packbits(values.codes >= 0, bitorder="little")
    codes = _from_buffers(pa.int32(), len(values.codes), known, values.codes)
    return pa.DictionaryArray.from_arrays(codes, names)


def _from_buffers(kind: pa.DataType, count: int, *parts: np.ndarray | None) -> pa.Array:
    import pyarrow as pa

    return pa.Array.from_buffers(kind, count, [None if part is None else pa.py_buffer(part) for part in parts])
