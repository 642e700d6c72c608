"""Windows in which a port stood open without a consent, a page at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hanportal.accounts.models import Customer
from hanportal.oversight.exposure_filters import ExposureFilters
from hanportal.oversight.filters import OSLO, midnight
from hanportal.oversight.register import PAGE_LENGTH, PROTECTED, Place
from meters.models import Holding, MeteringPoint
from notifications.models import Message
from orders.models import LifeEvent
from orders.states import LifeEventKind

MINUTES_AN_HOUR = 60
MINUTES_A_DAY = 24 * MINUTES_AN_HOUR


class Held(NamedTuple):
    """Who held the point in some part of the window."""

    customer: Customer
    holding: Holding


class Told(NamedTuple):
    """What somebody was told about it, and when."""

    customer: Customer
    message: Message


@dataclass(frozen=True, kw_only=True)
class Window:
    """One window: where, since when, until when, and whom it concerned."""

    event: LifeEvent
    address: str
    """The place; a word in its stead where anybody there has a protected address."""
    length: str
    holders: tuple[Held, ...]
    told: tuple[Told, ...]

    @property
    def is_ongoing(self) -> bool:
        """True until the meter has confirmed that it is closed."""
        return self.event.exposed_until is None

    @property
    def is_taken_back(self) -> bool:
        """True where the register erred: the consent held after all."""
        return self.event.undone_by_id is not None


@dataclass(frozen=True, kw_only=True)
class ExposuresPage:
    """One page of the report, and where the next one begins."""

    windows: tuple[Window, ...]
    next_place: Place | None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a data-protection officer asks first. What was taken back is not in it."""

    found_this_month: int
    ongoing: int
    longest: str
    """Empty where there never was one."""


def exposures_page(
    filters: ExposureFilters, *, behind: Place | None, now: datetime
) -> ExposuresPage:
    """The page behind a place; the first one where there is none."""
    found = LifeEvent.objects.exposures()
    if behind is not None:
        found = found.found_before(*behind)
    # One more than is shown tells whether there is a next page; nothing is counted.
    events = list(_with_facts(filters, found)[: PAGE_LENGTH + 1])
    shown, more = events[:PAGE_LENGTH], events[PAGE_LENGTH:]
    last = shown[-1] if more else None
    return ExposuresPage(
        windows=windows_of(shown, now=now),
        next_place=None if last is None else Place(last.found_at, last.id),
    )


def exposures_to_export(
    filters: ExposureFilters, *, at_once: int
) -> Iterable[LifeEvent]:
    """All that match, read as they are asked for."""
    found = _with_facts(filters, LifeEvent.objects.exposures())
    return found.iterator(chunk_size=at_once)


def summary(*, now: datetime) -> Summary:
    """How many were found this month, how many are open now, and the longest."""
    counted = (
        LifeEvent.objects.exposures()
        .filter(undone_by__isnull=True)
        .order_by()
        .aggregate(
            month=Count("id", filter=Q(found_at__gte=_first_of_month(now))),
            ongoing=Count("id", filter=Q(exposed_until__isnull=True)),
            longest=Max(Coalesce("exposed_until", now) - F("exposed_from")),
        )
    )
    longest = counted["longest"]
    return Summary(
        found_this_month=counted["month"],
        ongoing=counted["ongoing"],
        longest="" if longest is None else in_words(longest),
    )


def windows_of(events: Sequence[LifeEvent], *, now: datetime) -> tuple[Window, ...]:
    """The windows with whom they concern, in a fixed number of queries."""
    came = list(
        LifeEvent.objects.filter(
            kind=LifeEventKind.STOOD_OPEN, follows__in=events
        ).select_related("customer")
    )
    told = _told([*events, *came])
    holdings = list(
        Holding.objects.filter(
            metering_point__in={event.metering_point_id for event in events}
        )
        .select_related("customer")
        .order_by("starts_on", "id")
    )
    return tuple(
        _window(
            event,
            [each for each in told if event.id in (each.about, each.came_of)],
            [h for h in holdings if h.metering_point_id == event.metering_point_id],
            now=now,
        )
        for event in events
    )


def in_words(length: timedelta) -> str:
    """How long, to the two greatest units."""
    minutes = max(int(length.total_seconds() // 60), 0)
    days, minutes = divmod(minutes, MINUTES_A_DAY)
    hours, minutes = divmod(minutes, MINUTES_AN_HOUR)
    parts = [
        ngettext("%(n)s døgn", "%(n)s døgn", days) % {"n": days} if days else "",
        ngettext("%(n)s time", "%(n)s timer", hours) % {"n": hours} if hours else "",
        _("%(n)s min") % {"n": minutes} if minutes else "",
    ]
    return " ".join([part for part in parts if part][:2]) or _("under ett minutt")


def shown_address(point: MeteringPoint, holders: Iterable[Customer]) -> str:
    """The address, unless anybody who holds or held the point has it protected."""
    if any(customer.has_protected_address for customer in holders):
        return PROTECTED
    return str(point)


class _Letter(NamedTuple):
    about: UUID
    came_of: UUID | None
    told: Told


def _told(events: Sequence[LifeEvent]) -> list[_Letter]:
    by_id = {event.id: event for event in events}
    return [
        _Letter(
            message.about,
            by_id[message.about].follows_id,
            Told(by_id[message.about].customer, message),
        )
        for message in Message.objects.about_any(list(by_id))
        if message.withdrawn_at is None
    ]


def _window(
    event: LifeEvent,
    letters: Sequence[_Letter],
    holdings: Sequence[Holding],
    *,
    now: datetime,
) -> Window:
    since, until = event.exposed_from or now, event.exposed_until or now
    everybody = [event.customer, *(holding.customer for holding in holdings)]
    return Window(
        event=event,
        address=shown_address(event.metering_point, everybody),
        length=in_words(until - since),
        holders=tuple(
            Held(holding.customer, holding)
            for holding in holdings
            if _overlaps(holding, since, until)
        ),
        told=tuple(letter.told for letter in letters),
    )


def _overlaps(holding: Holding, since: datetime, until: datetime) -> bool:
    ends_on = holding.ends_on
    return midnight(holding.starts_on) < until and (
        ends_on is None or midnight(ends_on) > since
    )


def _with_facts(
    filters: ExposureFilters, events: QuerySet[LifeEvent]
) -> QuerySet[LifeEvent]:
    return filters.of(events).select_related(
        "customer", "consent", "metering_point", "port__meter"
    )


def _first_of_month(now: datetime) -> datetime:
    return midnight(now.astimezone(OSLO).date().replace(day=1))
