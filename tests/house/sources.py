"""The package as syntax trees: what the rules of the house are asked of."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "fleetsim"


@dataclass(frozen=True)
class Import:
    """One imported module: absolute name, where, and when it is imported."""

    module: str
    line: int
    lazy: bool  # inside a function
    typing_only: bool  # under `if TYPE_CHECKING`

    @property
    def library(self) -> str:
        """The first part of the name."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Source:
    """One module of the package."""

    path: Path

    @property
    def name(self) -> str:
        """Path from the checkout, as people write it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def module(self) -> str:
        """Dotted name."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def part(self) -> str:
        """The folder or single module of the package it belongs to; 'fleetsim' for the package's own face."""
        parts = self.path.relative_to(PACKAGE).with_suffix("").parts
        return "fleetsim" if parts == ("__init__",) else parts[0]

    @cached_property
    def text(self) -> str:
        """What the file holds."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text, str(self.path))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions, methods and nested ones included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def imports(self) -> Iterator[Import]:
        """All imports; `from package import module` counts as both."""
        lazy = {id(node) for function in self.functions() for node in ast.walk(function)}
        typing_only = {id(node) for branch in ast.walk(self.tree) if _guards_types(branch) for node in ast.walk(branch)}
        for node in ast.walk(self.tree):
            for module in _modules(node):
                yield Import(module, node.lineno, id(node) in lazy, id(node) in typing_only)


@cache
def sources(folder: Path = PACKAGE) -> list[Source]:
    """All modules below a folder."""
    return [Source(path) for path in sorted(folder.rglob("*.py"))]


def part_of(module: str) -> str:
    """`fleetsim.engine.core` -> `engine`; `fleetsim` for the package itself or one of its verbs."""
    name = module.removeprefix("fleetsim").lstrip(".").partition(".")[0]
    there = bool(name) and ((PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file())
    return name if there else "fleetsim"


def public(name: str) -> bool:
    """Whether a name is for others to use."""
    return not name.startswith("_")


def _guards_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level or not node.module:
        raise AssertionError(f"line {node.lineno}: relative import; write the whole name")
    if node.module.partition(".")[0] != "fleetsim":
        return [node.module]
    inner = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in inner if _is_module(name)] or [node.module]


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()
