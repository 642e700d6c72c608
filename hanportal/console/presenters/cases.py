"""The queue of cases, and one case with all that belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from meters.headend import Fault, Purpose
from meters.models import HeadEnd, MeteringPoint
from meters.states import DesiredState
from orders import actions
from orders.models import Case, CaseQuerySet, Command, Exchange, PortRestart
from orders.states import CaseKind, HoldReason, Remedy

PAGE_SIZE = 25
SHOWN_COMMANDS = 10

PURPOSES: Mapping[str, str | Promise] = {
    Purpose.SUBMIT: _("Kommandoen sendt"),
    Purpose.READ_BACK: _("Måleren lest"),
    Purpose.CANCEL: _("Kommandoen trukket"),
    Purpose.PROBE: _("Forbindelsen prøvd"),
}

FAULTS: Mapping[str, str | Promise] = {
    Fault.NOT_DELIVERED: _("ikke levert"),
    Fault.AMBIGUOUS: _("uvisst om levert"),
    Fault.THROTTLED: _("frontsystemet er opptatt"),
    Fault.AUTH: _("frontsystemet avviser oss"),
    Fault.UNREACHABLE: _("måleren svarer ikke"),
    Fault.REJECTED: _("avvist"),
    Fault.NOT_FINAL: _("pågår"),
    Fault.CONTRACT: _("ikke forstått"),
}


class Shown(StrEnum):
    """Which cases; the names are in the address bar."""

    WAITING = ""
    VISITS = "besok"
    SETTLED = "lukket"


class CaseVerb(StrEnum):
    """What can be done about a case; the names are in the address bar."""

    RETRY = "prov-igjen"
    RESTART = "start-pa-nytt"
    MODULE = "modul-sendt"
    VISIT = "send-montor"
    OPENED = "montor-apnet"
    CLOSED = "montor-stengt"
    GIVE_UP = "gi-opp"
    CLOSE = "lukk"


class Filters(NamedTuple):
    """What the address asks for; empty means all."""

    shown: str = ""
    kind: str = ""
    head_end: str = ""

    def address(self, **changes: str) -> str:
        """The part of the address after the path, with these changes."""
        said = {
            "vis": self.shown,
            "slag": self.kind,
            "frontsystem": self.head_end,
            **changes,
        }
        query = urlencode({name: value for name, value in said.items() if value})
        return f"?{query}" if query else "?"


class Choice(NamedTuple):
    """One filter that can be chosen."""

    label: str | Promise
    address: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class CaseList:
    """One page of the queue, its filters, and the address of the next page."""

    filters: Filters
    cases: tuple[Case, ...]
    following: str
    """Empty on the last page."""
    views: tuple[Choice, ...]
    kinds: "Sequence[tuple[str, str | Promise]]"
    head_ends: tuple[HeadEnd, ...]
    to_retry: HeadEnd | None
    """The chosen head-end, where something there can be tried again."""


@dataclass(frozen=True, kw_only=True)
class RetryPage:
    """What of a head-end can be tried again, all at once."""

    head_end: HeadEnd
    number: int
    most: int = actions.RETRIED_AT_ONCE


class Said(NamedTuple):
    """One exchange with the head-end, and what it was for."""

    exchange: Exchange
    purpose: str | Promise

    @property
    def fault(self) -> str | Promise:
        """What went wrong, in words; empty where nothing did."""
        return FAULTS.get(self.exchange.fault, "")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A command for the port, and what was said about it."""

    command: Command
    said: tuple[Said, ...]
    is_of_this_case: bool

    @property
    def fault(self) -> str | Promise:
        """What went wrong last, in words; empty where nothing did."""
        return FAULTS.get(self.command.fault, "")


