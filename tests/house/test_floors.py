"""Who may import whom: data runs one way, and each library has one door."""

from __future__ import annotations

import sys

import pytest
from sources import PACKAGE, ROOT, Import, Source, part_of, sources

GROUND = {"units", "errors", "registry", "tables", "luck", "normal", "compiled"}
QUESTION = GROUND | {"scenario", "catalog"}
SUPPLY = {"hardware", "workload", "workflow", "quality"}
RUNNING = {"plan", "policies", "engine", "records"}
MEASURED = {"predict", "calibration", "accuracy"}

MAY_IMPORT = {
    "units": set(),
    "errors": set(),
    "registry": set(),
    "compiled": set(),
    "tables": set(),
    "luck": {"compiled", "normal"},
    "normal": {"compiled"},
    "records": {"compiled", "errors", "tables"},
    "statistics": {"compiled"},
    "policies": GROUND,
    "plan": {"errors", "policies", "quality", "tables"},
    "engine": {"compiled", "errors", "luck", "normal", "plan", "policies", "quality", "records", "tables"},
    "scenario": {"units", "errors", "registry"},
    "catalog": {"units", "errors", "registry", "scenario"},
    **dict.fromkeys(SUPPLY, QUESTION),
    "quality": QUESTION | {"workload"},  # its reader of large files
    "metrics": {"units", "registry", "tables", "statistics", "records", "compiled", "luck"},
    "findings": {"metrics"},
    "planning": QUESTION | SUPPLY | {"plan", "policies", "metrics"},
    "study": QUESTION | SUPPLY | RUNNING | {"planning", "metrics", "statistics", "findings"},
    "report": {"units", "errors", "registry", "tables", "compiled", "metrics", "statistics", "records", "findings"},
    "claims": QUESTION | SUPPLY | RUNNING | {"planning", "metrics", "statistics", "findings", "study", "report"},
    "predict": QUESTION | SUPPLY | RUNNING,
    "calibration": QUESTION | SUPPLY | {"predict"},
    "accuracy": QUESTION | {"predict", "calibration", "report"},
    "fleetsim": QUESTION | SUPPLY | RUNNING | {"planning", "metrics", "findings", "study", "report"},
    "__main__": {"cli"},
    "cli": QUESTION
    | SUPPLY
    | RUNNING
    | {"planning", "metrics", "statistics", "findings", "study", "report", "claims", "fleetsim", *MEASURED},
}
"""What each part may import beside itself; a part that is not listed may import nothing."""

VERSION = {("study", "fleetsim")}
"""Who may ask the package's face for its version: results name the code that made them."""

LAZY = {
    ("scenario", "workload"): "checking a scenario opens its traces; the schema is below what reads it",
    ("scenario", "policies"): "names and knobs of balancers are checked without compiling them at import",
    ("workflow", "policies"): "names and knobs of selectors are checked without compiling them at import",
    ("study", "report"): "saving a study writes its page too; the report knows a study by its type only",
    ("scenario", "catalog"): "names of profiles are checked; profiles are read with the scenario's own reader",
}
"""(importer, imported): why a function, and only a function, may reach up a floor."""

DOORS = {
    "yaml": ("fleetsim/scenario/read.py",),
    "simpy": ("fleetsim/engine/reference/",),
    "altair": ("fleetsim/report/", "fleetsim/accuracy/parity.py"),
    "vl_convert": ("fleetsim/report/",),
    "jinja2": ("fleetsim/report/",),
    "markupsafe": ("fleetsim/report/",),
    "click": ("fleetsim/cli",),
    "distributed": ("fleetsim/study/workers.py",),
    "rich": ("fleetsim/cli",),
    "pyarrow": ("fleetsim/records/", "fleetsim/study/", "fleetsim/quality/outcomes.py"),
    "pandas": ("fleetsim/study/", "fleetsim/records/", "fleetsim/predict/files.py", "fleetsim/accuracy/"),
    "numba": ("fleetsim/compiled.py", "fleetsim/engine/core/", "fleetsim/policies/"),
    "SALib": ("fleetsim/study/whatif/sensitivity.py",),
    "scipy": (
        "fleetsim/study/capacity/mixed.py",
        "fleetsim/study/whatif/",
        "fleetsim/statistics/",
        "fleetsim/workload/",
        "fleetsim/metrics/",
        "fleetsim/quality/",
        "fleetsim/calibration/solve.py",
    ),
    "pydantic": ("fleetsim/scenario/", "fleetsim/catalog/", "fleetsim/workload/", "fleetsim/workflow/"),
    "pydantic_core": ("fleetsim/scenario/", "fleetsim/workload/lengths/mixture.py"),
    "llvmlite": ("fleetsim/study/provenance.py",),
    "numpy": ("fleetsim/",),
}
"""Library -> where it may be imported; a library that is not listed has no door."""

