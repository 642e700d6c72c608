"""An open port from which the customer gets no data: what is known, tried, reported."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from hanportal.accounts.models import Customer
from hanportal.minside.meter_facts import MeterFacts, Text, checks_of, facts_of
from meters.models import HanPort, MeteringPoint
from meters.states import DesiredState, ReportedState, ReportSource
from orders import actions
from orders.models import Case, Consent
from orders.states import LIVE_COMMAND_STATUSES, CommandStatus, Remedy


class Progress(StrEnum):
    """How what was tried goes."""

    UNTRIED = "untried"
    TRYING = "trying"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class SilencePage:
    """What the customer is told, and what can be done from here."""

    point: MeteringPoint
    port: HanPort | None
    is_open: bool
    """Wanted and seen open on the customer's own consent, so that data should come."""
    is_seen: bool
    """True when that is the meter's own word, and not only the register's."""
    facts: MeterFacts | None
    checks: tuple[Text, ...]
    remedy: Remedy
    progress: Progress
    tried_at: datetime | None
    ended_at: datetime | None
    again_at: datetime | None
    """When it may be tried again; None where that is now."""
    case: Case | None

    @property
    def is_reported(self) -> bool:
        """True while somebody at the customer centre has it."""
        return self.case is not None and not self.case.is_settled

    @property
    def is_resent(self) -> bool:
        """True where the opening is sent anew because nothing restarts ports there."""
        return self.remedy == Remedy.RESEND

    @property
    def can_try(self) -> bool:
        """True where a button may have something done at the meter."""
        is_idle = self.progress != Progress.TRYING and self.again_at is None
        is_theirs = self.is_open and not self.is_reported
        return is_theirs and is_idle and self.remedy != Remedy.NONE

    @property
    def can_report(self) -> bool:
        """True where it can be handed over: nothing is left to try, or it was tried."""
        is_tried = self.progress in (Progress.CONFIRMED, Progress.FAILED)
        is_theirs = self.is_open and not self.is_reported
        return is_theirs and (is_tried or self.remedy == Remedy.NONE)


def silence_page(
    customer: Customer, point: MeteringPoint, *, now: datetime
) -> SilencePage:
    """The point's port today, for the customer who holds it."""
    today = timezone.localdate(now)
    port = (
        HanPort.objects.at_point(point, on=today)
        .select_related("meter__head_end")
        .first()
    )
    consent = None
    if port is not None and _should_send(port):
        consent = (
            Consent.objects.visible_to(customer)
            .behind_meter(port.meter_id, on=today)
            .first()
        )
    if port is None or consent is None:
        return _without(point, port)
    tried = actions.last_tried(port, consent=consent, now=now)
    tried_at = None if tried is None else actions.tried_at(tried)
    again_at = None if tried_at is None else tried_at + actions.AGAIN_AFTER
    return SilencePage(
        point=point,
        port=port,
        is_open=True,
        is_seen=port.reported_source != ReportSource.REGISTER,
        facts=facts_of(port.meter.manufacturer),
        checks=checks_of(port.meter.manufacturer),
        remedy=actions.remedy_at(port),
        progress=Progress.UNTRIED if tried is None else _progress(tried.status),
        tried_at=tried_at,
        ended_at=None if tried is None else tried.ended_at,
        again_at=again_at if again_at is not None and again_at > now else None,
        case=Case.objects.of_silence(port, since=consent.given_at),
    )


def _without(point: MeteringPoint, port: HanPort | None) -> SilencePage:
    """Nothing should come out of it, so there is nothing to look for."""
    return SilencePage(
        point=point,
        port=port,
        is_open=False,
        is_seen=port is not None and port.reported_source != ReportSource.REGISTER,
        facts=None,
        checks=(),
        remedy=Remedy.NONE,
        progress=Progress.UNTRIED,
        tried_at=None,
        ended_at=None,
        again_at=None,
        case=None,
    )


def _should_send(port: HanPort) -> bool:
    return port.desired == DesiredState.OPEN and port.reported == ReportedState.OPEN


def _progress(status: str) -> Progress:
    if status == CommandStatus.CONFIRMED:
        return Progress.CONFIRMED
    is_live = status in LIVE_COMMAND_STATUSES
    return Progress.TRYING if is_live else Progress.FAILED
