"""Reads a file line by line: one line in memory, whatever the file's size.

A value never spans lines, so a quote that is never closed costs its own line only and
the numbers in the report are the ones an editor shows.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from pathlib import Path

from django.utils.translation import gettext as _

from meters.register.files import EVERY_FILE, FILES, RegisterFile, RowRefused
from meters.register.report import SHAPE_LENGTH, Reason, shape_of
from meters.register.values import NULL, Refused

UNSAID = -1
"""The place of a column that the header lacks, as it may."""

LONGEST_LINE = 64 * 1024
"""Bytes. Longer than any row can be; beyond it the file is something else."""

Watch = Callable[[bytes], None]
"""Given each line as it was read."""


class _End(Enum):
    """What a line ends with. A file may lack its last line end, or be cut short."""

    OF_LINE = auto()
    OF_FILE = auto()
    IN_A_LETTER = auto()


_NO_LINE = (1, "", _End.OF_FILE)


class RegisterUnusable(Exception):  # noqa: N818 -- the outcome's name
    """The delivery can't be read at all, and nothing was changed.

    The message says what to do; the same files will fail again.
    """


def staged_rows(file: RegisterFile, folder: Path, *, watch: Watch) -> Iterator[str]:
    """The file's rows as lines of PostgreSQL's COPY text format.

    Each begins with its line number. A row that can't stand comes with its reason and
    without its values, but for the key, by which others may refer to it.

    :raises RegisterUnusable: unreadable, not UTF-8, or with another header.
    """
    lines = _lines(folder / file.file_name, watch=watch)
    _number, header, _end = next(lines, _NO_LINE)
    separator = _separator(header)
    places = _places(file, header)
    width = len([place for place in places if place != UNSAID])
    plan = [
        (place, _unsaid if place == UNSAID else column.parse)
        for place, column in zip(places, file.columns, strict=True)
    ]
    nothing = [NULL] * len(file.staged)
    for number, line, end in lines:
        parsed: list[str] = []
        fields: Sequence[str] = ()
        try:
            fields = _fields(line, separator)
            if len(fields) != width:
                raise RowRefused("", Reason.FIELD_COUNT)
            if end is _End.IN_A_LETTER:
                raise RowRefused("", Reason.CUT_SHORT)
            for place, parse in plan:
                parsed.append(parse(fields[place].strip()))
            staged = file.across(parsed) if file.across else parsed
            problem = [NULL, NULL, NULL, NULL]
        except Refused as refusal:
            known = parsed[: file.key] if len(parsed) >= file.key else []
            staged = known + nothing[len(known) :]
            problem = _problem(refusal, file, places, fields, len(parsed))
            if end is not _End.OF_LINE and not problem[1] and len(fields) < width:
                problem[0] = Reason.CUT_SHORT.value
        yield copy_line([str(number), *problem, *staged])


def require_files(folder: Path, files: Sequence[RegisterFile] = FILES) -> None:
    """Refuse a folder that lacks files, or whose files have other headers.

    :raises RegisterUnusable: says which, and what they should be.
    """
    missing = [f.file_name for f in files if not (folder / f.file_name).is_file()]
    if missing:
        raise RegisterUnusable(
            _(
                "%(folder)s mangler %(files)s. Lever alle filene sammen; "
                "en fil uten rader har bare overskriften."
            )
            % {"folder": folder, "files": ", ".join(missing)}
        )
    for file in files:
        require_headers(file, folder)


def files_in(folder: Path) -> tuple[RegisterFile, ...]:
    """The files of this delivery: all that must be there, and what else is."""
    return tuple(
        file
        for file in EVERY_FILE
        if file in FILES or (folder / file.file_name).is_file()
    )


def require_headers(file: RegisterFile, folder: Path) -> None:
    """Look at the first line only.

    :raises RegisterUnusable: unreadable, not UTF-8, or with another header.
    """
    lines = _lines(folder / file.file_name, watch=lambda _line: None)
    _places(file, next(lines, _NO_LINE)[1])


def copy_line(values: list[str]) -> str:
    """A line of PostgreSQL's COPY text format. Values hold neither tabs nor breaks."""
    line = "\t".join(values) + "\n"
    return line.replace("\\", "\\\\") if "\\" in line else line


