"""An open port that nothing comes out of: start it again, send anew, or report it.

What the port should be stays as it is; nobody but the customer knows whether data come.
"""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import transaction

from hanportal.accounts.models import Customer, Representation
from hanportal.audit import log
from meters.headend import reaches_meters, restarts_ports
from meters.models import HanPort, MeteringPoint
from meters.states import DesiredState, HanCapability, ReportedState
from orders import intents
from orders.actions.casework import (
    AlreadyUnderWay,
    CaseSettled,
    NothingToRetry,
    RetryNotPermitted,
)
from orders.actions.locking import locked_port, wake_workers
from orders.actions.origin import Origin, require_right
from orders.deadlines import oslo_date
from orders.models import Case, Command, Consent, Order, PortRestart
from orders.states import (
    CaseKind,
    Channel,
    CommandCause,
    CommandStatus,
    Remedy,
)

AGAIN_AFTER = timedelta(hours=24)
"""How long a customer waits before the same is tried at the same port again."""
RESEND_GOOD_FOR = timedelta(hours=24)
TRIED_COUNTS_FOR = timedelta(days=14)
"""What was tried longer ago says nothing of the silence now."""


class SilenceVerb(Protocol):
    """What a customer has done about a silent port."""

    def __call__(
        self,
        *,
        customer: Customer,
        metering_point: MeteringPoint,
        by: log.Actor,
        now: datetime,
        representation: Representation | None = None,
    ) -> object:
        """Do it for the customer."""


