"""Deliveries of the register, imported, and what the portal makes of them."""

from pathlib import Path

import pytest
from django.db import connection

from hanportal.accounts.models import Customer, Identification
from hanportal.audit import log
from meters.models import HanPort, MeteringPoint
from meters.register import import_register
from meters.states import DesiredState
from orders import actions, reconciliation
from orders.models import Consent, Order
from orders.publishing import publish_terms
from orders.states import ConsentEnd, SecurityPlacement
from tests.meters.conftest import NOW, make_head_end
from tests.meters.deliveries import (
    KARI,
    METER_A,
    METER_B,
    OLA,
    OLAS_NATIONAL_ID,
    Delivery,
    one_home,
)
from tests.orders.world import TERMS_FILE

pytestmark = pytest.mark.django_db
NEW_NATIONAL_ID = "01908000230"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Kari lives at point A, and has ordered her port opened."""
    make_head_end()
    take(one_home(tmp_path / "first"))
    by = log.Actor(log.ActorKind.SYSTEM, "test")
    terms = publish_terms(TERMS_FILE, by=by, now=NOW).terms
    actions.place_opening(
        customer=Customer.objects.get(),
        metering_point=MeteringPoint.objects.get(),
        agreement=actions.Agreement(
            terms=terms,
            confirmed=terms.statement_keys,
            security=SecurityPlacement.INSIDE_DWELLING,
        ),
        identification=Identification(
            issuer="https://eid.example",
            subject="subject-1",
            level="high",
            authenticated_at=NOW,
        ),
        by=by,
        now=NOW,
    )
    return tmp_path


def take(delivery: Delivery) -> None:
    """Import it. An import has a transaction of its own, but for tests."""
    report = import_register(delivery.write(), now=NOW)
    assert report.rejected == 0
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def deliver(delivery: Delivery) -> int:
    take(delivery)
    return reconciliation.follow_register(clock=lambda: NOW)


def test_the_same_delivery_again_changes_nothing(folder: Path) -> None:
    assert deliver(one_home(folder / "again")) == 0
    assert Consent.objects.get().is_active


def test_a_changed_national_id_keeps_the_consent_and_finds_the_person(
    folder: Path,
) -> None:
    update = Delivery(folder / "number").add("customers", national_id=NEW_NATIONAL_ID)

    assert deliver(update) == 0

    consent = Consent.objects.get()
    assert consent.is_active
    # What the log-in asks with the number that the eID gives.
    assert Customer.objects.by_national_id(NEW_NATIONAL_ID) == consent.customer


def test_a_renamed_customer_with_other_contact_data_keeps_the_consent(
    folder: Path,
) -> None:
    update = Delivery(folder / "name").add(
        "customers", name="Kari Vestby", email="ny@post.example", phone="+4799100009"
    )

    assert deliver(update) == 0
    assert Consent.objects.get().is_active


def test_a_new_contract_of_the_same_customer_leaves_no_gap(folder: Path) -> None:
    update = Delivery(folder / "contract")
    update.add("holdings", ends_on="2026-11-01")
    update.add("holdings", starts_on="2026-11-01", customer_number=KARI)

    assert deliver(update) == 0
    assert Consent.objects.get().is_active


def test_a_move_ends_the_consent_and_closes(folder: Path) -> None:
    update = Delivery(folder / "move")
    update.add(
        "customers",
        customer_number=OLA,
        name="Ola Vestby",
        national_id=OLAS_NATIONAL_ID,
    )
    update.add("holdings", ends_on="2026-11-20")
    update.add("holdings", starts_on="2026-11-20", customer_number=OLA)

    assert deliver(update) == 1

    assert Consent.objects.get().end_reason == ConsentEnd.MOVED_OUT
    assert HanPort.objects.get().desired == DesiredState.CLOSED


def test_an_exchange_carries_the_order_to_the_new_meter(folder: Path) -> None:
    update = Delivery(folder / "exchange")
    update.add("meters", serial=METER_B)
    update.add("installations", ends_on="2026-11-20")
    update.add("installations", starts_on="2026-11-20", serial=METER_B)

    assert deliver(update) > 0

    order = Order.objects.get()
    assert order.port.meter.serial == METER_B
    old = HanPort.objects.get(meter__serial=METER_A)
    assert (old.desired, order.port.desired) == (DesiredState.CLOSED, DesiredState.OPEN)


def test_a_point_out_of_use_ends_the_consent(folder: Path) -> None:
    assert deliver(Delivery(folder / "gone").add("metering_points", active="no")) == 1
    assert Consent.objects.get().end_reason == ConsentEnd.POINT_DEACTIVATED