def _problem(
    refusal: Refused,
    file: RegisterFile,
    places: list[int],
    fields: Sequence[str],
    parsed: int,
) -> list[str]:
    if isinstance(refusal, RowRefused):
        column = refusal.column
    else:
        column = file.columns[parsed].name
    names = [each.name for each in file.columns]
    shape = shape_of(fields[places[names.index(column)]].strip()) if column else ""
    return [refusal.reason.value, column, refusal.detail, shape.replace("\t", " ")]


def _lines(path: Path, *, watch: Watch) -> Iterator[tuple[int, str, _End]]:
    """Number, text without its line end, and end of each line that is not empty."""
    try:
        with path.open("rb") as stream:
            number = 0
            while raw := stream.readline(LONGEST_LINE):
                number += 1
                watch(raw)
                line, end = _decoded(raw, path, number)
                if text := line.rstrip("\r\n"):
                    yield number, text, end
    except OSError as error:
        raise RegisterUnusable(
            _("%(path)s kan ikke leses (%(why)s). Legg filen der, med leserett.")
            % {"path": path, "why": error.strerror}
        ) from error


def _decoded(raw: bytes, path: Path, number: int) -> tuple[str, _End]:
    end = _End.OF_LINE if raw.endswith(b"\n") else _End.OF_FILE
    if end is _End.OF_FILE and len(raw) == LONGEST_LINE:
        raise RegisterUnusable(
            _(
                "%(path)s, linje %(line)d: linjen er lengre enn noen rad kan være. "
                "Er dette riktig fil, med linjeskift mellom radene?"
            )
            % {"path": path, "line": number}
        )
    encoding = "utf-8-sig" if number == 1 else "utf-8"
    try:
        return raw.decode(encoding), end
    except UnicodeDecodeError as error:
        if end is _End.OF_FILE and error.reason == "unexpected end of data":
            return raw[: error.start].decode(encoding), _End.IN_A_LETTER
        raise RegisterUnusable(
            _(
                "%(path)s, linje %(line)d: filen er ikke UTF-8. "
                "Lagre den som UTF-8 og lever på nytt."
            )
            % {"path": path, "line": number}
        ) from None


def _separator(header: str) -> str:
    """Comma or semicolon, whichever the header has more of."""
    return ";" if header.count(";") > header.count(",") else ","


def _fields(line: str, separator: str) -> list[str]:
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        raise RowRefused("", Reason.QUOTES) from None


def _places(file: RegisterFile, header: str) -> list[int]:
    """Where each column stands. The order is free, the names are not."""
    try:
        names = [name.strip() for name in _fields(header, _separator(header))]
    except RowRefused:
        names = []
    expected = [
        column.name
        for column in file.columns
        if not column.optional or column.name in names
    ]
    if sorted(names) != sorted(expected):
        missing = [name for name in expected if name not in names]
        unknown = [name for name in names if name and name not in expected]
        raise RegisterUnusable(
            _(
                "%(file)s har feil overskrift. Mangler: %(missing)s. Ukjent: "
                "%(unknown)s. Første linje skal være: %(expected)s"
            )
            % {
                "file": file.file_name,
                "missing": ", ".join(missing) or "–",
                "unknown": ", ".join(map(_short, unknown)) or "–",
                "expected": ",".join(expected),
            }
        )
    return [
        names.index(column.name) if column.name in names else UNSAID
        for column in file.columns
    ]


def _unsaid(_value: str) -> str:
    return NULL


def _short(name: str) -> str:
    # Without its header a file's first line is a person's: tell its shape alone.
    named = name.isascii() and name.replace("_", "").isalpha() and name.islower()
    return name[:SHAPE_LENGTH] if named else f"«{shape_of(name)}»"