FAMILIES = (
    "policies/balancers",
    "policies/selectors",
    "workload/arrivals",
    "workload/lengths",
    "workload/traces",
    "workflow/kinds",
    "claims/stated",
)
"""Folders whose members import nothing of each other, only their contract (and lower floors)."""

KIN = {
    "fleetsim/workload/arrivals/trace.py": {"workload.traces", "workload.files"},
    "fleetsim/workload/arrivals/mmpp.py": {"workload.modulated"},
    "fleetsim/workload/arrivals/on_off.py": {"workload.modulated"},
    "fleetsim/workload/lengths/empirical.py": {"workload.files"},
}
"""Members that need a neighbour of their family as well."""


def _own(source: Source) -> list[Import]:
    return [i for i in source.imports() if i.library == "fleetsim"]


def _allowed(source: Source, imported: Import) -> bool:
    target = part_of(imported.module)
    lazily = (source.part, target) in LAZY and imported.lazy
    version = (source.part, target) in VERSION and imported.module == "fleetsim"
    below = target == source.part or target in MAY_IMPORT.get(source.part, set())
    return below or lazily or version or imported.typing_only


@pytest.mark.parametrize("source", sources(), ids=lambda s: s.name)
def test_imports_go_down(source: Source) -> None:
    breaches = [f"{source.name}:{i.line} imports {i.module}" for i in _own(source) if not _allowed(source, i)]
    assert not breaches, breaches


def test_every_part_has_a_floor() -> None:
    assert {source.part for source in sources()} <= set(MAY_IMPORT)


def test_floors_have_no_cycle() -> None:
    climbed: set[str] = set()
    while rest := [part for part in MAY_IMPORT if part not in climbed]:
        free = [part for part in rest if MAY_IMPORT[part] <= climbed]
        assert free, f"these import each other: {rest}"
        climbed.update(free)


def test_lazy_exceptions_are_used() -> None:
    used = {(s.part, part_of(i.module)) for s in sources() for i in _own(s) if i.lazy}
    assert set(LAZY) <= used


@pytest.mark.parametrize(("one", "other"), [("core", "reference"), ("reference", "core")])
def test_the_engines_never_import_each_other(one: str, other: str) -> None:
    for source in sources(PACKAGE / "engine" / one):
        assert not [i for i in _own(source) if i.module.startswith(f"fleetsim.engine.{other}")], source.name


@pytest.mark.parametrize("source", sources(), ids=lambda s: s.name)
def test_each_library_has_one_door(source: Source) -> None:
    breaches = [
        f"{source.name}:{i.line} imports {i.module}"
        for i in source.imports()
        if i.library not in {"fleetsim", *sys.stdlib_module_names} and not i.typing_only
        if not source.name.startswith(DOORS.get(i.library, ()) or "\0")
    ]
    assert not breaches, breaches


@pytest.mark.parametrize("family", FAMILIES)
def test_members_import_only_their_contract(family: str) -> None:
    package = f"fleetsim.{family.replace('/', '.')}"
    for source in sources(PACKAGE / family):
        if source.path.stem in ("__init__", "contract"):
            continue
        for imported in _own(source):
            inside = imported.module.startswith(tuple(f"fleetsim.{name.replace('/', '.')}" for name in FAMILIES))
            kin = {f"fleetsim.{name}" for name in KIN.get(source.name, ())}
            known = imported.module == f"{package}.contract" or imported.module in kin
            assert known or not inside, f"{source.name}:{imported.line} imports {imported.module}"


def test_the_rules_above_name_what_there_is() -> None:
    for name in KIN:
        assert (ROOT / name).is_file(), name
    for family in FAMILIES:
        assert (PACKAGE / family / "contract.py").is_file(), family
