"""docs/security/asvs.toml claims nothing whose test does not exist."""

import ast
import re
import tomllib
from typing import Any

import pytest

from tests.conventions.source import ROOT

CLAIMS: dict[str, dict[str, Any]] = tomllib.loads(
    (ROOT / "docs" / "security" / "asvs.toml").read_text(encoding="utf-8")
)
REQUIREMENT = re.compile(r"([1-9]|1[0-7])\.[1-9][0-9]?\.[1-9][0-9]?")


def exists(test: str) -> bool:
    """True when the file has a test function of this name at its top level."""
    name, _, function = test.partition("::")
    file = ROOT / name
    if not name.startswith("tests/") or not file.is_file():
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return function.startswith("test_") and any(
        isinstance(node, ast.FunctionDef) and node.name == function
        for node in tree.body
    )


@pytest.mark.parametrize("requirement", CLAIMS)
def test_every_claim_names_tests_that_exist(requirement: str) -> None:
    row = CLAIMS[requirement]

    assert row.keys() == {"claim", "tests"}
    assert row["claim"].strip() == row["claim"] != ""
    assert row["tests"] != []
    assert [test for test in row["tests"] if not exists(test)] == []


def test_requirements_are_numbered_as_there_and_stand_in_order() -> None:
    strange = [name for name in CLAIMS if not REQUIREMENT.fullmatch(name)]
    numbers = [tuple(map(int, name.split("."))) for name in CLAIMS]

    assert strange == []
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    "test",
    [
        "tests/conventions/test_asvs.py::test_that_nobody_wrote",
        "tests/conventions/test_that_nobody_wrote.py::test_it",
        "tests/conventions/test_asvs.py",
        "tests/conventions/test_asvs.py::exists",
        "hanportal/urls.py::test_it",
    ],
)
def test_a_claim_without_its_test_would_be_noticed(test: str) -> None:
    assert not exists(test)
