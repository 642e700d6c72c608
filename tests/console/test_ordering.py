"""What is ordered for a caller: after a control, read aloud, and told to them."""

from collections.abc import Callable

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, transaction

from meters.states import HanCapability, ReportedState, ReportSource
from notifications.models import Message, MessageKind
from orders import fulfilment
from orders.fulfilment.callbacks import apply_report
from orders.models import Consent, Order, Placement
from orders.states import Channel, OrderKind, OrderStatus, SecurityPlacement
from tests.console.desk import CENTRE, Desk
from tests.orders.world import NOW, World


def opening(desk: Desk, world: World) -> str:
    return f"{desk.caller}malepunkt/{world.point.id}/apne/"


def closing(desk: Desk, world: World) -> str:
    return f"{desk.caller}malepunkt/{world.point.id}/steng/"


def test_an_opening_for_a_caller_who_is_known(world: World, desk: Desk) -> None:
    desk.pass_control()
    page = desk.get(opening(desk, world))
    assert "checked" not in page
    assert "kari@eksempel.example" in page
    answer = desk.post(opening(desk, world), **desk.agreement(world.terms))
    order = Order.objects.get()
    assert answer.headers["Location"] == f"{CENTRE}bestilling/{order.id}/"
    consent = Consent.objects.get()
    assert (consent.channel, consent.given_by) == (Channel.CONSOLE, "1001")
    assert consent.confirmed == sorted(world.terms.statement_keys)
    assert consent.security == SecurityPlacement.LOCKABLE_ROOM
    assert order.placement.channel == Channel.CONSOLE
    assert order.placement.customer == world.customer
    told = list(Message.objects.values_list("customer", "kind"))
    assert told == [(world.customer.id, MessageKind.ORDER_RECEIVED)]
    assert order.placement.reference in desk.get(answer.headers["Location"])


def test_nothing_is_ordered_for_a_caller_who_is_not_known(
    world: World, desk: Desk
) -> None:
    answers = [
        desk.client.get(opening(desk, world)),
        desk.post(opening(desk, world), **desk.agreement(world.terms)),
        desk.post(closing(desk, world)),
    ]
    assert [answer.status_code for answer in answers] == [409] * 3
    assert Order.objects.count() == 0


def test_nothing_is_ordered_on_another_agents_control(
    world: World, desk: Desk, another_desk: Callable[[], Desk]
) -> None:
    desk.pass_control()
    other = another_desk()
    answer = other.post(opening(desk, world), **desk.agreement(world.terms))
    assert answer.status_code == 409
    assert Order.objects.count() == 0


def test_nothing_is_ordered_when_the_control_has_lapsed(
    world: World, desk: Desk
) -> None:
    desk.pass_control()
    with time_machine.travel(NOW + settings.CALLER_VERIFICATION_LIFETIME, tick=False):
        answer = desk.post(opening(desk, world), **desk.agreement(world.terms))
    assert answer.status_code == 409
    assert "Kontroller først hvem som ringer" in answer.content.decode()
    assert Order.objects.count() == 0


def test_a_statement_that_was_not_judged_is_pointed_out(
    world: World, desk: Desk
) -> None:
    desk.pass_control()
    answers = desk.agreement(world.terms)
    left_out = sorted(world.terms.statement_keys)[0]
    del answers[f"statement_{left_out}"]
    answer = desk.post(opening(desk, world), **answers)
    assert answer.status_code == 422
    assert "Les opp og noter svaret" in answer.content.decode()
    assert Order.objects.count() == 0


def test_a_no_is_a_no(world: World, desk: Desk) -> None:
    desk.pass_control()
    key = sorted(world.terms.statement_keys)[0]
    said_no = {f"statement_{key}": "no"}
    answer = desk.post(opening(desk, world), **desk.agreement(world.terms, **said_no))
    assert answer.status_code == 422
    unsecured = desk.agreement(world.terms, security="none")
    assert desk.post(opening(desk, world), **unsecured).status_code == 422
    assert Order.objects.count() == 0


def test_a_meter_without_a_port_is_refused_in_words(world: World, desk: Desk) -> None:
    meter = world.port.meter
    type(meter).objects.filter(pk=meter.pk).update(
        han_capability=HanCapability.UNSUPPORTED
    )
    desk.pass_control()
    answer = desk.post(opening(desk, world), **desk.agreement(world.terms))
    assert answer.status_code == 409
    told = answer.content.decode()
    assert "Måleren har ingen HAN-port som kan åpnes. Den må byttes" in told


def test_a_second_opening_leads_to_the_first(world: World, desk: Desk) -> None:
    desk.pass_control()
    for _ in range(2):
        answer = desk.post(opening(desk, world), **desk.agreement(world.terms))
    order = Order.objects.get()
    assert answer.headers["Location"] == f"{CENTRE}bestilling/{order.id}/"


def test_an_open_port_is_closed_with_one_confirmation(world: World, desk: Desk) -> None:
    world.order_opening()
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    report = world.event(world.newest_command(), ReportedState.OPEN)
    apply_report(report, head_end=world.head_end, clock=world.clock)
    desk.pass_control()
    assert "Steng porten for kunden?" in desk.get(closing(desk, world))
    desk.post(closing(desk, world))
    newest = Order.objects.newest_first().first()
    assert newest is not None
    assert (newest.kind, newest.placement.channel) == (OrderKind.CLOSE, Channel.CONSOLE)
    assert Consent.objects.active().count() == 0
    assert Message.objects.filter(kind=MessageKind.CLOSING_RECEIVED).count() == 1


def test_nothing_to_close_is_said(world: World, desk: Desk) -> None:
    world.fresh_port().observe(
        ReportedState.CLOSED, at=world.now, source=ReportSource.READ_BACK
    )
    desk.pass_control()
    answer = desk.post(closing(desk, world))
    assert answer.status_code == 409
    assert "Porten er ikke åpen" in answer.content.decode()


def test_the_order_page_follows_the_order(world: World, desk: Desk) -> None:
    order = world.order_opening()
    path = f"{CENTRE}bestilling/{order.id}/"
    assert "Skal sendes til måleren" in desk.get(path)
    fulfilment.dispatch(
        head_end=world.head_end, clock=world.clock, connect=world.fake.connect
    )
    assert "Venter på at måleren bekrefter" in desk.get(path)
    report = world.event(world.newest_command(), ReportedState.OPEN)
    apply_report(report, head_end=world.head_end, clock=world.clock)
    assert f'data-status="{OrderStatus.COMPLETED}"' in desk.get(path)


def test_the_database_refuses_an_order_of_the_centre_without_a_verification(
    world: World, desk: Desk
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.create(
            customer=world.customer, channel=Channel.CONSOLE, placed_at=NOW
        )