class PortNotOpen(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The port is not both meant and seen to be open: there silence is no wonder."""


class NoRemedy(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """Nothing can be tried from here; it can only be reported."""


class TriedLately(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """It was tried less than a day ago; `again_at` is when it may be tried again."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(f"It may be tried again at {again_at.isoformat()}.")
        self.again_at = again_at


class NotTriedYet(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """Something can be tried from here, and comes before a human is asked."""


def remedy_at(port: HanPort) -> Remedy:
    """What can be tried from here at this port; its meter and head-end are at hand."""
    meter = port.meter
    if not meter.head_end.may_send:
        return Remedy.NONE
    if restarts_ports(meter.head_end):
        return Remedy.RESTART
    is_remote = meter.han_capability == HanCapability.REMOTE
    if is_remote and reaches_meters(meter.head_end):
        return Remedy.RESEND
    return Remedy.NONE


def last_tried(
    port: HanPort, *, consent: Consent, now: datetime
) -> PortRestart | Command | None:
    """The newest restart or re-sent opening under a consent that still says something.

    One that was called off before it left counts for nothing.
    """
    since = now - TRIED_COUNTS_FOR
    restart = (
        PortRestart.objects.at_port(port)
        .filter(consent=consent, asked_at__gt=since)
        .exclude(status=CommandStatus.CANCELLED)
        .first()
    )
    resent = (
        Command.objects.filter(
            port=port,
            consent=consent,
            cause=CommandCause.SILENCE,
            queued_at__gt=since,
        )
        .exclude(status=CommandStatus.CANCELLED)
        .order_by("-queued_at", "-id")
        .first()
    )
    if restart is None or resent is None:
        return restart or resent
    return restart if restart.asked_at >= resent.queued_at else resent


def tried_at(tried: PortRestart | Command) -> datetime:
    """When somebody asked for it."""
    return tried.asked_at if isinstance(tried, PortRestart) else tried.queued_at


def try_remedy(
    *,
    customer: Customer,
    metering_point: MeteringPoint,
    by: log.Actor,
    now: datetime,
    representation: Representation | None = None,
) -> PortRestart | Command:
    """Have the customer's silent port started again, or its opening sent anew.

    Which of the two it is, the head-end decides (`remedy_at`).

    :param representation: on what somebody else does it for the customer.
    :raises NotRepresented: that right was revoked, is over, or is another customer's.
    :raises NotHolder: the customer does not hold the point today.
    :raises NoMeter: no meter is installed there.
    :raises PortNotOpen: it is not seen open, or no consent of theirs stands behind it.
    :raises AlreadyUnderWay: something for it has left and has not come to its end.
    :raises TriedLately: less than a day ago.
    :raises NoRemedy: nothing can be tried from here.
    """
    with locked_port(customer, metering_point, now=now) as port:
        consent = _permitted(
            port,
            _origin(customer, by=by, representation=representation),
            metering_point,
            now=now,
        )
        remedy = remedy_at(port)
        if remedy == Remedy.NONE:
            raise NoRemedy
        _require_rest(port)
        tried = last_tried(port, consent=consent, now=now)
        if tried is not None and tried_at(tried) + AGAIN_AFTER > now:
            raise TriedLately(tried_at(tried) + AGAIN_AFTER)
        if remedy == Remedy.RESTART:
            return PortRestart.queue(port=port, consent=consent, by=by, at=now)
        return _resend(port, consent, by=by, at=now)


def report_silence(
    *,
    customer: Customer,
    metering_point: MeteringPoint,
    by: log.Actor,
    now: datetime,
    representation: Representation | None = None,
) -> Case:
    """Hand the silence over to the customer centre; once reported, that is the case.

    :raises NotRepresented, NotHolder, NoMeter, PortNotOpen: as `try_remedy`.
    :raises AlreadyUnderWay: what was tried has not come to its end.
    :raises NotTriedYet: something can be tried from here first.
    """
    with locked_port(customer, metering_point, now=now) as port:
        consent = _permitted(
            port,
            _origin(customer, by=by, representation=representation),
            metering_point,
            now=now,
        )
        tried = last_tried(port, consent=consent, now=now)
        if tried is not None and tried.is_live:
            raise AlreadyUnderWay
        if tried is None and remedy_at(port) != Remedy.NONE:
            raise NotTriedYet
        return Case.open_at_port(
            CaseKind.PORT_SILENT,
            port=port,
            order=Order.objects.newest_under(consent),
            chain=log.customer_chain(customer.id),
            detail=_account(tried),
            by=by,
            at=now,
        )


@transaction.atomic
def restart_for_case(*, case_id: UUID, by: log.Actor, now: datetime) -> PortRestart:
    """Start the port of a reported silence again, however lately that was tried.

    :raises Case.DoesNotExist: there is no such case.
    :raises CaseSettled: it is closed.
    :raises NothingToRetry: it is about no silent port, or nothing restarts ports there.
    :raises AlreadyUnderWay: something for the port is under way.
    :raises RetryNotPermitted: no consent stands behind the open port.
    """
    port_id = Case.objects.values_list("port_id", flat=True).get(pk=case_id)
    port = (
        HanPort.objects.select_related("meter__head_end")
        .locked()
        .filter(pk=port_id)
        .first()
    )
    case = Case.objects.select_for_update().get(pk=case_id)
    if case.is_settled:
        raise CaseSettled
    if port is None or case.kind != CaseKind.PORT_SILENT:
        raise NothingToRetry
    if not _is_open(port) or remedy_at(port) != Remedy.RESTART:
        raise NothingToRetry
    _require_rest(port)
    consent = Consent.objects.behind(port, on=oslo_date(now))
    if consent is None:
        raise RetryNotPermitted
    restart = PortRestart.queue(port=port, consent=consent, by=by, at=now)
    wake_workers(port)
    return restart


def _origin(
    customer: Customer, *, by: log.Actor, representation: Representation | None
) -> Origin:
    return Origin(
        customer=customer,
        by=by,
        channel=Channel.MINSIDE,
        representation=representation,
    )


def _permitted(
    port: HanPort, origin: Origin, metering_point: MeteringPoint, *, now: datetime
) -> Consent:
    """The customer's own consent behind their open port, locked."""
    require_right(origin, now=now)
    if not _is_open(port):
        raise PortNotOpen
    consent = intents.active_consent(metering_point)
    if consent is None or consent.customer_id != origin.customer.pk:
        raise PortNotOpen
    if not consent.permits_opening(port, on=oslo_date(now)):
        raise PortNotOpen
    return consent


def _is_open(port: HanPort) -> bool:
    return port.desired == DesiredState.OPEN and port.reported == ReportedState.OPEN


def _require_rest(port: HanPort) -> None:
    """Nothing is under way at the port; one thing at a time."""
    if Command.objects.live().filter(port=port).exists():
        raise AlreadyUnderWay
    if PortRestart.objects.live().filter(port=port).exists():
        raise AlreadyUnderWay


def _resend(port: HanPort, consent: Consent, *, by: log.Actor, at: datetime) -> Command:
    """The same opening once more: setting a port twice is the same as once."""
    chain = log.customer_chain(consent.customer_id)
    log.lock_chains(chain, log.head_end_chain(port.meter.head_end_id))
    command = Command.queue(
        port=port,
        cause=CommandCause.SILENCE,
        order=None,
        consent=consent,
        expires_at=at + RESEND_GOOD_FOR,
        by=by,
        at=at,
    )
    log.record(
        chain=chain,
        what="port.resend_asked",
        who=by,
        on=log.Subject("han_port", port.id),
        at=at,
        facts={"command": str(command.id), "generation": port.generation},
    )
    return command


def _account(tried: PortRestart | Command | None) -> str:
    """What staff read of what was tried before it was reported."""
    if tried is None:
        return "The customer gets no data. Nothing can be tried from here."
    what = "A restart" if isinstance(tried, PortRestart) else "The opening, sent anew,"
    at = tried_at(tried).isoformat(timespec="minutes")
    return f"The customer gets no data. {what} of {at} ended as {tried.status}."
