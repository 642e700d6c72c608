"""Streams the files into temporary tables, which end with the transaction."""

from collections.abc import Iterator
from itertools import islice

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Identifier, Literal

from meters.register.files import RegisterFile
from meters.register.values import NULL

ROWS_AT_A_TIME = 500

PROBLEM_COLUMNS = (
    ("line", "integer NOT NULL"),
    ("problem", "text"),
    ("problem_column", "text"),
    ("detail", "text"),
    ("shape", "text"),
)


class _RowStream:
    """The rows as the file that COPY reads from."""

    def __init__(self, rows: Iterator[str]) -> None:
        self.rows = rows
        self.failure: BaseException | None = None

    def read(self, _size: int = -1) -> bytes:
        """Some rows, or nothing at the end or when reading failed."""
        try:
            return "".join(islice(self.rows, ROWS_AT_A_TIME)).encode()
        except BaseException as failure:  # noqa: BLE001 -- raised again by `stage`
            # The driver would send the text of what it catches to the server, where
            # it is logged. Nothing that was read may end up there.
            self.failure = failure
            return b""


def staged(file: RegisterFile) -> Identifier:
    """The temporary table of a file's rows."""
    return Identifier(f"staged_{file.name}")


def changes(file: RegisterFile) -> Identifier:
    """The temporary table of what a file would change."""
    return Identifier(f"changes_{file.name}")


def stage(cursor: CursorWrapper, file: RegisterFile, rows: Iterator[str]) -> None:
    """Put every row of a file into its staging table."""
    columns = [*PROBLEM_COLUMNS, *file.staged]
    definitions = SQL(", ").join(
        SQL("{} {}").format(Identifier(name), SQL(sql_type))
        for name, sql_type in columns
    )
    cursor.execute(
        SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(
            staged(file), definitions
        )
    )
    stream = _RowStream(rows)
    cursor.copy_expert(
        SQL("COPY {} FROM STDIN WITH (FORMAT text, NULL {})").format(
            staged(file), Literal(NULL)
        ),
        stream,
    )
    if stream.failure is not None:
        raise stream.failure
    # Nobody else gathers statistics of a temporary table.
    cursor.execute(SQL("ANALYZE {}").format(staged(file)))


def unstage(cursor: CursorWrapper, *tables: Composable) -> None:
    """Drop temporary tables before the transaction does."""
    for table in tables:
        cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(table))
