"""What comes with fleetsim: profiles and scenarios, inside an installed package or beside it in a checkout."""

from __future__ import annotations

import os
from pathlib import Path, PurePath

from fleetsim.errors import UnknownName
from fleetsim.registry import unknown

_SCENARIOS = "scenarios"


def shipped_folder(name: str) -> Path:
    """The shipped folder of this name: inside an installed package, else beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "shipped" / name
    return installed if installed.is_dir() else package.parent / name


def scenario_names() -> list[str]:
    """Names of the shipped scenarios."""
    return sorted(path.stem for path in shipped_folder(_SCENARIOS).glob("*.yaml"))


def scenario_file(name_or_path: str | Path) -> Path:
    """The file of a scenario: the user's own, else the shipped one of this name.

    `quickstart`, `quickstart.yaml` and `scenarios/quickstart.yaml` all name a shipped scenario where there is no such
    file. A path that is neither is returned as it is, for its reader to complain about. Raises UnknownName for a bare
    name that is neither.
    """
    path = Path(name_or_path)
    if os.path.isfile(path) or str(path.parent) not in (".", _SCENARIOS):
        return path
    if path.stem in scenario_names() and path.suffix in ("", ".yaml"):
        return shipped_folder(_SCENARIOS) / f"{path.stem}.yaml"
    if path.suffix or len(path.parts) > 1 or os.path.exists(path):
        return path
    what = unknown("scenario", str(path), scenario_names(), "`fleetsim list scenarios` shows all")
    raise UnknownName(f"{what}; or write the path of a .yaml file")


def portable(path: str | Path) -> str:
    """A file as users write it: a shipped one as `scenarios/quickstart.yaml` wherever fleetsim is installed."""
    for folder in (_SCENARIOS, "hardware_profiles", "model_profiles"):
        if Path(path).is_relative_to(shipped_folder(folder)):
            return (PurePath(folder) / Path(path).relative_to(shipped_folder(folder))).as_posix()
    return str(path)
