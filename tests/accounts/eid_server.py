"""The demo's eID provider in a thread, and a visitor that visits it and the portal."""

import asyncio
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests
from aiohttp import web
from django.test import Client

from hanportal.demo.eid.people import Person
from hanportal.demo.eid.provider import Options, Provider
from hanportal.demo.eid.server import application
from tests.accounts.people import PEOPLE

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

CLIENT_ID = "hanportal-test"
CLIENT_SECRET = "a secret: with + signs & such"
PORTAL = "http://testserver"
CALLBACK = f"{PORTAL}/logg-inn/retur/"
COMPANY_CALLBACK = f"{PORTAL}/ansatt/logg-inn/firma/retur/"


class _Server(Thread):
    """Serves one provider on a free port until told to stop."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(daemon=True)
        self._changes = changes
        self._loop = asyncio.new_event_loop()
        self._ready = Event()
        self._stopped = asyncio.Event()
        self.provider: Provider

    def run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
            self.provider = Provider(_options(issuer, **self._changes))
            runner = web.AppRunner(application(self.provider))
            await runner.setup()
            await web.SockSite(runner, listening).start()
            self._ready.set()
            await self._stopped.wait()
            await runner.cleanup()

    def wait_until_ready(self) -> None:
        assert self._ready.wait(timeout=10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self.join(timeout=10)


def _options(issuer: str, **changes: Any) -> Options:
    usual: dict[str, Any] = {
        "issuer": issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uris": frozenset({CALLBACK, COMPANY_CALLBACK}),
        "after_logout_uris": frozenset({f"{PORTAL}/"}),
        "people": PEOPLE,
        "algorithm": "ES256",
        "misbehave": True,
    }
    return Options(**{**usual, **changes})


@contextmanager
def running(**changes: Any) -> Iterator[Provider]:
    """A provider that is up, with the options changed as given."""
    server = _Server(**changes)
    server.start()
    server.wait_until_ready()
    try:
        yield server.provider
    finally:
        server.stop()


class Browser:
    """One person's visitor: cookies of the portal, and cookies of the provider."""

    def __init__(self) -> None:
        self.portal = Client()
        self.eid = requests.Session()

    def ask_to_log_in(self, start: str = "/logg-inn/", **form: str) -> str:
        """Press the button on a login page; where the visitor is sent."""
        response = self.portal.post(start, form)
        assert response.status_code == 302, response.content
        return str(response["Location"])

    def visit_eid(self, address: str) -> requests.Response:
        """Open an address of the provider without following it further."""
        return self.eid.get(address, allow_redirects=False, timeout=10)

    def choose(self, page: requests.Response, person: Person) -> str:
        """Press a person's button; the address that leads back to the portal."""
        asked = re.search(r'name="request" value="([^"]+)"', page.text)
        assert asked, page.text
        answer = self.eid.post(
            f"{_origin(page.url)}/login",
            data={"request": asked[1], "person": person.subject},
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def cancel(self, page: requests.Response) -> str:
        """Press "Avbryt"; the address that leads back to the portal."""
        asked = re.search(r'name="request" value="([^"]+)"', page.text)
        assert asked, page.text
        answer = self.eid.post(
            f"{_origin(page.url)}/cancel",
            data={"request": asked[1]},
            allow_redirects=False,
            timeout=10,
        )
        return answer.headers["Location"]

    def answer_for(self, person: Person, start: str = "/logg-inn/", **form: str) -> str:
        """Go through the provider as a person; the address back to the portal."""
        page = self.visit_eid(self.ask_to_log_in(start, **form))
        if page.status_code == 303:
            return page.headers["Location"]
        return self.choose(page, person)

    def come_back(self, answer: str) -> "Response":
        """Open the address that leads back to the portal."""
        assert answer.startswith((CALLBACK, COMPANY_CALLBACK)), answer
        return self.portal.get(answer.removeprefix(PORTAL))

    def log_in(
        self, person: Person, start: str = "/logg-inn/", **form: str
    ) -> "Response":
        """The whole way, from the button to the portal's answer."""
        return self.come_back(self.answer_for(person, start, **form))


def query_of(address: str) -> Mapping[str, str]:
    """The parameters of an address, each of them once."""
    found = parse_qs(urlsplit(address).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in found.values()), found
    return {name: values[0] for name, values in found.items()}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
