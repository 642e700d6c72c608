"""`reset`: delete the demo's data, and nothing that is not the demo's."""

import shutil
from collections.abc import Mapping

from rich.console import Console

from hanportal.demo.stack.foundation import (
    previous_server_runs,
    wait_for_previous_server,
)
from hanportal.demo.stack.layout import Folder, data_folder
from hanportal.demo.stack.process import StackFailure


def reset_demo(*, given: Mapping[str, str], console: Console) -> int:
    """Delete the data folder; the exit status. A stack that runs is left alone.

    :raises StackFailure: a stack runs there, or the demo did not make the folder.
    """
    path = data_folder(given)
    if not path.exists():
        console.print(f"There is nothing to delete: {path} is not there.", markup=False)
        return 0
    if not Folder.is_ours(path):
        raise StackFailure(
            f"{path} does not carry the demo's marker, so nothing is deleted. If it "
            "is the demo's, delete it yourself."
        )
    folder = Folder.open(path)
    try:
        wait_for_previous_server(path / "postgres")
        if previous_server_runs(path / "postgres"):
            raise StackFailure(
                f"A PostgreSQL still runs in {path / 'postgres'}; nothing is deleted."
            )
        shutil.rmtree(path)
    finally:
        folder.close()
    console.print(f"Deleted {path}; the next make run starts anew.", markup=False)
    if "DATABASE_URL" in given:
        console.print("The database of DATABASE_URL is yours, and is as it was.")
    return 0
