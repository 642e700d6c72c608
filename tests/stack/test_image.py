"""The Dockerfile, read beside the code: it copies what exists, and only the product."""

import re
import shlex
import tomllib

import pytest

from hanportal.demo.setup import system
from tests.conventions.source import PACKAGES, ROOT

TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
INSTRUCTIONS = [line for line in TEXT.splitlines() if line and line[0] != "#"]
ALLOWED = (ROOT / ".dockerignore").read_text().splitlines()


def stages() -> tuple[list[str], list[str]]:
    """The instructions of the stage that builds and of the one that runs."""
    starts = [i for i, line in enumerate(INSTRUCTIONS) if line.startswith("FROM")]
    assert len(starts) == 2
    return INSTRUCTIONS[: starts[1]], INSTRUCTIONS[starts[1] :]


def copied(stage: list[str]) -> list[str]:
    """What a stage's COPY instructions name as their sources."""
    words = [shlex.split(line) for line in stage if line.startswith("COPY")]
    return [word for line in words for word in line[1:-1] if word[:2] != "--"]


def test_everything_that_is_copied_exists_and_reaches_the_builder() -> None:
    sources = copied(stages()[0])

    assert [name for name in sources if not (ROOT / name).exists()] == []
    assert sorted(sources) == sorted(line[1:] for line in ALLOWED if line[:1] == "!")


def test_what_runs_is_the_product_and_nothing_else() -> None:
    assert sorted(copied(stages()[1])) == sorted(
        [
            "/venv",
            "/app/manage.py",
            "/app/templates",
            "/app/staticfiles",
            *(f"/app/{package}" for package in PACKAGES),
        ]
    )


def test_the_demo_is_removed_before_anything_is_collected() -> None:
    build = " ".join(stages()[0])

    assert build.index("rm -r hanportal/demo") < build.index("collectstatic")


def test_both_stages_have_the_python_that_types_are_checked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    python = project["tool"]["mypy"]["python_version"]
    images = re.findall(r"(?m)^FROM python:([\d.]+)-slim", TEXT)

    assert images == [python, python]


def test_what_pdfs_need_is_installed_where_they_are_made() -> None:
    installed = " ".join(stages()[1]).split()

    assert sorted(set(system.PANGO.packages) - set(installed)) == []


def test_every_package_is_held_to_its_hash() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?(?:install|wheel) [^&]*", TEXT)
    unchecked = [line for line in installs if "--require-hashes" not in line]

    assert len(installs) == 3
    assert [line for line in unchecked if "--no-index" not in line] == []


def test_it_runs_as_nobody_in_particular() -> None:
    run = stages()[1]

    assert [line for line in run if line.startswith("USER")] == ["USER 10001"]


@pytest.mark.parametrize("word", ["SECRET", "PASSWORD", "_KEY", "TOKEN"])
def test_no_secret_is_built_in(word: str) -> None:
    assert [line for line in INSTRUCTIONS if word in line] == []
