"""The calibration blocks of profile files: all from the line `calibration:` to the end of the file."""

from __future__ import annotations

import textwrap
from pathlib import Path

from fleetsim.calibration.fitting import Calibration, Error
from fleetsim.calibration.parameters import family_of
from fleetsim.catalog import FrameworkProfile, HardwareProfile, VendorProfile
from fleetsim.catalog.framework_profile import FrameworkFit
from fleetsim.catalog.hardware_profile import RooflineFit
from fleetsim.catalog.shipped import shipped_folder
from fleetsim.catalog.vendor_profile import VendorFit

_FOLDERS = {
    FrameworkProfile: "framework_profiles",
    HardwareProfile: "hardware_profiles",
    VendorProfile: "vendor_profiles",
}
_LINE = "calibration:\n"
_ABOUT = ("kind", "basis", "data", "date", "error", "command")


def write_blocks(found: Calibration, *, data: str, date: str, command: str) -> list[Path]:
    """Write the blocks of all profiles of a calibration into the shipped files; returns the files.

    A device with rows of its own is `calibrated`, another of its family `family`, and devices and frameworks of a
    family without any row are left as they are. `data`, `date` and `command` say where the numbers come from.
    """
    learned = {getattr(family_of(key), "name", key) for key in found.errors}
    written = []
    for key, profile in found.profiles.items():
        family = family_of(key)
        if (family.name if family else key) not in learned:
            continue
        error = found.errors.get(key)
        about = {
            "basis": "calibrated" if error else "family",
            "data": _wrapped(data),
            "date": f'"{date}"',
            "error": f'"{error or _of_family(found, key)}"',
            "command": f'"{command}"',
        }
        path = shipped_folder(_FOLDERS[type(profile)]) / f"{key}.yaml"
        text = path.read_text(encoding="utf-8")
        head = text[: text.index(_LINE)]
        path.write_text(head + block(profile.calibration, about), encoding="utf-8")
        written.append(path)
    return written


def block(fit: RooflineFit | FrameworkFit | VendorFit, about: dict[str, str]) -> str:
    """A calibration block as YAML: where it comes from, then the figures in their declared order."""
    lines = [_LINE.rstrip()]
    if isinstance(fit, RooflineFit):
        lines.append("  kind: roofline")
    lines += [f"  {name}: {value}" for name, value in about.items()]
    for name, declared in type(fit).model_fields.items():
        value = getattr(fit, name)
        if name not in _ABOUT and (declared.is_required() or value != declared.default):
            lines.append(f"  {declared.alias or name}: {_text(name, value)}")
    return "\n".join(lines) + "\n"


def _text(name: str, value: float | dict[str, float]) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(name, each)}" for key, each in value.items()) + "}"
    if name.endswith("_s"):
        return f"{value * 1e6:.6g} us" if value < 1e-3 else f"{value * 1e3:.6g} ms"
    if name.endswith("_bytes"):
        return f"{value / 1e9:.6g} GB"
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _wrapped(text: str) -> str:
    return ">-\n" + textwrap.indent(textwrap.fill(text, 100), "    ")


def _of_family(found: Calibration, key: str) -> str:
    family = family_of(key)
    others = [e for k, e in found.errors.items() if family and k in family.devices]
    if not others:
        return "not known: no row of it"
    worst: Error = max(others, key=lambda error: error.median)
    return f"not known: no row of its own; {worst.median:.1%} median on the worst of its family"
