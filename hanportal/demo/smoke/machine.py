"""The operator's customer system: tells of a move over the machine interface."""

import base64
import csv
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

from hanportal.demo.smoke.browser import TIMEOUT_SECONDS, Deviation, expect, text_of
from hanportal.demo.smoke.minside import MinSide, consent_line
from hanportal.demo.smoke.story import Timeline
from hanportal.demo.smoke.world import Effect, World, wait_for

EVENT = "smoke-move-1"
MOVE_SECONDS = 30
LEAVER_IS_TOLD = (
    "HAN-porten du hadde åpen, er stengt",
    "Samtykket er avsluttet fordi du har flyttet",
)
COMER_IS_TOLD = (
    "HAN-porten hos deg har stått åpen uten ditt samtykke",
    "HAN-porten hos deg sto åpen uten ditt samtykke",
)


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


def move(
    machine: Machine,
    leaver: MinSide,
    comer: MinSide,
    *,
    register: Register,
    world: World,
    names: tuple[str, str],
    timeline: Timeline,
) -> None:
    """Somebody moves in where the leaver had the port open; the workers close it.

    :param names: of who leaves and who comes.
    :raises Deviation: the register, the meter or Min side says something else.
    """
    newcomer = names[1]
    timeline.story("A move, told by the customer system")
    expect("without a token", actual=machine.without_token(), expected=401)
    machine.log_in()
    timeline.tell(f"{machine.code} has a token")
    card = next(each for each in leaver.cards() if each.state == "open")
    order = _newest_order(leaver)
    earlier = world.effects(card.serial)
    gsrn = register.gsrn(card.serial)
    event = {
        "id": EVENT,
        "kind": "moved_in",
        "gsrn": gsrn,
        "effective_on": datetime.now(ZoneInfo("Europe/Oslo")).date().isoformat(),
        "customer_number": register.customer_number(newcomer),
    }
    timeline.start_clock()
    expect("the move", actual=machine.tell(event), expected=["applied"])
    expect("told again", actual=machine.tell(event), expected=["unchanged"])
    holders = machine.holders(gsrn)
    expect("who holds it", actual=holders, expected=[event["customer_number"]])
    timeline.tell(f"{newcomer} holds {gsrn} from today, says the register")
    serials = [each.serial for each in leaver.cards()]
    expect("the leaver's card", actual=card.serial in serials, expected=False)
    timeline.tell("and it has left the former holder's Min side")

    def closed() -> list[Effect] | None:
        return world.effects(card.serial)[len(earlier) :] or None

    effects = wait_for("“closed” at the meter", closed, seconds=MOVE_SECONDS)
    expect("the ledger", actual=[e.state for e in effects], expected=["closed"])
    timeline.tell("[bold]the port is closed[/], says its ledger", effects[0].at)
    consent = consent_line(leaver.open(order))
    if "Avsluttet" not in consent:
        raise Deviation(f"The consent has not ended: {consent!r}.")
    timeline.tell("the consent has ended")
    told_of_the_end(leaver, LEAVER_IS_TOLD, timeline=timeline)
    texts = told_of_the_end(comer, COMER_IS_TOLD, timeline=timeline)
    for text in texts:
        expect("who lived there is named", actual=names[0] in text, expected=False)
    timeline.tell("and nothing of who lived there")


def told_of_the_end(
    visit: MinSide, subjects: tuple[str, ...], *, timeline: Timeline
) -> list[str]:
    """Wait until the newest messages have these subjects, the last first; their texts.

    :raises Deviation: they do not come in time.
    """

    def told() -> bool | None:
        return tuple(visit.inbox()[: len(subjects)]) == subjects or None

    wait_for(f"“{subjects[0]}” in the inbox", told, seconds=MOVE_SECONDS)
    for subject in reversed(subjects):
        timeline.tell(f"told: {subject}")
    page = visit.open("/min-side/innboks/")
    links = [str(a.get("href")) for a in page.find("//a[@class='hk-post']")]
    newest = links[: len(subjects)]
    return [text_of(visit.open(link).find("//main")[0]) for link in newest]


def _newest_order(visit: MinSide) -> str:
    """The address of the newest order on Min side.

    :raises Deviation: there is none.
    """
    for link in visit.open("/min-side/").find("//main//a/@href"):
        if "/bestilling/" in str(link):
            return str(link)
    raise Deviation("Min side lists no order.")
