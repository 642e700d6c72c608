"""Reads the files ahead of the database: while one is merged, the next are parsed.

Waiting for PostgreSQL leaves a core idle, and parsing needs one. What was parsed waits
in nameless files of the system's temporary folder (TMPDIR), which nobody else can open
and which are gone with the process.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Event
from typing import IO

from django.utils import translation

from meters.register.files import RegisterFile
from meters.register.reading import Watch, staged_rows

ROWS_AT_A_TIME = 500

Parsed = Mapping[str, "Future[IO[bytes]]"]
"""By a file's name: its rows as lines of COPY's text format, from the beginning."""


@contextmanager
def reading_ahead(
    folder: Path, files: Sequence[RegisterFile], watches: Mapping[str, Watch]
) -> Iterator[Parsed]:
    """Parse the files one after the other, beside whatever the caller does.

    A file that can't be read raises where its result is asked for. `watches` are
    called from another thread.
    """
    enough = Event()
    language = translation.get_language()

    def parse(file: RegisterFile) -> IO[bytes]:
        parsed = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by whoever asked
        with translation.override(language):
            rows = staged_rows(file, folder, watch=watches[file.name])
            while (some := list(islice(rows, ROWS_AT_A_TIME))) and not enough.is_set():
                parsed.write("".join(some).encode())
        parsed.seek(0)
        return parsed

    with ThreadPoolExecutor(max_workers=1) as reader:
        try:
            yield {file.name: reader.submit(parse, file) for file in files}
        finally:
            enough.set()
            reader.shutdown(cancel_futures=True)
