"""Hardware and model profiles: found by name among the shipped ones, or read from the user's own file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from fleetsim.catalog.framework_profile import FrameworkProfile
from fleetsim.catalog.hardware_profile import HardwareProfile
from fleetsim.catalog.model_profile import ModelProfile
from fleetsim.catalog.read import read_profile
from fleetsim.catalog.shipped import shipped_folder
from fleetsim.catalog.vendor_profile import VendorProfile
from fleetsim.errors import FleetsimError
from fleetsim.registry import unknown
from fleetsim.scenario.files import inside

__all__ = [
    "FrameworkProfile",
    "HardwareProfile",
    "ModelProfile",
    "VendorProfile",
    "framework_names",
    "hardware_names",
    "load_framework",
    "load_hardware",
    "load_model",
    "load_vendor",
    "model_names",
    "profile_files",
    "shipped_folder",
    "vendor_names",
]

Profile = TypeVar("Profile", bound=BaseModel)


def load_hardware(name_or_path: str, base: Path | None = None) -> HardwareProfile:
    """A shipped hardware profile by its name, or a .yaml file in the folder `base` or below (anywhere without `base`).

    Raises FleetsimError for an unknown name (with the nearest one) or a missing file, InputFaults for a faulty file.
    """
    return _load("hardware profile", "hardware_profiles", HardwareProfile, name_or_path, base)


def load_model(name_or_path: str, base: Path | None = None) -> ModelProfile:
    """A shipped model profile by its name, or a .yaml file in `base`. Raises as `load_hardware`."""
    return _load("model profile", "model_profiles", ModelProfile, name_or_path, base)


def load_framework(name_or_path: str, base: Path | None = None) -> FrameworkProfile:
    """A shipped framework profile by its name, or a .yaml file in `base`. Raises as `load_hardware`."""
    return _load("framework profile", "framework_profiles", FrameworkProfile, name_or_path, base)


def load_vendor(name_or_path: str, base: Path | None = None) -> VendorProfile:
    """A shipped vendor profile by its name, or a .yaml file in `base`. Raises as `load_hardware`."""
    return _load("vendor profile", "vendor_profiles", VendorProfile, name_or_path, base)


def framework_names() -> list[str]:
    """Names of the shipped framework profiles."""
    return list(_names("framework_profiles"))


def hardware_names() -> list[str]:
    """Names of the shipped hardware profiles."""
    return list(_names("hardware_profiles"))


def model_names() -> list[str]:
    """Names of the shipped model profiles."""
    return list(_names("model_profiles"))


def vendor_names() -> list[str]:
    """Names of the shipped vendor profiles."""
    return list(_names("vendor_profiles"))


def profile_files(hardware: str, model: str, base: Path | None = None) -> tuple[Path, Path]:
    """The files that `load_hardware` and `load_model` read for these names."""
    return (
        _path("hardware profile", "hardware_profiles", hardware, base),
        _path("model profile", "model_profiles", model, base),
    )


@cache
def _names(folder: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in shipped_folder(folder).glob("*.yaml")))


def _load(noun: str, folder: str, profile: type[Profile], name: str, base: Path | None) -> Profile:
    path = _path(noun, folder, name, base)
    return _read(path, path.stat().st_mtime_ns, profile)


def _path(noun: str, folder: str, name: str, base: Path | None) -> Path:
    if name.endswith((".yaml", ".yml")):
        try:
            return inside(base, name) if base else Path(name).resolve(strict=True)
        except (ValueError, OSError) as error:
            raise FleetsimError(f"{noun} {name}: {error if base else 'no such file'}") from None
    if name not in _names(folder):
        raise FleetsimError(f"{unknown(noun, name, _names(folder))}; or write the path of a .yaml file")
    return shipped_folder(folder) / f"{name}.yaml"


@cache
def _read(path: Path, _changed: int, profile: type[Profile]) -> Profile:
    return read_profile(path, profile)
