"""What must hold of everything in the database when it has come to rest.

Nothing here knows how a story went: it is held against the log, the ledger of the
meters and the mails alone, so any story may end with it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from django.db.models import F

from hanportal.audit.log import Event
from hanportal.audit.verify import Tally, examine
from meters.headend import Purpose
from meters.models import HanPort
from meters.states import DesiredState
from notifications.models import Delivery, Message, MessageKind
from notifications.states import DeliveryStatus
from orders.models import Callback, Case, Command, Exchange, Order
from orders.states import OrderKind, OrderStatus

NEWS_OF = {
    OrderStatus.FAILED: {OrderKind.OPEN: MessageKind.ORDER_FAILED},
    OrderStatus.CANCELLED: {OrderKind.OPEN: MessageKind.ORDER_CANCELLED},
    OrderStatus.COMPLETED: {
        OrderKind.OPEN: MessageKind.PORT_OPEN,
        OrderKind.CLOSE: MessageKind.PORT_CLOSED,
    },
}
"""What the customer hears about how an order ended."""


class Effect(NamedTuple):
    """What was done at a meter, as the meter's own ledger tells it."""

    serial: str
    state: str
    command_id: str
    message_id: str


class Letter(NamedTuple):
    """A mail that arrived."""

    to: str
    message_id: str
    subject: str


def assert_nothing_is_lost() -> None:
    """Every order is final or has a Case (I2), and so has every port that differs from
    its intent (I10)."""
    for order in Order.objects.live():
        assert Case.objects.filter(order=order).exists(), f"lost: {order}"
    for order in Order.objects.filter(status=OrderStatus.FAILED):
        assert Case.objects.filter(order=order).exists(), f"failed in silence: {order}"
    differing = HanPort.objects.filter(generation__gt=0).exclude(reported=F("desired"))
    for port in differing:
        assert Case.objects.unsettled().filter(port=port).exists(), f"differs: {port}"


def assert_everybody_was_told_once() -> None:
    """One message for each order's end (I5)."""
    ended = Order.objects.exclude(status=OrderStatus.SUPERSEDED)
    for order in ended.exclude(pk__in=Order.objects.live()):
        news = NEWS_OF[OrderStatus(order.status)][OrderKind(order.kind)]
        told = Message.objects.filter(about=order.id, kind=news).count()
        assert told == 1, f"{order}: {news} was told {told} times"
    outcomes = list(Message.objects.values_list("outcome", flat=True))
    assert len(outcomes) == len(set(outcomes))


def assert_the_mails_are_the_deliveries(letters: Iterable[Letter]) -> None:
    """No mail but those that the database knows; a second copy is the same (I5)."""
    arrived: dict[str, set[Letter]] = defaultdict(set)
    for letter in letters:
        arrived[letter.message_id].add(letter)
    for delivery in Delivery.objects.select_related("message"):
        copies = arrived.pop(delivery.mail_message_id, set())
        wanted = {
            Letter(delivery.address, delivery.mail_message_id, delivery.message.subject)
        }
        assert copies <= wanted, f"other mails under one Message-ID: {copies}"
        assert copies or delivery.status != DeliveryStatus.SENT, f"never came: {wanted}"
    assert not arrived, f"nobody knows of {arrived}"


def assert_no_stale_opening_was_sent() -> None:
    """In each chain: nothing is taken for sending after a newer intent (I1), and no
    opening but under a consent that stands at that moment (I3)."""
    commands = Command.objects.select_related("consent").in_bulk()
    newest: dict[tuple[str, UUID], int] = defaultdict(int)
    standing: set[UUID] = set()
    events = Event.objects.filter(subject_kind__in=["command", "consent"])
    for event in events.order_by("chain", "sequence"):
        if event.subject_kind == "consent":
            change = standing.discard if event.what == "consent.ended" else standing.add
            change(event.subject_id)
            continue
        command = commands[event.subject_id]
        of_port = event.chain, command.port_id
        newest[of_port] = max(newest[of_port], command.generation)
        if event.what != "command.sending":
            continue
        assert command.generation == newest[of_port], f"stale: {command}"
        if command.desired == DesiredState.OPEN:
            is_theirs = event.chain.startswith("customer:")
            stands = command.consent_id in standing if is_theirs else command.consent
            assert stands, f"sent without a consent: {command}"


def assert_it_is_as_the_meters_are(
    effects: Iterable[Effect], before: Mapping[str, str]
) -> None:
    """The picture is the ledger's (I8), and all that was done there we had asked for
    and written down before it left (I9).

    :param before: the meters' states when the ledger began, by serial.
    """
    states = dict(before)
    sent = {
        str(exchange.id): exchange
        for exchange in Exchange.objects.filter(purpose=Purpose.SUBMIT).select_related(
            "command"
        )
    }
    for effect in effects:
        exchange = sent.get(effect.message_id)
        assert exchange is not None, f"nobody wrote down that it left: {effect}"
        asked = exchange.command
        assert asked is not None
        wanted = (exchange.serial, str(asked.desired), str(asked.id))
        assert wanted == (effect.serial, effect.state, effect.command_id)
        states[effect.serial] = effect.state
    for port in HanPort.objects.filter(generation__gt=0).select_related("meter"):
        real = states[port.meter.serial]
        assert port.reported == real, f"{port.meter.serial} is {real}, not as told"


def assert_callbacks_are_kept(acknowledged: Iterable[tuple[str, str]]) -> None:
    """Each that was acknowledged is stored, once, and worked off (I9).

    :param acknowledged: the head-end's code and the body's SHA-256.
    """
    stored = list(Callback.objects.values_list("head_end__code", "digest"))
    assert len(stored) == len(set(stored))
    missing = set(acknowledged) - set(stored)
    assert not missing, f"acknowledged and lost: {missing}"
    assert not Callback.objects.waiting().exists()


def assert_the_log_is_whole() -> None:
    """Every chain verifies (I6)."""
    tally = Tally()
    assert list(examine(tally)) == []
    assert tally.events > 0
