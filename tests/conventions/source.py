"""The product's source as syntax trees, for rules that no linter knows."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("hanportal", "meters", "notifications", "orders")


@dataclass(frozen=True)
class Module:
    """One file of the product."""

    path: Path
    tree: ast.Module
    lines: int

    @property
    def name(self) -> str:
        """The path from the root, as people write it."""
        return self.path.relative_to(ROOT).as_posix()

    def is_in(self, *places: str) -> bool:
        """True when the file is one of these, or lies below one of these folders."""
        return any(
            self.name == place or self.name.startswith(f"{place.rstrip('/')}/")
            for place in places
        )

    def calls(self) -> Iterator[ast.Call]:
        """Every call in the module."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function in the module, also nested and methods."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def module(path: Path) -> Module:
    """A file, parsed."""
    text = path.read_text(encoding="utf-8")
    return Module(path=path, tree=ast.parse(text), lines=text.count("\n"))


@cache
def product() -> tuple[Module, ...]:
    """Every module of the product but migrations, which are written by machine."""
    files = sorted(file for name in PACKAGES for file in (ROOT / name).rglob("*.py"))
    return tuple(module(file) for file in files if "migrations" not in file.parts)


@cache
def suite() -> tuple[Module, ...]:
    """Every module of the test-suite."""
    return tuple(module(file) for file in sorted((ROOT / "tests").rglob("*.py")))


def where(found: Module, node: ast.AST) -> str:
    """A place to click on."""
    return f"{found.name}:{getattr(node, 'lineno', 0)}"


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of attributes; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""
