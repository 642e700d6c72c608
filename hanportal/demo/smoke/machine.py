"""The operator's customer system, at the machine interface."""

import base64
import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

from hanportal.demo.smoke.browser import TIMEOUT_SECONDS, Deviation, expect


@dataclass(frozen=True)
class Register:
    """The files that the demo's register was delivered in."""

    folder: Path

    def customer_number(self, name: str) -> str:
        """The number of the customer with this name."""
        return self._only("customers", name=name)["customer_number"]

    def gsrn(self, serial: str) -> str:
        """The point where the meter sits."""
        return self._only("installations", serial=serial, ends_on="")["gsrn"]

    def _only(self, file: str, **values: str) -> dict[str, str]:
        path = self.folder / f"{file}.csv"
        with path.open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                if all(row[name] == value for name, value in values.items()):
                    return row
        raise Deviation(f"{path} has no row with {values}.")


@dataclass
class Machine:
    """A client of the machine interface."""

    portal: str
    code: str
    secret: str
    token: str = ""

    @classmethod
    def of(cls, file: Path, *, portal: str) -> "Machine":
        """The demo's own client."""
        kept = json.loads(file.read_text(encoding="utf-8"))
        return cls(portal, kept["client_id"], kept["client_secret"])

    def log_in(self) -> None:
        """Get a token.

        :raises Deviation: there is none.
        """
        pair = base64.b64encode(f"{self.code}:{self.secret}".encode()).decode()
        form = urlencode({"grant_type": "client_credentials"}).encode()
        status, body = self._ask("token", form, {"Authorization": f"Basic {pair}"})
        expect("the token", actual=status, expected=200)
        self.token = body["access_token"]

    def tell(self, *events: dict[str, Any]) -> list[str]:
        """Tell events; what came of each."""
        body = json.dumps({"items": events}).encode()
        kind = {"Content-Type": "application/json"}
        status, answer = self._ask("events", body, kind | self._bearer())
        expect(f"the events ({answer})", actual=status, expected=200)
        return [each["outcome"] for each in answer["results"]]

    def holders(self, gsrn: str) -> list[str]:
        """Customer numbers of those who hold the point now or later, in time.

        :raises Deviation: the point is not there.
        """
        path = f"metering-points/{gsrn}"
        status, answer = self._ask(path, None, self._bearer())
        expect(f"{path} ({answer})", actual=status, expected=200)
        held = answer["holdings"]
        return [each["customer_number"] for each in held if each["ends_on"] is None]

    def without_token(self) -> int:
        """What somebody without a token is answered."""
        return self._ask("events", b"{}", {"Content-Type": "application/json"})[0]

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _ask(
        self, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        url = urljoin(self.portal, f"/api/v1/{path}")
        request = Request(url, data=data, headers=headers)  # noqa: S310 -- loopback
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 -- loopback
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)
        except (URLError, TimeoutError) as error:
            raise Deviation(f"{url} does not answer: {error}.") from error