@dataclass(frozen=True, kw_only=True)
class CasePage:
    """A case, the place and the meter, and what was tried."""

    case: Case
    point: MeteringPoint | None
    tried: tuple[Tried, ...]
    restarts: tuple[PortRestart, ...] = ()

    @property
    def is_exposed(self) -> bool:
        """True while the port stands open and nothing permits it."""
        return self.case.kind == CaseKind.OPEN_WITHOUT_CONSENT and (
            not self.case.is_settled
        )

    @property
    def colour(self) -> str:
        """Colour of the panel; never the only sign."""
        if self.case.is_settled:
            return "success"
        return "danger" if self.is_exposed else "warning"

    @property
    def will_open(self) -> bool:
        """What trying again would ask of the meter."""
        port = self.case.port
        return port is not None and port.desired == DesiredState.OPEN

    @property
    def verbs(self) -> tuple[CaseVerb, ...]:
        """What can be done about it as it is now."""
        if self.case.is_settled:
            return ()
        if self.case.port is None:
            return (CaseVerb.CLOSE,)
        visit = () if self.case.visit_asked_at else (CaseVerb.VISIT,)
        if self.held_for is not None:
            return (*self._errands(self.held_for, visit), CaseVerb.GIVE_UP)
        may_be_closed = actions.may_be_closed_on_site(self.case)
        closed = (CaseVerb.CLOSED,) if may_be_closed else ()
        return (*self._remedies, *visit, *closed, CaseVerb.CLOSE)

    @property
    def _remedies(self) -> tuple[CaseVerb, ...]:
        """A silent port is as it should be, so there is nothing to send again."""
        if self.case.port is None or self.case.kind != CaseKind.PORT_SILENT:
            return (CaseVerb.RETRY,)
        if actions.remedy_at(self.case.port) == Remedy.RESTART:
            return (CaseVerb.RESTART,)
        return ()

    @property
    def held_for(self) -> HoldReason | None:
        """What the order at this port waits for; None where it does not wait."""
        order = self.case.order
        if order is None or order.port_id != self.case.port_id:
            return None
        return HoldReason(order.hold_reason) if order.hold_reason else None

    def _errands(
        self, reason: HoldReason, visit: tuple[CaseVerb, ...]
    ) -> tuple[CaseVerb, ...]:
        """The first is the next thing to do."""
        if reason == HoldReason.NEEDS_VISIT:
            return (*visit, CaseVerb.OPENED)
        if reason == HoldReason.NEEDS_MODULE and self.case.module_sent_at is None:
            return (CaseVerb.MODULE, *visit)
        return visit


