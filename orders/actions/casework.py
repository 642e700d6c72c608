"""What people do about cases: try again, send somebody, close. Never in silence."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from hanportal.audit import log
from meters.models import HanPort, HeadEnd
from meters.states import DesiredState
from orders import intents
from orders.actions.locking import wake_workers
from orders.deadlines import oslo_date
from orders.models import Case, Command, database_now
from orders.states import CaseEnd, CommandStatus, OrderStatus

RETRIED_AT_ONCE = 200
"""How many cases one press of the button has tried again at most."""


class Retried(NamedTuple):
    """What became of the cases of a head-end that were to be tried again."""

    tried: int
    left: int
    """Those that could not be: each says why on its own page."""


class CaseSettled(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """Somebody has closed the case already, or it was over by itself."""


class NothingToRetry(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The meter is as it should be, or the case is about no port."""


class AlreadyUnderWay(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """A command for the port is under way; its outcome is still to come."""


class NothingIsSent(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The head-end is switched off, or only observed."""


class RetryNotPermitted(Exception):  # noqa: N818 -- errors are sentences
    """Nothing permits the port to be opened any more: the customer must order again."""


class VisitAlreadyAsked(Exception):  # noqa: N818 -- errors are sentences
    """Somebody is to go there already."""


class PortStillOpen(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """The meter was last seen open, and nothing permits it: that is never closed."""


class OrderStillWaits(Exception):  # noqa: N818 -- errors are sentences
    """The case is all that a held order has: carry the order on, or give it up."""


class NoReason(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """A case is closed with a reason."""


NOT_RETRIED = (
    CaseSettled,
    NothingToRetry,
    OrderStillWaits,
    AlreadyUnderWay,
    RetryNotPermitted,
)
"""Why one case among many is left as it is."""


def retry_case(*, case_id: UUID, by: log.Actor, now: datetime) -> Command:
    """Send what the port's present intent asks for: a new command, or the one waiting.

    The brake on automatic closings counts it as it counts every other.

    :raises Case.DoesNotExist: there is no such case.
    :raises CaseSettled: it is closed.
    :raises NothingToRetry: the port is as it should be, or there is none.
    :raises OrderStillWaits: nothing may be sent for an order on hold.
    :raises NothingIsSent: the head-end is switched off or only observed.
    :raises AlreadyUnderWay: a command for it has left and has not come to its end.
    :raises RetryNotPermitted: no consent stands behind the opening any more.
    """
    with unsettled(case_id) as case:
        command = _try_again(case, by=by, now=now)
        wake_workers(command.port)
        return command


def retry_cases(*, head_end_id: UUID, by: log.Actor, now: datetime) -> Retried:
    """Try the refused and dead commands of a head-end again, after it was mended.

    The longest open first, and no more than RETRIED_AT_ONCE. Each in a transaction of
    its own: what is tried stays so. The brake on automatic closings counts them as it
    counts every other.

    :raises HeadEnd.DoesNotExist: there is no such head-end.
    :raises NothingIsSent: it is switched off or only observed.
    """
    head_end = HeadEnd.objects.get(pk=head_end_id)
    if not head_end.may_send:
        raise NothingIsSent
    found = list(Case.objects.to_retry(head_end).values_list("id", flat=True))
    tried: list[HanPort] = []
    for case_id in found[:RETRIED_AT_ONCE]:
        try:
            with unsettled(case_id) as case:
                tried.append(_try_again(case, by=by, now=now).port)
        except NOT_RETRIED:
            continue
        except NothingIsSent:
            # Switched off in between: what was tried stays so.
            break
    if tried:
        wake_workers(tried[0])
    return Retried(tried=len(tried), left=len(found) - len(tried))


def send_fitter(*, case_id: UUID, by: log.Actor, now: datetime) -> Case:
    """Mark that somebody must go to the meter. What is sent goes on being tried.

    :raises Case.DoesNotExist: there is no such case.
    :raises CaseSettled: it is closed.
    :raises NothingToRetry: it is about no port.
    :raises VisitAlreadyAsked: that was done before.
    """
    with unsettled(case_id) as case:
        if case.port is None:
            raise NothingToRetry
        if case.visit_asked_at is not None:
            raise VisitAlreadyAsked
        case.ask_for_visit(by=by, at=now)
        return case


def close_case(
    *, case_id: UUID, end: CaseEnd, note: str, by: log.Actor, now: datetime
) -> Case:
    """Nobody has to look at it any more, and this is why.

    :param end: anything but OVER, which is found and not said.
    :raises Case.DoesNotExist: there is no such case.
    :raises CaseSettled: it is closed.
    :raises NoReason: nothing is said, or what nobody can say.
    :raises PortStillOpen: the port stands open without a consent.
    :raises OrderStillWaits: it is all that a held order has.
    """
    if not note.strip() or end == CaseEnd.OVER:
        raise NoReason
    with unsettled(case_id) as case:
        _require_not_held(case)
        if case.port is not None:
            stands_open = HanPort.objects.open_unwanted(on=oslo_date(now))
            if stands_open.filter(pk=case.port.pk).exists():
                raise PortStillOpen
        case.close(end, note=note.strip(), by=by, at=now)
        return case


def _try_again(case: Case, *, by: log.Actor, now: datetime) -> Command:
    """What `retry_case` does, without waking anybody."""
    port = case.port
    if port is None:
        raise NothingToRetry
    if case.order is not None and case.order.status == OrderStatus.ON_HOLD:
        raise OrderStillWaits
    if port.reported == port.desired:
        asked = case.command.desired if case.command is not None else port.desired
        is_given_up = asked == DesiredState.OPEN != port.desired
        raise RetryNotPermitted if is_given_up else NothingToRetry
    if HeadEnd.objects.held_to_act(port.meter.head_end) is None:
        raise NothingIsSent
    command = _waiting(port) or intents.reconcile(port, by=by, at=now)
    if command is None:
        raise RetryNotPermitted
    case.note_retry(command, by=by, at=now)
    return command


def _require_not_held(case: Case) -> None:
    """The one case that a held order must have.

    :raises OrderStillWaits: this is such a case.
    """
    order = case.order
    is_held = order is not None and order.status == OrderStatus.ON_HOLD
    others = Case.objects.unsettled().filter(order=order).exclude(pk=case.pk)
    if is_held and not others.exists():
        raise OrderStillWaits


def _waiting(port: HanPort) -> Command | None:
    """The command that waits to be sent, due at once.

    :raises AlreadyUnderWay: one has left.
    """
    live = Command.objects.live().filter(port=port)
    command = (
        live.select_related("order__placement").select_for_update(of=("self",)).first()
    )
    if command is None:
        return None
    if command.status != CommandStatus.QUEUED:
        raise AlreadyUnderWay
    command.port = port
    command.not_before = database_now()
    command.keep_waiting()
    return command


@contextmanager
def unsettled(case_id: UUID) -> Iterator[Case]:
    """One transaction around a case, its port locked before it."""
    with transaction.atomic():
        port_id = Case.objects.values_list("port_id", flat=True).get(pk=case_id)
        port = None
        if port_id is not None:
            ports = HanPort.objects.select_related("meter__head_end")
            port = ports.locked().get(pk=port_id)
        cases = Case.objects.select_related("command", "order__placement")
        case = cases.select_for_update(of=("self",)).get(pk=case_id)
        case.port = port
        if case.is_settled:
            raise CaseSettled
        yield case
