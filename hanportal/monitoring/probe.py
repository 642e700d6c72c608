"""`python -m hanportal.monitoring.probe 8000`: ask the web process here if it is ready.

For a container's health check: nothing but Python has to be in the image. It sends the
host name that the portal goes by, because Django refuses every other.
"""

import http.client
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

HOST = "127.0.0.1"
PATH = "/readyz"
SECONDS = 5


def ask(port: int, *, host_name: str) -> tuple[int, str]:
    """Status and body of the answer on this port of our own machine.

    :raises OSError: nobody listens there, or the answer takes longer than 5 seconds.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=SECONDS)
    try:
        connection.request("GET", PATH, headers={"Host": host_name})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def main(arguments: Sequence[str]) -> int:
    """Ask once, repeat what was said; 0 when it is ready."""
    host_name = urlsplit(os.environ["PORTAL_BASE_URL"]).hostname or HOST
    try:
        status, body = ask(int(arguments[0]), host_name=host_name)
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{body}\n")
    return 0 if status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