def case_list(filters: Filters, *, after: str) -> CaseList:
    """The cases after a place in the queue, the most urgent first.

    :raises Http404: the place or a filter is nothing that we gave out.
    """
    head_ends = list(HeadEnd.objects.by_name())
    _require_known(filters, head_ends)
    cases = _filtered(filters).for_pages()
    is_settled = filters.shown == Shown.SETTLED
    if is_settled:
        cases = cases.order_by("-closed_at", "-id")
    else:
        cases = cases.most_urgent_first()
    if after:
        cases = cases.filter(_beyond(after, is_settled=is_settled))
    chosen = next((each for each in head_ends if each.code == filters.head_end), None)
    may_retry = chosen is not None and Case.objects.to_retry(chosen).exists()
    found = list(cases[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    has_more = len(found) > PAGE_SIZE
    place = _place_of(shown[-1], is_settled=is_settled) if has_more else ""
    return CaseList(
        filters=filters,
        cases=tuple(shown),
        following=filters.address(etter=place) if place else "",
        views=_views(filters),
        kinds=CaseKind.choices,
        head_ends=tuple(head_ends),
        to_retry=chosen if may_retry else None,
    )


def retry_page(head_end_id: UUID) -> RetryPage:
    """How much of a head-end can be tried again now.

    :raises Http404: there is no such head-end.
    """
    head_end = HeadEnd.objects.filter(pk=head_end_id).first()
    if head_end is None:
        raise Http404
    number = Case.objects.to_retry(head_end).count()
    return RetryPage(head_end=head_end, number=number)


def case_page(case_id: UUID) -> CasePage:
    """One case, in a fixed number of queries.

    :raises Http404: there is no such case.
    """
    case = Case.objects.for_pages().filter(pk=case_id).first()
    if case is None:
        raise Http404
    point = None
    commands: list[Command] = []
    restarts: list[PortRestart] = []
    if case.port is not None:
        points = MeteringPoint.objects.filter(installations__meter=case.port.meter_id)
        point = points.order_by("-installations__starts_on").first()
        newest = Command.objects.filter(port=case.port).order_by("-queued_at", "-id")
        commands = list(newest[:SHOWN_COMMANDS])
        restarts = list(PortRestart.objects.at_port(case.port)[:SHOWN_COMMANDS])
    exchanges = list(Exchange.objects.of(commands))
    return CasePage(
        case=case,
        point=point,
        tried=tuple(_tried(command, case, exchanges) for command in commands),
        restarts=tuple(restarts),
    )


def exchange_of(case: Case, exchange_id: UUID) -> Said:
    """One exchange about this case's port, with its bodies.

    :raises Http404: there is none, or it is about something else.
    """
    exchange = Exchange.objects.filter(
        pk=exchange_id, command__isnull=False, command__port=case.port_id
    ).first()
    if exchange is None or case.port_id is None:
        raise Http404
    return Said(exchange, PURPOSES[exchange.purpose])


def _tried(command: Command, case: Case, exchanges: list[Exchange]) -> Tried:
    return Tried(
        command=command,
        said=tuple(
            Said(exchange, PURPOSES[exchange.purpose])
            for exchange in exchanges
            if exchange.command_id == command.id
        ),
        is_of_this_case=command.id == case.command_id,
    )


def _require_known(filters: Filters, head_ends: list[HeadEnd]) -> None:
    is_known = (
        filters.shown in set(Shown)
        and filters.kind in {"", *CaseKind.values}
        and filters.head_end in {"", *(head_end.code for head_end in head_ends)}
    )
    if not is_known:
        raise Http404


def _filtered(filters: Filters) -> CaseQuerySet:
    if filters.shown == Shown.SETTLED:
        cases = Case.objects.settled()
    else:
        cases = Case.objects.unsettled()
    if filters.shown == Shown.VISITS:
        cases = cases.filter(visit_asked_at__isnull=False)
    if filters.kind:
        cases = cases.filter(kind=filters.kind)
    if filters.head_end:
        cases = cases.filter(head_end__code=filters.head_end)
    return cases


def _views(filters: Filters) -> tuple[Choice, ...]:
    texts = {
        Shown.WAITING: _("Åpne saker"),
        Shown.VISITS: _("Venter på montør"),
        Shown.SETTLED: _("Lukkede"),
    }
    return tuple(
        Choice(text, filters.address(vis=shown), shown == filters.shown)
        for shown, text in texts.items()
    )


def _place_of(case: Case, *, is_settled: bool) -> str:
    at = case.closed_at if is_settled else case.opened_at
    urgency = 0 if case.kind == CaseKind.OPEN_WITHOUT_CONSENT else 1
    return f"{urgency}~{at.isoformat() if at else ''}~{case.id}"


def _beyond(place: str, *, is_settled: bool) -> Q:
    urgency, at, last = _parse(place)
    if is_settled:
        return Q(closed_at__lt=at) | Q(closed_at=at, id__lt=last)
    later = Q(opened_at__gt=at) | Q(opened_at=at, id__gt=last)
    return Q(urgency__gt=urgency) | Q(urgency=urgency) & later


def _parse(place: str) -> tuple[int, datetime, UUID]:
    try:
        urgency, at, last = place.split("~")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise Http404
        return int(urgency), moment, UUID(last)
    except ValueError as error:
        raise Http404 from error
