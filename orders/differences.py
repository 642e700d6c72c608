"""What would be done to ports, and why, if nothing held it back."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from meters.models import HanPort, HeadEnd, Installation
from meters.states import DesiredState, ReportedState
from orders.deadlines import OSLO
from orders.models import Command, Consent
from orders.states import CommandStatus

ROWS_AT_ONCE = 1000
BYTE_ORDER_MARK = "\ufeff"
COLUMNS = (
    "frontsystem",
    "handling",
    "grunn",
    "malepunkt",
    "produsent",
    "malernummer",
    "siden",
    "kilde",
    "bestilling",
)


class Why(TextChoices):
    """Why something would be sent to a meter."""

    ORDERED = "ordered", _("bestilt")
    NO_CONSENT = "no_consent", _("åpen uten samtykke")
    CLOSED_WITH_CONSENT = "closed_with_consent", _("stengt, men skal være åpen")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One port that would be opened or closed."""

    head_end: HeadEnd
    wanted: DesiredState
    why: Why
    gsrn: str
    """Empty where the meter sits at no point today."""
    manufacturer: str
    serial: str
    since: datetime | None
    """When it was ordered, or when the port was last seen as it is."""
    source: str
    """Whose word that is."""
    reference: str = ""
    """The order's, where there is one."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How much would be done at one head-end."""

    ordered: int = 0
    """Openings and closings that people wait for."""
    closings: int = 0
    """Closings of ports that no consent stands behind."""
    openings: int = 0
    """Openings of ports that were closed although a consent holds."""


def summaries(*, on: date) -> Mapping[UUID, Summary]:
    """How much would be done, by head-end; those without are left out."""
    ordered = _by_head_end(_ordered(), "port__meter__head_end_id")
    closings = _by_head_end(_exposed(on=on), "meter__head_end_id")
    openings = _by_head_end(_closed(on=on), "meter__head_end_id")
    return {
        each: Summary(
            ordered=ordered.get(each, 0),
            closings=closings.get(each, 0),
            openings=openings.get(each, 0),
        )
        for each in {*ordered, *closings, *openings}
    }


def differences(*, on: date, head_end: HeadEnd | None = None) -> Iterator[Difference]:
    """Every port that would be opened or closed: what people wait for first.

    Read as they are asked for; `on` is today's Oslo date.
    """
    commands = _ordered().annotate(gsrn=_gsrn(OuterRef("port__meter"), on=on))
    exposed, closed = _exposed(on=on), _closed(on=on)
    if head_end is not None:
        commands = commands.filter(port__meter__head_end=head_end)
        exposed = exposed.filter(meter__head_end=head_end)
        closed = closed.filter(meter__head_end=head_end)
    for command in commands.iterator(chunk_size=ROWS_AT_ONCE):
        yield _ordered_difference(command)
    for ports, wanted, why in (
        (exposed, DesiredState.CLOSED, Why.NO_CONSENT),
        (closed, DesiredState.OPEN, Why.CLOSED_WITH_CONSENT),
    ):
        for port in ports.iterator(chunk_size=ROWS_AT_ONCE):
            yield _port_difference(port, wanted, why)


def as_csv(rows: Iterable[Difference]) -> Iterator[str]:
    """Semicolons and a byte order mark, as spreadsheets in Norway expect.

    Long numbers come in groups: a spreadsheet would round off their last digits.
    """
    yield BYTE_ORDER_MARK + _line(COLUMNS)
    for row in rows:
        since = row.since.astimezone(OSLO) if row.since else None
        yield _line(
            (
                row.head_end.code,
                str(row.wanted.label),
                str(row.why.label),
                _grouped(row.gsrn),
                _guarded(row.manufacturer),
                _grouped(row.serial),
                since.isoformat(" ", "seconds") if since else "",
                row.source,
                row.reference,
            )
        )


def _ordered() -> QuerySet[Command]:
    """What people ordered and what has not been sent."""
    return (
        Command.objects.filter(status=CommandStatus.QUEUED, order__isnull=False)
        .select_related("port__meter__head_end", "order__placement")
        .order_by("order__placed_at", "id")
    )


def _exposed(*, on: date) -> QuerySet[HanPort]:
    """Open without consent, and no person's order closes them."""
    return _ports(HanPort.objects.open_unwanted(on=on), on=on)


def _closed(*, on: date) -> QuerySet[HanPort]:
    """Closed although a consent holds, and nothing that was ordered opens them."""
    consents = Consent.objects.active().filter(
        Q(metering_point__installations__ends_on__isnull=True)
        | Q(metering_point__installations__ends_on__gt=on),
        metering_point__installations__meter=OuterRef("meter"),
        metering_point__installations__starts_on__lte=on,
    )
    closed = HanPort.objects.filter(
        Exists(consents), desired=DesiredState.OPEN, reported=ReportedState.CLOSED
    )
    return _ports(closed, on=on)


def _ports(ports: QuerySet[HanPort], *, on: date) -> QuerySet[HanPort]:
    ordered = Command.objects.live().filter(port=OuterRef("pk"), order__isnull=False)
    return (
        ports.exclude(Exists(ordered))
        .select_related("meter__head_end")
        .annotate(gsrn=_gsrn(OuterRef("meter"), on=on))
        .order_by("meter__head_end__code", "id")
    )


def _gsrn(meter: OuterRef, *, on: date) -> Subquery:
    """The point where the meter sits on this date."""
    return Subquery(
        Installation.objects.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gt=on), meter=meter, starts_on__lte=on
        ).values("metering_point__gsrn")[:1]
    )


def _by_head_end(
    rows: "QuerySet[Command] | QuerySet[HanPort]", column: str
) -> dict[UUID, int]:
    counted = rows.order_by().values_list(column).annotate(number=Count("pk"))
    return dict(counted)


def _ordered_difference(command: Command) -> Difference:
    order = command.order
    meter = command.port.meter
    return Difference(
        head_end=meter.head_end,
        wanted=DesiredState(command.desired),
        why=Why.ORDERED,
        gsrn=getattr(command, "gsrn", None) or "",
        manufacturer=meter.manufacturer,
        serial=meter.serial,
        since=order.placed_at if order else command.queued_at,
        source="",
        reference=order.placement.reference if order else "",
    )


def _port_difference(port: HanPort, wanted: DesiredState, why: Why) -> Difference:
    return Difference(
        head_end=port.meter.head_end,
        wanted=wanted,
        why=why,
        gsrn=getattr(port, "gsrn", None) or "",
        manufacturer=port.meter.manufacturer,
        serial=port.meter.serial,
        since=port.reported_at,
        source=str(port.get_reported_source_display()),
    )


def _grouped(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def _guarded(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";").writerow(cells)
    return line.getvalue()
