"""A move, told by the customer system: what becomes of the port, and who is told."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hanportal.demo.smoke.browser import Deviation, expect, text_of
from hanportal.demo.smoke.machine import Machine, Register
from hanportal.demo.smoke.minside import Card, MinSide, consent_line
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
    left, newcomer = names
    timeline.story("A move, told by the customer system")
    expect("without a token", actual=machine.without_token(), expected=401)
    machine.log_in()
    timeline.tell(f"{machine.code} has a token")
    card = next(each for each in leaver.cards() if each.state == "open")
    order = _newest_order(leaver)
    earlier = len(world.effects(card.serial))
    timeline.start_clock()
    _tell(machine, register, card, newcomer=newcomer)
    timeline.tell(f"{newcomer} holds the point from today, says the register")
    serials = [each.serial for each in leaver.cards()]
    expect("the leaver's card", actual=card.serial in serials, expected=False)
    timeline.tell("and it has left the former holder's Min side")
    _closed(world, card, earlier=earlier, timeline=timeline)
    consent = consent_line(leaver.open(order))
    if "Avsluttet" not in consent:
        raise Deviation(f"The consent has not ended: {consent!r}.")
    timeline.tell("the consent has ended")
    _told(leaver, LEAVER_IS_TOLD, timeline=timeline)
    for text in _told(comer, COMER_IS_TOLD, timeline=timeline):
        expect("who lived there is named", actual=left in text, expected=False)
    timeline.tell("and nothing of who lived there")


def _tell(machine: Machine, register: Register, card: Card, *, newcomer: str) -> None:
    gsrn = register.gsrn(card.serial)
    event = {
        "id": EVENT,
        "kind": "moved_in",
        "gsrn": gsrn,
        "effective_on": datetime.now(ZoneInfo("Europe/Oslo")).date().isoformat(),
        "customer_number": register.customer_number(newcomer),
    }
    expect("the move", actual=machine.tell(event), expected=["applied"])
    expect("told again", actual=machine.tell(event), expected=["unchanged"])
    holders = machine.holders(gsrn)
    expect("who holds it", actual=holders, expected=[event["customer_number"]])


def _closed(world: World, card: Card, *, earlier: int, timeline: Timeline) -> None:
    def effects() -> list[Effect] | None:
        return world.effects(card.serial)[earlier:] or None

    found = wait_for("“closed” at the meter", effects, seconds=MOVE_SECONDS)
    expect("the ledger", actual=[each.state for each in found], expected=["closed"])
    timeline.tell("[bold]the port is closed[/], says its ledger", found[0].at)


def _told(
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
