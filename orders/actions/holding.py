"""What people do about held openings: post the module, go there, or give it up."""

from datetime import datetime
from uuid import UUID

from hanportal.audit import log
from meters.models import HanPort
from meters.states import ReportedState, ReportSource
from notifications import outbox
from notifications.models import MessageKind
from orders import holds, notices, reconciliation
from orders.actions.casework import NoReason, RetryNotPermitted, unsettled
from orders.deadlines import oslo_date
from orders.models import Case, Order
from orders.states import (
    CaseEnd,
    ConsentEnd,
    FailureReason,
    HoldReason,
    OrderKind,
    OrderStatus,
)


class NotHeld(Exception):  # noqa: N818 -- errors are sentences, not suffixes
    """No opening waits for this; somebody was here before, or it has ended."""


class ModuleAlreadySent(Exception):  # noqa: N818 -- errors are sentences
    """The module is in the post already."""


def send_module(*, case_id: UUID, by: log.Actor, now: datetime) -> Case:
    """Note that the module is in the post; the customer sees it on the order.

    :raises Case.DoesNotExist: there is no such case.
    :raises CaseSettled: it is closed.
    :raises NotHeld: no opening waits for a module.
    :raises ModuleAlreadySent: that was done before.
    """
    with unsettled(case_id) as case:
        _held(case, HoldReason.NEEDS_MODULE)
        if case.module_sent_at is not None:
            raise ModuleAlreadySent
        case.send_module(by=by, at=now)
        return case


def opened_by_fitter(*, case_id: UUID, by: log.Actor, now: datetime) -> Order:
    """A fitter has been there and opened the port: the order is done, and that is told.

    :raises Case.DoesNotExist: there is no such case.
    :raises CaseSettled: it is closed.
    :raises NotHeld: no opening waits for a visit.
    :raises RetryNotPermitted: the consent does not permit it any more; nothing changed.
    """
    with unsettled(case_id) as case:
        port, order = _held(case, HoldReason.NEEDS_VISIT)
        if holds.held_opening(port, on=oslo_date(now)) is None:
            raise RetryNotPermitted
        port.observe(ReportedState.OPEN, at=now, source=ReportSource.FITTER)
        reconciliation.fulfil_as_opened(order, port, confirmed_at=now, by=by, at=now)
        outbox.ring()
        return order


def give_up_opening(*, case_id: UUID, note: str, by: log.Actor, now: datetime) -> Order:
    """It can't be done: the order fails, its consent ends, and the customer is told.

    :raises Case.DoesNotExist: there is no such case.
    :raises CaseSettled: it is closed.
    :raises NotHeld: no opening waits.
    :raises NoReason: nothing is said.
    """
    if not note.strip():
        raise NoReason
    with unsettled(case_id) as case:
        _port, order = _held(case)
        notices.take_back_hold(order, at=now)
        order.fail(FailureReason.NOT_POSSIBLE, by=by, at=now)
        if order.consent is not None:
            order.consent.end(ConsentEnd.ORDER_FAILED, by=by, at=now)
        case.order = order
        case.close(CaseEnd.HANDLED, by=by, at=now, note=note.strip())
        holds.settle_cases(order, by=by, at=now)
        reason = FailureReason.NOT_POSSIBLE.label
        notices.tell(MessageKind.ORDER_FAILED, order, at=now, reason=reason)
        outbox.ring()
        return order


def _held(case: Case, *reasons: HoldReason) -> tuple[HanPort, Order]:
    """The case's port, and its order, locked.

    :raises NotHeld: no opening waits there, or it waits for something else.
    """
    port = case.port
    if port is None or case.order_id is None:
        raise NotHeld
    orders = Order.objects.filter(pk=case.order_id, kind=OrderKind.OPEN)
    held = orders.filter(status=OrderStatus.ON_HOLD, port=port)
    if reasons:
        held = held.filter(hold_reason__in=reasons)
    order = (
        held.select_related("placement__customer", "consent", "port__meter")
        .select_for_update(of=("self",))
        .first()
    )
    if order is None:
        raise NotHeld
    return port, order
