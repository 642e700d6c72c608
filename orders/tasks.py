"""Doorbells: ids in, one call out. What is due is found in the database."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from meters.models import HeadEnd
from notifications import outbox
from orders import fulfilment, reconciliation


@shared_task(name="orders.dispatch_commands", ignore_result=True)
def dispatch_commands(*, head_end_id: str) -> None:
    """Send what is due at one head-end; ring again when a whole batch was taken."""
    for head_end in HeadEnd.objects.filter(pk=head_end_id, is_active=True):
        sent = fulfilment.dispatch(head_end=head_end, clock=timezone.now)
        fulfilment.restart_ports(head_end=head_end, clock=timezone.now)
        if sent == head_end.max_concurrency:
            dispatch_commands.delay(head_end_id=head_end_id)


@shared_task(name="orders.work_off_callbacks", ignore_result=True)
def work_off_callbacks() -> None:
    """Apply what head-ends have told us."""
    if fulfilment.work_off_callbacks(clock=timezone.now):
        outbox.ring()


@shared_task(name="orders.sweep_commands", ignore_result=True)
def sweep_commands() -> None:
    """Find whatever is due, whoever lost it: leases, deadlines, sends, follow-ups."""
    fulfilment.recover_expired_leases(clock=timezone.now)
    fulfilment.give_up_overdue(clock=timezone.now)
    fulfilment.look_after_restarts(clock=timezone.now)
    for head_end in HeadEnd.objects.filter(is_active=True).order_by("code"):
        fulfilment.dispatch(head_end=head_end, clock=timezone.now)
        fulfilment.restart_ports(head_end=head_end, clock=timezone.now)
        fulfilment.follow_up(head_end=head_end, clock=timezone.now)
    outbox.ring()


@shared_task(name="orders.reconcile_ports", ignore_result=True)
def reconcile_ports() -> None:
    """Compare ports with their intents and mend what differs."""
    for head_end in HeadEnd.objects.filter(is_active=True).order_by("code"):
        reconciliation.reconcile_ports(head_end=head_end, clock=timezone.now)


@shared_task(name="orders.settle_cases", ignore_result=True)
def settle_cases() -> None:
    """Close the cases that are no longer about anything."""
    reconciliation.close_what_is_over(clock=timezone.now)


@shared_task(name="orders.read_through_the_night", ignore_result=True)
def read_through_the_night() -> None:
    """Ring for each head-end: one that is slow keeps no other waiting."""
    for head_end in HeadEnd.objects.filter(is_active=True).order_by("code"):
        read_in_turn.delay(head_end_id=str(head_end.id))


@shared_task(name="orders.read_in_turn", ignore_result=True)
def read_in_turn(*, head_end_id: str) -> None:
    """Read the ports of one head-end whose turn it is."""
    for head_end in HeadEnd.objects.filter(pk=head_end_id, is_active=True):
        reconciliation.read_in_turn(head_end=head_end, clock=timezone.now)


@shared_task(name="orders.follow_register", ignore_result=True)
def follow_register() -> None:
    """Find what the register says by now, and act on it; ring again while there is."""
    followed = reconciliation.follow_register(clock=timezone.now)
    if followed:
        for head_end in HeadEnd.objects.filter(is_active=True).order_by("code"):
            dispatch_commands.delay(head_end_id=str(head_end.id))
        outbox.ring()
    if followed >= settings.REGISTER_FOLLOW_BATCH:
        follow_register.delay()


@shared_task(name="orders.forget_exchanges", ignore_result=True)
def forget_exchanges() -> None:
    """Delete what was said to head-ends and has been kept long enough."""
    reconciliation.forget_exchanges(clock=timezone.now)
