"""What is installed: locked by hash, from nowhere in particular, one driver."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import is_psycopg3

from hanportal.demo.setup import frontend

PROJECT = Path(__file__).resolve().parents[2]
SERVED = PROJECT / ".frontend"
LOCKS = (
    "requirements/dev.lock",
    "requirements/production.lock",
    "requirements/build.lock",
)
URL = re.compile(r"url\(['\"]?([^)'\"]+)")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_hash(lock: str) -> None:
    text = (PROJECT / lock).read_text().replace("\\\n", "")
    packages = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]

    assert packages != []
    assert [line for line in packages if " --hash=sha256:" not in line] == []


def test_everything_that_is_asked_for_is_locked() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    asked = [
        *project["project"]["dependencies"],
        *(entry for group in groups for entry in group if isinstance(entry, str)),
    ]
    locked = {
        re.split(r"[^a-z0-9-]", line)[0]
        for line in (PROJECT / "requirements/dev.lock").read_text().splitlines()
    }

    assert {re.split(r"[^a-z0-9-]", entry)[0] for entry in asked} - locked == set()


@pytest.mark.parametrize("lock", [*LOCKS, "package-lock.json"])
def test_no_lock_says_where_anything_was_downloaded(lock: str) -> None:
    told = [
        line
        for line in (PROJECT / lock).read_text().splitlines()
        if "://" in line or line.startswith("--") or '"resolved"' in line
    ]

    assert told == []


def test_psycopg2_is_the_driver_and_psycopg_3_is_not_there() -> None:
    assert find_spec("psycopg") is None
    assert connection.vendor == "postgresql"
    assert is_psycopg3 is False


def test_what_browsers_load_is_there_and_points_nowhere_else() -> None:
    sheets = sorted(path.relative_to(SERVED) for path in SERVED.rglob("*.css"))
    targets = [
        (SERVED / sheet).parent / target
        for sheet in sheets
        for target in URL.findall((SERVED / sheet).read_text())
        if not target.startswith(("data:", "#"))
    ]

    assert [str(sheet) for sheet in sheets] == [
        "designsystemet.css",
        "inter/index.css",
        "theme.css",
    ]
    assert len(targets) > 5
    assert [target for target in targets if not target.is_file()] == []


def test_a_pointer_to_a_source_map_is_left_out(tmp_path: Path) -> None:
    source, target = tmp_path / "source.js", tmp_path / "target.js"
    source.write_text("let a = 1;\n//# sourceMappingURL=index.js.map\n")

    frontend.copy_text(source, target)

    assert target.read_text() == "let a = 1;\n"
