"""`python -m hanportal.demo.eid`: start the provider and serve until stopped."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from hanportal.demo.eid.codes import read_workers
from hanportal.demo.eid.keys import KINDS
from hanportal.demo.eid.people import read_people
from hanportal.demo.eid.provider import Options, Provider
from hanportal.demo.eid.server import application

PLACES = {
    "id_token": frozenset({"id_token"}),
    "userinfo": frozenset({"userinfo"}),
    "both": frozenset({"id_token", "userinfo"}),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    arguments = argparse.ArgumentParser(prog="hanportal.demo.eid", description=__doc__)
    add = arguments.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, required=True)
    add("--people", type=Path, required=True, help="JSON file of people")
    add("--staff", type=Path, help="JSON file of staff whose codes /koder shows")
    add("--issuer", help="default: http://HOST:PORT")
    add("--client-id", required=True)
    add("--client-secret", required=True)
    add("--client-name", default="HAN-portalen")
    add("--redirect-uri", action="append", required=True)
    add("--post-logout-redirect-uri", action="append", help="default: the clients' /")
    add("--algorithm", choices=sorted(KINDS), default="RS256")
    add("--rotate-after", type=int, default=0, metavar="TOKENS", help="new key then")
    add("--national-id-claim", default="pid")
    add("--national-id-in", choices=sorted(PLACES), default="id_token")
    add("--misbehave", action="store_true", help="allow /admin/ to spoil answers")
    return arguments


def options(line: Sequence[str] | None = None) -> tuple[Options, str, int]:
    """The provider's set-up, and the host and port to serve on."""
    given = parser().parse_args(line)
    roots = [
        f"{urlsplit(uri).scheme}://{urlsplit(uri).netloc}/"
        for uri in given.redirect_uri
    ]
    chosen = Options(
        issuer=(given.issuer or f"http://{given.host}:{given.port}").rstrip("/"),
        client_id=given.client_id,
        client_secret=given.client_secret,
        client_name=given.client_name,
        redirect_uris=frozenset(given.redirect_uri),
        after_logout_uris=frozenset(given.post_logout_redirect_uri or roots),
        people=read_people(given.people),
        algorithm=given.algorithm,
        rotate_after=given.rotate_after,
        national_id_claim=given.national_id_claim,
        national_id_in=PLACES[given.national_id_in],
        misbehave=given.misbehave,
        workers=read_workers(given.staff) if given.staff else (),
    )
    return chosen, given.host, given.port


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    chosen, host, port = options()
    web.run_app(application(Provider(chosen)), host=host, port=port, print=None)


if __name__ == "__main__":
    main()
