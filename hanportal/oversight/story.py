"""One consent's whole story, gathered in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.http import Http404

from hanportal.audit import log
from hanportal.oversight.register import Row, row_of
from hanportal.oversight.wording import ACTORS, PURPOSES, QUESTIONS, event_in_words
from notifications.models import Delivery, Message
from orders.models import (
    Case,
    Command,
    Consent,
    Exchange,
    LifeEvent,
    Order,
    PortRestart,
    Statement,
    TermsText,
)

LATEST_LOOKS: Final = 100
LOGIN_FOR_ANOTHER: Final = "representation.acting"
"""Told of the right, whatever was done on it: no part of one consent's story."""


class Told(NamedTuple):
    """A statement that was confirmed or not, or a question answered right or not."""

    text: str
    is_confirmed: bool


class Entry(NamedTuple):
    """One event of the log in words."""

    event: log.Event
    words: str
    who: str
    facts: tuple[tuple[str, str], ...]


class Look(NamedTuple):
    """One time that somebody among the staff looked at this customer."""

    at: datetime
    who: str
    page: str


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A command, and what was said to the head-end about it, each with its purpose."""

    command: Command
    exchanges: tuple[tuple[Exchange, str], ...]


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """An order, and what was sent for it."""

    order: Order
    commands: tuple[Sent, ...]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A message to the customer, and how it was delivered. Not what it says."""

    message: Message
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, kw_only=True)
class Story:
    """Everything about one consent that an auditor may see."""

    row: Row
    statements: tuple[Told, ...]
    judged: tuple[Told, ...]
    """The questions that the caller answered to an agent; never the answers."""
    computed_sha256: str
    """Of the text as it stands in the database now; empty where there is no text."""
    orders: tuple[Ordered, ...]
    other_commands: tuple[Sent, ...]
    """Sent for the consent without an order: to restore what was intended."""
    life_events: tuple[LifeEvent, ...]
    """What the register said about it, and how long it stood open after its end."""
    notices: tuple[Notice, ...]
    cases: tuple[Case, ...]
    entries: tuple[Entry, ...]
    contradictions: tuple[str, ...]
    """Columns of the consent that tell something else than the log."""
    looks: tuple[Look, ...]

    @property
    def is_text_unchanged(self) -> bool:
        """True when the terms still have the hash that was agreed to."""
        terms = self.row.consent.terms
        return terms is not None and self.computed_sha256 == terms.sha256


def found_consent(consent_id: UUID) -> Consent:
    """The consent with what its line in the register tells.

    :raises Http404: there is none.
    """
    consent = Consent.objects.for_the_register().filter(pk=consent_id).first()
    if consent is None:
        raise Http404
    return consent


def story_of(consent: Consent) -> Story:
    """The story, in one query for each kind of thing in it."""
    until = Consent.objects.next_given_at(consent)
    orders = list(Order.objects.under(consent, until=until).for_pages())
    sent = _sent(consent, orders)
    life_events = list(LifeEvent.objects.concerning(consent))
    notices = _notices([*orders, *life_events])
    cases = list(Case.objects.about(orders))
    told_of = [
        *(each.command.id for each in sent),
        *(notice.message.id for notice in notices),
        *(case.id for case in cases),
        *(event.id for event in life_events),
    ]
    events = _events(consent, orders, told_of, until=until)
    return Story(
        row=row_of(consent),
        statements=_statements(consent),
        judged=_judged(consent),
        computed_sha256=_digest(consent),
        orders=tuple(
            Ordered(
                order=order,
                commands=tuple(s for s in sent if s.command.order_id == order.id),
            )
            for order in orders
        ),
        other_commands=tuple(s for s in sent if s.command.order_id is None),
        life_events=tuple(life_events),
        notices=notices,
        cases=tuple(cases),
        entries=tuple(_entry(event) for event in events),
        contradictions=_contradictions(consent, events),
        looks=_looks(consent),
    )


def exchange_of(consent: Consent, exchange_id: UUID) -> tuple[Exchange, str, str]:
    """One exchange about this consent, and its raw bodies with numbers hidden.

    :raises Http404: there is none, or it is about something else.
    """
    until = Consent.objects.next_given_at(consent)
    orders = list(Order.objects.under(consent, until=until))
    commands = Command.objects.under(consent, orders)
    exchange = Exchange.objects.filter(pk=exchange_id, command__in=commands).first()
    if exchange is None:
        raise Http404
    return exchange, exchange.said, exchange.heard


