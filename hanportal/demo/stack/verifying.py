"""`verify-log`: have the running demo's log verified, beside it."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from hanportal.demo.stack import valkey
from hanportal.demo.stack.environment import product_environment
from hanportal.demo.stack.foundation import Foundation, external_database
from hanportal.demo.stack.layout import Folder, Ports, data_folder
from hanportal.demo.stack.programs import PYTHON

MANAGE = Path(__file__).resolve().parents[3] / "manage.py"


def verify_log(arguments: Sequence[str], *, given: Mapping[str, str]) -> int:
    """Run `manage.py verify_audit` on the demo's database; its exit status.

    :raises StackFailure: no demo runs in the data folder.
    """
    folder = Folder.of_running_stack(data_folder(given))
    try:
        environment = environment_of(folder, given=given)
    finally:
        folder.close()
    verify = [PYTHON, str(MANAGE), "verify_audit", *arguments]
    return subprocess.run(verify, env=environment, check=False).returncode  # noqa: S603 -- our own command


def environment_of(folder: Folder, *, given: Mapping[str, str]) -> dict[str, str]:
    """What the processes of the stack in this folder have as their environment.

    :raises StackFailure: the addresses in the environment are not whole.
    """
    ports = Ports.kept_in(folder.ports_file)
    if "DATABASE_URL" in given:
        addresses = external_database(given)
    else:
        foundation = Foundation(folder=folder, ports=ports, parameters={})
        addresses = foundation.database_addresses()
    addresses["REDIS_URL"] = given.get("REDIS_URL", valkey.address(ports.broker))
    addresses["CACHE_URL"] = given.get("CACHE_URL", valkey.address(ports.cache))
    return product_environment(
        folder=folder, ports=ports, given=given, addresses=addresses
    )
