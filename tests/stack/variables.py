"""Which environment variables the product reads, found in its source."""

import ast
import re
from collections.abc import Iterator

from tests.conventions.source import ROOT, Module, dotted, module, product

VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+_?")
SETTINGS = "hanportal/settings"
NOT_DEPLOYED = ("hanportal/settings/demo.py", "hanportal/settings/test.py")
READERS = ("env", "required", "connections")


def read_by_settings() -> set[str]:
    """What the settings of a real installation read."""
    return {
        name
        for found in product()
        if found.is_in(SETTINGS) and not found.is_in(*NOT_DEPLOYED)
        for name in (*_asked_for(found), *_defaults(found), *_prefixes(found))
    }


def read_elsewhere() -> set[str]:
    """What commands and programs read; any module outside the settings counts."""
    return {
        name
        for found in (module(ROOT / "manage.py"), *product())
        if not found.is_in(SETTINGS, "hanportal/demo") and _knows_the_environment(found)
        for name in _constants(found.tree)
    }


def _asked_for(found: Module) -> Iterator[str]:
    for call in found.calls():
        if dotted(call.func).split(".")[0] in READERS:
            for argument in call.args[:1]:
                yield from _constants(argument)


def _defaults(found: Module) -> Iterator[str]:
    """`def database(variable: str = "DATABASE_URL")` reads it too."""
    for function in found.functions():
        for default in function.args.defaults:
            yield from _constants(default)


def _prefixes(found: Module) -> Iterator[str]:
    for node in ast.walk(found.tree):
        if isinstance(node, ast.Assign) and "PREFIX" in dotted(node.targets[0]):
            yield from (name for name in _constants(node.value) if name[-1] == "_")


def _knows_the_environment(found: Module) -> bool:
    return any(
        isinstance(node, ast.Attribute) and dotted(node) == "os.environ"
        for node in ast.walk(found.tree)
    )


def _constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            value = node.value
            if isinstance(value, str) and VARIABLE.fullmatch(value):
                yield value