def _statements(consent: Consent) -> tuple[Told, ...]:
    if consent.terms is None:
        return ()
    return tuple(
        Told(each["text"], each["key"] in consent.confirmed)
        for each in consent.terms.statements
    )


def _judged(consent: Consent) -> tuple[Told, ...]:
    control = consent.caller_verification
    if control is None:
        return ()
    return tuple(
        Told(str(QUESTIONS.get(each["key"], each["key"])), each["right"])
        for each in control.questions
    )


def _events(
    consent: Consent,
    orders: list[Order],
    also_about: list[UUID],
    *,
    until: datetime | None,
) -> list[log.Event]:
    """What was logged of all this, and of a port only what was done for this consent.

    :param until: when the point's next consent was given; None where none was.
    """
    ports = {order.port_id for order in orders}
    known_by = [order.placement.caller_verification_id for order in orders]
    known_by.append(consent.caller_verification_id)
    known_by.append(consent.representation_id)
    subjects = [
        consent.id,
        *(order.id for order in orders),
        *PortRestart.objects.under(consent).values_list("id", flat=True),
        *ports,
        *(each for each in known_by if each is not None),
        *also_about,
    ]
    return [
        event
        for event in log.Event.objects.about_any(subjects)
        if event.what != LOGIN_FOR_ANOTHER
        and (event.subject_id not in ports or _is_of(consent, event, until=until))
    ]


def _is_of(consent: Consent, event: log.Event, *, until: datetime | None) -> bool:
    """Whether something done to a port was done under this consent."""
    return (
        event.chain == log.customer_chain(consent.customer_id)
        and event.at >= consent.given_at
        and (until is None or event.at < until)
    )


def _digest(consent: Consent) -> str:
    terms = consent.terms
    if terms is None:
        return ""
    statements: list[Statement] = terms.statements
    return terms.digest(
        TermsText(
            version=terms.version,
            language=terms.language,
            title=terms.title,
            body=terms.body,
            statements=statements,
        )
    )


def _sent(consent: Consent, orders: list[Order]) -> tuple[Sent, ...]:
    commands = list(Command.objects.under(consent, orders))
    exchanges = list(Exchange.objects.of(commands))
    return tuple(
        Sent(
            command=command,
            exchanges=tuple(
                (exchange, str(PURPOSES[exchange.purpose]))
                for exchange in exchanges
                if exchange.command_id == command.id
            ),
        )
        for command in commands
    )


def _notices(told_of: Sequence[Order | LifeEvent]) -> tuple[Notice, ...]:
    messages = Message.objects.about_any([each.id for each in told_of])
    return tuple(
        Notice(message=message, deliveries=tuple(message.deliveries.all()))
        for message in messages
    )


def _entry(event: log.Event) -> Entry:
    actor = str(ACTORS.get(event.actor_kind, event.actor_kind))
    named = event.actor_kind in ("staff", "system")
    return Entry(
        event=event,
        words=event_in_words(event.what),
        who=f"{actor} {event.actor_reference}" if named else actor,
        facts=tuple((name, _said(fact)) for name, fact in event.facts.items()),
    )


def _said(fact: object) -> str:
    if isinstance(fact, list):
        return ", ".join(str(each) for each in fact)
    return str(fact)


def _contradictions(consent: Consent, events: list[log.Event]) -> tuple[str, ...]:
    """Where the row and the event that was written with it differ."""
    what = "consent.imported" if consent.is_legacy else "consent.given"
    if consent.restored_from_id:
        what = "consent.restored"
    row = {"representation": None, **consent.evidence}
    given = [e for e in events if e.what == what and e.subject_id == consent.id]
    if len(given) != 1:
        return (what,)
    facts = given[0].facts
    return tuple(name for name, value in row.items() if facts.get(name) != value)


def _looks(consent: Consent) -> tuple[Look, ...]:
    """At the customer, and at the history of the point, which names its holders."""
    customer = log.Subject("customer", consent.customer_id)
    point = log.Subject("metering_point", consent.metering_point_id)
    found = log.Event.objects.reads_of(customer) | log.Event.objects.reads_of(point)
    reads = found[:LATEST_LOOKS]
    return tuple(
        Look(read.at, read.actor_reference, str(read.facts.get("page", read.what)))
        for read in reads
    )
