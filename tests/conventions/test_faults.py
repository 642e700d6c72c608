"""Every fault that a head-end can have has a test that names it."""

import ast
import re

from tests.conventions.source import ROOT, Module, suite

PAGE = ROOT / "docs" / "simulator.md"
EVERY = {f"F{number:02d}" for number in range(1, 43)}
_ID = re.compile(r"\b[Ff](\d\d)(?=\b|X|_)")


def named(found: Module) -> set[str]:
    """The ids in what a test says: its name, its texts, its docstring."""
    said = [function.name for function in found.functions()]
    said += [
        node.value
        for node in ast.walk(found.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {f"F{number}" for text in said for number in _ID.findall(text)}


def test_every_fault_is_played_from_the_portals_side() -> None:
    """At the adapter, or to the end of an order; not in the simulator's own tests."""
    tests = [
        found
        for found in suite()
        if found.is_in("tests/orders", "tests/headend")
        and found.path.name.startswith("test_")
    ]
    played = set().union(*map(named, tests))

    assert played & EVERY == EVERY


def test_every_fault_stands_in_the_simulators_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    listed = set()
    for first, last in re.findall(r"\bF(\d\d)(?:–F?(\d\d))?", text):
        numbers = range(int(first), int(last or first) + 1)
        listed |= {f"F{number:02d}" for number in numbers}

    assert listed & EVERY == EVERY
