"""Tables of points and of predictions as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fleetsim.errors import FleetsimError
from fleetsim.predict.deployment import Profiles
from fleetsim.predict.points import Progress, predict_points

if TYPE_CHECKING:
    import pandas as pd

_NEEDED = ("point_id", "hardware", "model", "load_type", "metric", "unit")
_ADDED = ("predicted", "basis", "note")


def read_table(path: str | Path) -> pd.DataFrame:
    """The rows of a .csv or .csv.gz file, every cell as it is written (an empty one is "").

    Raises FleetsimError if there is no such file, it is not a table, or it lacks a column that a point needs.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError, EOFError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise FleetsimError(f"{path}: {reason}") from None
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise FleetsimError(f"{path}: no column {', '.join(missing)}; a table of points has {', '.join(_NEEDED)}")
    return table


def predict_table(
    table: pd.DataFrame, *, workers: int = 1, override: Profiles | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """The table with the columns predicted (text; "" where there is none), basis and note; see `predict_points`."""
    predictions = predict_points(table, workers=workers, override=override, progress=progress)
    predicted = table.drop(columns=[name for name in _ADDED if name in table.columns])
    predicted["predicted"] = ["" if p.value is None else f"{p.value:.6g}" for p in predictions]
    predicted["basis"] = [p.basis for p in predictions]
    predicted["note"] = [p.note for p in predictions]
    return predicted


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as .csv, or .csv.gz with the same bytes every time; its folder is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    compression = {"method": "gzip", "mtime": 0} if path.suffix == ".gz" else None
    table.to_csv(path, index=False, compression=compression)
