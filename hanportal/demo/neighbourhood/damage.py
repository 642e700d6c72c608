"""Damages a written delivery as real ones are damaged, for trying out the importer."""

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from hanportal.demo.neighbourhood.numbers import gsrn

FILES = ("metering_points", "meters", "customers", "installations", "holdings")
UNKNOWN_POINT = 99_999_999
EVERY = 10
"""Of ten customers, one has two columns swapped."""

Rows = Iterator[list[str]]


def _with_mark(folder: Path) -> None:
    for path in _files(folder):
        _rewrite(path, lambda rows: rows, mark=True)


def _with_semicolons(folder: Path) -> None:
    for path in _files(folder):
        _rewrite(path, lambda rows: rows, separator=";")


def _without_last_line_end(folder: Path) -> None:
    for path in _files(folder):
        os.truncate(path, path.stat().st_size - 1)


def _cut_short(folder: Path) -> None:
    """In the middle of the last row, after its second field."""
    path = folder / "holdings.csv"
    with path.open("rb") as stream:
        *_, last = stream
    start = path.stat().st_size - len(last)
    os.truncate(path, start + len(b",".join(last.split(b",")[:2])))


def _with_swapped_columns(folder: Path) -> None:
    def swapped(rows: Rows) -> Rows:
        for number, row in enumerate(rows):
            # The header is row 0; the name and the national id are side by side.
            if number % EVERY == 1:
                row[2], row[3] = row[3], row[2]
            yield row

    _rewrite(folder / "customers.csv", swapped)


def _with_duplicates(folder: Path) -> None:
    _repeat_first(folder / "metering_points.csv", lambda row: row)


def _with_overlaps(folder: Path) -> None:
    """The first holding again, from a year later on."""

    def later(row: list[str]) -> list[str]:
        year, month, day = row[1].split("-")
        return [row[0], f"{int(year) + 1}-{month}-{min(int(day), 28):02d}", *row[2:]]

    _repeat_first(folder / "holdings.csv", later)


def _with_unknown_references(folder: Path) -> None:
    unknown = gsrn(UNKNOWN_POINT)
    _repeat_first(folder / "holdings.csv", lambda row: [unknown, *row[1:]])


DAMAGES: Mapping[str, Callable[[Path], None]] = {
    "bom": _with_mark,
    "semicolon": _with_semicolons,
    "unended": _without_last_line_end,
    "cut": _cut_short,
    "swapped": _with_swapped_columns,
    "duplicates": _with_duplicates,
    "overlaps": _with_overlaps,
    "unknown": _with_unknown_references,
}
"""What can be done to a delivery; a line at a time, whatever its size."""


def _files(folder: Path) -> list[Path]:
    return [folder / f"{name}.csv" for name in FILES]


def _repeat_first(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Put the first row, changed, at the end of the file."""
    with path.open(encoding="utf-8", newline="") as stream:
        (first,) = islice(csv.reader(stream), 1, 2)
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow(change(first))


def _rewrite(
    path: Path,
    change: Callable[[Rows], Rows],
    *,
    separator: str = ",",
    mark: bool = False,
) -> None:
    part = path.with_suffix(".part")
    encoding = "utf-8-sig" if mark else "utf-8"
    with (
        path.open(encoding="utf-8", newline="") as old,
        part.open("w", encoding=encoding, newline="") as new,
    ):
        writer = csv.writer(new, delimiter=separator, lineterminator="\n")
        writer.writerows(change(csv.reader(old)))
    part.replace(path)
