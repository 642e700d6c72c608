"""Streams the files into temporary tables, which end with the transaction."""

from typing import IO

from django.db.backends.utils import CursorWrapper
from psycopg2.sql import SQL, Composable, Identifier, Literal

from meters.register.files import RegisterFile
from meters.register.values import NULL

COPIED_AT_A_TIME = 1024 * 1024
"""Bytes. Large, because another thread parses and keeps us waiting for each piece."""

PROBLEM_COLUMNS = (
    ("line", "integer NOT NULL"),
    ("problem", "text"),
    ("problem_column", "text"),
    ("detail", "text"),
    ("shape", "text"),
)


def staged(file: RegisterFile) -> Identifier:
    """The temporary table of a file's rows."""
    return Identifier(f"staged_{file.name}")


def changes(file: RegisterFile) -> Identifier:
    """The temporary table of what a file would change."""
    return Identifier(f"changes_{file.name}")


def stage(cursor: CursorWrapper, file: RegisterFile, rows: IO[bytes]) -> None:
    """Put every row of a file, in COPY's text format, into its staging table."""
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
    cursor.copy_expert(
        SQL("COPY {} FROM STDIN WITH (FORMAT text, NULL {})").format(
            staged(file), Literal(NULL)
        ),
        rows,
        COPIED_AT_A_TIME,
    )
    # Nobody else gathers statistics of a temporary table.
    cursor.execute(SQL("ANALYZE {}").format(staged(file)))


def unstage(cursor: CursorWrapper, *tables: Composable) -> None:
    """Drop temporary tables before the transaction does."""
    for table in tables:
        cursor.execute(SQL("DROP TABLE IF EXISTS {}").format(table))
