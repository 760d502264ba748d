"""How the package is written: short files and functions, everything public explained, nothing half done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from sources import ROOT, Source, public, sources

FILE_LINES = 250
FUNCTION_LINES = 40
KERNEL_LINES = 60
KERNEL_DECORATORS = {"helper", "leaf", "section", "routine", "kernel", "typed_kernel", "state_kernel"}

BODILESS = ("abstractmethod", "overload", ".group")
"""Decorators of functions that need no more than a docstring; `group`: commands hang on it, it does nothing."""

LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}
"""What may be longer than the rule, and why; 400 lines is too long for any file."""

HALF_DONE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
FOREIGN = re.compile(r"/work/|\.\./shared|performance_model\.md|verification\.md|\bissue \d(?!\d)|\bhelper session\b")
"""Words of a workplace, which mean nothing to who reads the project elsewhere."""

TEXTS = [
    path
    for pattern in (
        "fleetsim/**/*",
        "scenarios/*",
        "*_profiles/*",
        "docs/*",
        "tests/**/*.py",
        "*.md",
        "*.toml",
        ".ci/*",
    )
    for path in sorted(ROOT.glob(pattern))
    if path.is_file()
    and path.suffix in {".py", ".md", ".yaml", ".toml", ".j2", ".css", ".js", ""}
    and path.name != "test_manner.py"
]

every_source = pytest.mark.parametrize("source", sources(), ids=lambda s: s.name)


def _length(function: ast.FunctionDef) -> int:
    """Lines of a function without its docstring: nobody shall explain less to stay within the limit."""
    first = function.body[0]
    told = first.end_lineno - first.lineno + 1 if _is_docstring(first) else 0
    return function.end_lineno - function.lineno + 1 - told


def _is_kernel(function: ast.FunctionDef) -> bool:
    names = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
    return any(isinstance(name, ast.Name) and name.id in KERNEL_DECORATORS for name in names)


def _public_things(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Public classes and functions with their names, down through public classes."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and public(child.name):
            yield f"{prefix}{child.name}", child
            if isinstance(child, ast.ClassDef):
                yield from _public_things(child, f"{prefix}{child.name}.")


@every_source
def test_files_are_short(source: Source) -> None:
    limit = 400 if source.name in LONGER_FILES else FILE_LINES
    assert len(source.text.splitlines()) <= limit


@every_source
def test_functions_are_short(source: Source) -> None:
    for function in source.functions():
        limit = KERNEL_LINES if _is_kernel(function) else FUNCTION_LINES
        name = f"{source.name}:{function.name}"
        assert _length(function) <= limit or name in LONGER_FUNCTIONS, f"{name} has {_length(function)} lines"


@every_source
def test_everything_public_is_explained(source: Source) -> None:
    assert ast.get_docstring(source.tree), "the module says nothing of itself"
    silent = [name for name, node in _public_things(source.tree) if not ast.get_docstring(node)]
    assert not silent


@every_source
def test_only_the_command_line_prints(source: Source) -> None:
    calls = (node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    prints = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert not prints or source.part == "cli", prints


@every_source
def test_nothing_is_a_stub(source: Source) -> None:
    """What has no body is abstract or a protocol's; only a family's contract may leave a method to its members."""
    assert "NotImplementedError" not in source.text or source.path.stem == "contract"
    protocols = (node for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef) and _is_protocol(node))
    promised = {id(node) for protocol in protocols for node in protocol.body}
    for function in source.functions():
        if id(function) in promised:
            continue
        body = [node for node in function.body if not _is_docstring(node)]
        empty = all(isinstance(node, ast.Pass) or ast.unparse(node) == "..." for node in body)
        abstract = any(ast.unparse(d).partition("(")[0].endswith(BODILESS) for d in function.decorator_list)
        assert not empty or abstract, f"{source.name}:{function.name}"


@every_source
def test_no_drawer_for_odds_and_ends(source: Source) -> None:
    assert source.path.stem not in {"utils", "util", "helpers", "common", "misc", "tools"}


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_texts_are_finished_and_at_home_anywhere(path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = [f"{n}: {line.strip()}" for n, line in enumerate(text.splitlines(), 1) if HALF_DONE.search(line)]
    lines += [f"{n}: {line.strip()}" for n, line in enumerate(text.splitlines(), 1) if FOREIGN.search(line)]
    assert not lines, lines


def test_exceptions_are_needed() -> None:
    long = {s.name for s in sources() if len(s.text.splitlines()) > FILE_LINES}
    assert set(LONGER_FILES) <= long
    limits = ((s, f, KERNEL_LINES if _is_kernel(f) else FUNCTION_LINES) for s in sources() for f in s.functions())
    assert set(LONGER_FUNCTIONS) <= {f"{s.name}:{f.name}" for s, f, limit in limits if _length(f) > limit}


def test_no_test_is_skipped() -> None:
    for source in sources(ROOT / "tests"):
        marks = re.findall(r"mark\.(?:skip|skipif|xfail)\b|pytest\.(?:skip|xfail|importorskip)\(", source.text)
        assert not marks or source.path.name == "test_manner.py", source.name


def _is_protocol(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).startswith("Protocol") for base in node.bases)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
