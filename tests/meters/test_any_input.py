"""Whatever stands in the files: rows are told apart, nothing leaks, nothing breaks."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meters.register import RegisterUnusable, import_register
from meters.register.files import EVERY_FILE, FILES, RegisterFile
from meters.register.reading import staged_rows
from meters.register.staging import PROBLEM_COLUMNS
from tests.meters.conftest import NOW
from tests.meters.deliveries import HEADERS, KARIS_NATIONAL_ID, SOUND, one_home

# Examples share one folder, and a busy machine takes its time.
one_folder = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
cells = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            *(value for row in SOUND.values() for value in row.values()),
            "\x01",
            "\\N",
            "\\.",
            '"',
            "\\x00",
            "infinity",
            "9999-12-31",
            "0001-01-01",
        ]
    ),
)
lines = st.lists(cells, min_size=1, max_size=10).map(",".join)


def staged(file: RegisterFile, folder: Path) -> list[str]:
    """What would be copied to the database."""
    return list(staged_rows(file, folder, watch=lambda _size: None))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@one_folder
@given(content=st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_sentence(
    file: RegisterFile, tmp_path: Path, content: bytes
) -> None:
    header = HEADERS[file.name].encode() + b"\n"
    (tmp_path / file.file_name).write_bytes(header + content)
    try:
        copied = staged(file, tmp_path)
    except RegisterUnusable:
        with pytest.raises(UnicodeDecodeError):
            content.decode()
        return
    width = len(PROBLEM_COLUMNS) + len(file.staged)
    assert {line.count("\t") for line in copied} <= {width - 1}
    assert {line[-1:] for line in copied} <= {"\n"}


@one_folder
@given(rows=st.lists(lines, max_size=5))
@pytest.mark.usefixtures("head_end")
def test_any_rows_are_counted_and_the_sound_ones_land(
    tmp_path: Path, rows: list[str]
) -> None:
    delivery = one_home(tmp_path)
    # A line end inside a cell begins another line.
    text = [part for row in rows for part in row.split("\n") if part.strip("\r")]
    for name in HEADERS:
        delivery.lines[name] += text

    report = import_register(delivery.write(), now=NOW)

    assert {each.read for each in report.counts.values()} == {1 + len(text)}
    told = "".join(map(str, (*report.rejections, *report.warnings)))
    assert KARIS_NATIONAL_ID not in told


def test_the_page_on_the_format_names_every_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "register.md").read_text()
    for file in EVERY_FILE:
        section = page.partition(f"## {file.file_name}")[2].partition("\n## ")[0]
        named = {
            name.strip("` ")
            for row in section.splitlines()
            if row.startswith("| `")
            for name in row.split("|")[1].split(",")
        }
        assert {column.name for column in file.columns} <= named
