"""Several points in one order: all of them under one reference, or none of them."""

from datetime import timedelta
from functools import partial

import pytest

from hanportal.accounts.models import Customer
from hanportal.audit import log
from hanportal.audit.verify import Tally, examine
from meters.models import Holding, MeteringPoint
from meters.states import HanCapability
from notifications.models import Message
from orders import actions
from orders.models import Command, Consent, Order, Placement
from orders.states import ConsentEnd, OrderKind, OrderStatus
from tests.accounts.representing import a_representation
from tests.orders.test_races import assert_the_log_is_whole, at_once
from tests.orders.world import World, a_customer, a_point_with_meter


def more_points(world: World, *numbers: int) -> list[MeteringPoint]:
    """The world's point and others of the same customer."""
    return [
        world.point,
        *(
            a_point_with_meter(world.customer, world.head_end, number=number)[0]
            for number in numbers
        ),
    ]


def order_all(
    world: World, points: list[MeteringPoint], **changes: object
) -> list[Order]:
    facts: dict[str, object] = {
        "customer": world.customer,
        "metering_points": points,
        "agreement": world.agreement(),
        "identification": world.identification(),
        "by": world.by,
        "now": world.now,
    }
    return actions.place_openings(**(facts | changes))  # type: ignore[arg-type]


def test_three_points_are_one_reference_and_three_consents(world: World) -> None:
    points = more_points(world, 2, 3)

    orders = order_all(world, points)

    placement = Placement.objects.get()
    assert {order.placement_id for order in orders} == {placement.id}
    assert {order.metering_point_id for order in orders} == {p.id for p in points}
    assert Consent.objects.active().count() == Command.objects.count() == 3
    assert Message.objects.count() == 3
    told = [message.body_text for message in Message.objects.all()]
    assert [text.count(placement.reference) for text in told] == [1, 1, 1]


def test_what_stands_against_one_stands_against_all_and_is_told_by_point(
    world: World,
) -> None:
    points = more_points(world, 2)
    portless, _port = a_point_with_meter(
        world.customer,
        world.head_end,
        number=3,
        capability=HanCapability.UNSUPPORTED,
    )
    another = a_customer("K2", national_id="01908000230")
    anothers, _port = a_point_with_meter(another, world.head_end, number=4)
    ordered = world.order_opening()

    with pytest.raises(actions.SomeRefused) as refused:
        order_all(world, [*points, portless, anothers])

    kinds = {point: type(why) for point, why in refused.value.refusals.items()}
    assert kinds == {
        world.point.id: actions.AlreadyOrdered,
        portless.id: actions.MeterCannotOpen,
        anothers.id: actions.NotHolder,
    }
    assert list(Order.objects.all()) == [ordered]
    assert Placement.objects.count() == 1


def test_no_points_are_no_order(world: World) -> None:
    with pytest.raises(actions.SomeRefused):
        order_all(world, [])

    assert not Placement.objects.exists()


def test_closings_under_way_are_overtaken(world: World) -> None:
    points = more_points(world, 2)
    world.order_opening()
    closing = world.order_closing()

    order_all(world, points)

    closing.refresh_from_db()
    assert closing.status == OrderStatus.SUPERSEDED
    live = Order.objects.live()
    assert set(live.values_list("kind", flat=True)) == {OrderKind.OPEN}


def test_all_that_one_order_needs_several_need(world: World) -> None:
    points = more_points(world, 2)
    key = min(world.terms.statement_keys)
    right = a_representation(world.customer, ends_on=world.now.date())

    with pytest.raises(actions.ConsentIncomplete):
        order_all(world, points, agreement=world.agreement(without=frozenset({key})))
    with pytest.raises(actions.IdentificationTooOld):
        order_all(
            world, points, identification=world.identification(age=timedelta(hours=1))
        )
    with pytest.raises(actions.NotRepresented):
        order_all(world, points, representation=right)

    assert not Order.objects.exists()


def test_somebody_who_acts_for_a_customer_orders_several(world: World) -> None:
    right = a_representation(world.customer)

    order_all(world, more_points(world, 2), representation=right)

    assert Placement.objects.get().representation == right
    given_on = Consent.objects.values_list("representation", flat=True)
    assert list(given_on) == [right.id, right.id]


def test_the_same_points_ordered_twice_at_once_are_ordered_once(
    committed_world: World,
) -> None:
    world = committed_world
    for number in range(10):
        points = more_points(world, 100 + 2 * number, 101 + 2 * number)[1:]

        results = at_once(
            partial(order_all, world, points), partial(order_all, world, points[::-1])
        )

        refused = [r for r in results if isinstance(r, actions.SomeRefused)]
        assert len(refused) == 1
        assert Order.objects.live().filter(metering_point__in=points).count() == 2
    assert Placement.objects.count() == 10
    assert_the_log_is_whole()


def test_what_others_left_behind_at_several_points_gives_way(world: World) -> None:
    _second, third = more_points(world, 2, 3)[1:]
    for point in (world.point, third):
        world.order_opening(metering_point=point)
    _move_in(world, another := a_customer("K2", national_id="01908000230"))
    points = list(MeteringPoint.objects.order_by("gsrn"))

    orders = order_all(
        world,
        points,
        customer=another,
        by=log.Actor(log.ActorKind.CUSTOMER, str(another.id)),
    )

    assert len(orders) == 3
    assert {c.customer for c in Consent.objects.active()} == {another}
    ended = Consent.objects.filter(customer=world.customer)
    assert {c.end_reason for c in ended} == {ConsentEnd.MOVED_OUT}
    assert {o.placement.customer for o in Order.objects.live()} == {another}
    assert_the_log_is_whole()


def _move_in(world: World, another: Customer) -> None:
    """Somebody else comes to hold all that the world's customer held."""
    Holding.objects.filter(customer=world.customer).update(ends_on=world.now.date())
    for point in MeteringPoint.objects.all():
        Holding.objects.create(
            customer=another, metering_point=point, starts_on=world.now.date()
        )


def test_what_others_left_behind_at_several_points_ends_first(world: World) -> None:
    """Nobody waits for the sweep, whatever was left: a consent, or a closing."""
    points = more_points(world, 2, 3)
    for point in points[:2]:
        world.order_opening(metering_point=point)
    world.order_opening(metering_point=points[2])
    actions.place_closing(
        customer=world.customer, metering_point=points[2], by=world.by, now=world.now
    )
    newcomer = a_customer("K2", national_id="01908000230")
    Holding.objects.update(ends_on=world.now.date())
    for point in points:
        Holding.objects.create(
            customer=newcomer, metering_point=point, starts_on=world.now.date()
        )

    orders = order_all(world, points, customer=newcomer)

    assert {order.metering_point_id for order in orders} == {p.id for p in points}
    active = Consent.objects.active()
    assert {consent.customer_id for consent in active} == {newcomer.id}
    assert Order.objects.live().count() == 3
    assert list(examine(Tally())) == []
