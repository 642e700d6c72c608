"""What must hold of a street, beside its model, when everything has come to rest."""

from django.db import connection

from hanportal.audit.verify import Tally, examine
from meters.models import HanPort, Holding, Installation, MeteringPoint
from meters.states import DesiredState, HanCapability, ReportedState
from orders import reconciliation
from orders.models import Case, Command, Consent, LifeEvent, Order
from orders.states import HOLD_CASES, OrderStatus
from tests.orders.register_model import RegisterModel
from tests.orders.register_world import POINTS, Street


def assert_the_street_is_as_the_model(street: Street, model: RegisterModel) -> None:
    """All of it; the model knows the register and the wishes, the ledger the meters."""
    reconciliation.close_what_is_over(clock=street.world.clock)
    _assert_nothing_is_under_way()
    _assert_the_register(street, model)
    _assert_the_consents(street, model)
    for port in HanPort.objects.select_related("meter"):
        _assert_the_port(port, street, model)
    for event in LifeEvent.objects.exclude(exposed_from=None):
        assert event.exposed_from is not None
        assert event.exposed_until is not None
        assert event.exposed_from <= event.exposed_until
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert list(examine(Tally())) == []


def _assert_nothing_is_under_way() -> None:
    assert not Command.objects.live().exists()
    assert not LifeEvent.objects.unsettled().filter(obstacle="").exists()
    assert not HanPort.objects.exclude(read_back_due_at=None).exists()
    for order in Order.objects.live():
        assert order.status == OrderStatus.ON_HOLD
        assert order.hold_reason
        assert Case.objects.unsettled().filter(order=order).exists()
    for case in Case.objects.unsettled().filter(kind__in=HOLD_CASES.values()):
        assert case.order is not None
        assert case.order.status == OrderStatus.ON_HOLD
    for order in Order.objects.filter(status=OrderStatus.FAILED):
        assert Case.objects.filter(order=order).exists()


def _assert_the_register(street: Street, model: RegisterModel) -> None:
    on = street.today
    for gsrn in POINTS:
        held = Holding.objects.on(on).filter(metering_point__gsrn=gsrn)
        holders = [each.customer.customer_number for each in held]
        assert holders == [each for each in [model.holder(gsrn, on)] if each]
        sits = Installation.objects.on(on).filter(metering_point__gsrn=gsrn)
        meters = [each.meter.serial for each in sits]
        assert meters == [each for each in [model.meter(gsrn, on)] if each]
        point = MeteringPoint.objects.get(gsrn=gsrn)
        assert point.is_active == model.is_in_use(gsrn, on)


def _assert_the_consents(street: Street, model: RegisterModel) -> None:
    """Those that the model knows, and no other."""
    found = {
        (consent.gsrn, consent.customer.customer_number)
        for consent in Consent.objects.active().select_related("customer")
    }
    assert found == {(wish.gsrn, wish.customer) for wish in model.wishes.values()}
    for wish in model.wishes.values():
        assert model.may_stay(wish, street.today)


def _assert_the_port(port: HanPort, street: Street, model: RegisterModel) -> None:
    serial, on = port.meter.serial, street.today
    where = [gsrn for gsrn in POINTS if model.meter(gsrn, on) == serial]
    if not where:
        assert port.desired == DesiredState.CLOSED
        return
    wish = model.wishes.get(where[0])
    state = street.meters.state(serial)
    is_remote = port.meter.han_capability == HanCapability.REMOTE
    if wish is None or wish.sleeps:
        assert (port.desired, state) == (DesiredState.CLOSED, ReportedState.CLOSED)
    elif is_remote:
        assert (port.desired, state) == (DesiredState.OPEN, ReportedState.OPEN)
    if Order.objects.live().filter(port=port).exists():
        # What is on hold: nothing was opened, and nothing is wanted open.
        assert (port.desired, state) == (DesiredState.CLOSED, ReportedState.CLOSED)
        assert not is_remote
    if port.generation:
        assert port.reported == state == ReportedState(port.desired)
