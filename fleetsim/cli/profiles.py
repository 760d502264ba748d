"""What `fleetsim show` says of a profile: its figures, each with its source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fleetsim.cli.text import bytes_text, grid, three, time_text, wrapped

if TYPE_CHECKING:
    from fleetsim.catalog import HardwareProfile, ModelProfile
    from fleetsim.catalog.hardware_profile import Fit


def hardware_texts(name: str) -> Iterator[str]:
    """A device type: every figure of its data sheet, and what its step times rest on."""
    from fleetsim.catalog import hardware_names, load_hardware

    if name in hardware_names():
        device = load_hardware(name)
        heading = f"hardware {device.key}: {device.name} ({device.vendor}), {device.kind}, one {device.unit}"
        yield "\n".join([heading, *([wrapped(device.note)] if device.note else []), "", _figures(device)])
        yield _basis(device.calibration)


def _figures(device: HardwareProfile) -> str:
    rows = [["figure", "value", "confidence", "source"]]
    for precision, figure in device.peak.items():
        rows.append([f"peak {precision}", f"{three(figure.value / 1e12)} TFLOP/s", *_provenance(figure)])
    memory = device.memory
    rows.append(["memory", bytes_text(memory.capacity_bytes.value), *_provenance(memory.capacity_bytes)])
    bandwidth = memory.bandwidth_bytes_per_s
    rows.append(["memory bandwidth", f"{bytes_text(bandwidth.value)}/s", *_provenance(bandwidth)])
    for label, link in (("scale-up link", device.links.scale_up), ("scale-out link", device.links.scale_out)):
        if link:
            figure = link.bandwidth_bytes_per_s
            rows.append([f"{label}, one way", f"{bytes_text(figure.value)}/s", *_provenance(figure)])
    if host := device.links.host_bytes_per_s:
        rows.append(["host link, one way", f"{bytes_text(host.value)}/s", *_provenance(host)])
    for phase in type(device.power).model_fields:
        figure = getattr(device.power, phase)
        rows.append([f"power {phase.removesuffix('_w')}", f"{three(figure.value)} W", *_provenance(figure)])
    for tariff, price in device.prices.items():
        dated = f"{price.source} ({price.date})"
        rows.append([f"price {tariff}", f"${three(price.value * 3600)} per h", price.confidence, dated])
    return grid(rows, right=(1,))


def _basis(fit: Fit, what: str = "step times") -> str:
    return wrapped(f"{what} rest on: {fit.basis}; {fit.data} ({fit.date}); error: {fit.error or 'not known'}")


def _provenance(figure: Any) -> list[str]:
    return [figure.confidence, figure.source]


def model_texts(name: str) -> Iterator[str]:
    """A model: shapes, parameters and capability."""
    from fleetsim.catalog import load_model, model_names

    if name in model_names():
        model = load_model(name)
        heading = f"model {model.key}: {model.name} ({model.family}), {model.kind}, released {model.released}"
        notes = [wrapped(t) for t in (model.note, f"shapes from {model.source}; {model.confidence}") if t]
        yield "\n".join([heading, *notes, "", _shapes(model)])


def _shapes(model: ModelProfile) -> str:
    rows = [["figure", "value", "confidence", "source"]]
    for which in ("total", "active"):
        figure = getattr(model.parameters_billion, which)
        rows.append([f"parameters {which}", f"{three(figure.value)} B", *_provenance(figure)])
    for key in ("layers", "hidden", "vocabulary", "context_tokens"):
        rows.append([key, f"{getattr(model, key):,.0f}", "", ""])
    rows.append(["precision", model.precision, "", ""])
    for part in ("attention", "mlp", "moe"):
        if (block := getattr(model, part)) is not None:
            inner = ", ".join(f"{key} {value}" for key, value in block.model_dump().items() if value is not None)
            rows.append([part, "", "", inner])
    for kind, figure in model.capability.items():
        rows.append([f"right answers: {kind}", f"{100 * figure.value:.1f} %", *_provenance(figure)])
    return grid(rows, right=(1,))


def framework_texts(name: str) -> Iterator[str]:
    """A serving framework: how it schedules, and what it adds to a device's step times."""
    from fleetsim.catalog import framework_names, load_framework

    if name in framework_names():
        framework = load_framework(name)
        runs, fit = framework.scheduling, framework.calibration
        told = {*type(fit).__base__.model_fields, "source", "confidence"}
        rows = [["figure", "value"]]
        rows += [row for block in (runs, fit) for row in _settings(block) if row[0] not in told]
        notes = [wrapped(text) for text in (framework.note, f"defaults from {runs.source}; {runs.confidence}") if text]
        yield "\n".join([f"framework {framework.key}: {framework.name}", *notes, "", grid(rows, right=(1,))])
        yield _basis(fit)


def vendor_texts(name: str) -> Iterator[str]:
    """A vendor's interface: the times its clients see."""
    from fleetsim.catalog import load_vendor, vendor_names

    if name in vendor_names():
        vendor = load_vendor(name)
        fit = vendor.calibration
        told = type(fit).__base__.model_fields
        rows = [["figure", "value"], *(row for row in _settings(fit) if row[0] not in told)]
        notes = [wrapped(vendor.note)] if vendor.note else []
        yield "\n".join([f"vendor {vendor.key}: {vendor.name}", *notes, "", grid(rows, right=(1,))])
        yield _basis(fit, "times")


def _settings(block: Any) -> Iterator[list[str]]:
    """The keys of a profile's block and their values with units."""
    for key, field in type(block).model_fields.items():
        value = getattr(block, key)
        if isinstance(value, float):
            value = time_text(value) if key.endswith("_s") else three(value)
        elif isinstance(value, bool):
            value = "yes" if value else "no"
        yield [field.alias or key, f"{value:,}" if isinstance(value, int) else str(value)]
