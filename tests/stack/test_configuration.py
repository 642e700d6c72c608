"""docs/configuration.md says what the code reads, no less and no more."""

import re

from tests.conventions.source import ROOT
from tests.stack.variables import read_by_settings, read_elsewhere

PAGE = (ROOT / "docs" / "configuration.md").read_text()
WITH_COMPOSE = PAGE.index("## With Docker Compose")
NAME = re.compile(r"`([A-Z][A-Z0-9_]+)(?:<CODE>)?`")


def named_in_tables(text: str) -> set[str]:
    """The variables in the first column of the page's tables."""
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in NAME.findall(row.split("|")[1])}


def test_every_variable_that_is_read_is_documented_and_no_other() -> None:
    read = read_by_settings() | read_elsewhere()

    assert named_in_tables(PAGE[:WITH_COMPOSE]) == read


def test_the_search_finds_every_way_of_asking() -> None:
    known = {
        "OPERATOR_PHONE",  # env("…")
        "EID_SCOPES",  # env.list("…")
        "OPERATOR_NAME",  # required.value("…")
        "EMAIL_URL",  # the default of a parameter
        "HEAD_END_SECRET_",  # a prefix
    }

    assert known & read_by_settings() == known
    assert "STAFF_PASSWORD" in read_elsewhere()
