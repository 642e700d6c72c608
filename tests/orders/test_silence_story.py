"""F35 before the real simulator: an open port that is silent until it is restarted."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from pytest_django import Settings

from meters.models import HeadEnd
from meters.states import DesiredState, ReportedState
from orders import actions, fulfilment
from orders.models import Case, Exchange, PortRestart
from orders.states import CaseKind, CommandStatus, OrderStatus
from tests.demo.client import Client
from tests.headend.far_end import FarEnd, listening, respond
from tests.orders.silence import RESETS, make_due
from tests.orders.street import HEAD_ENDS, SECRET, Street, simulator
from tests.orders.world import build_world

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One simulator for all stories; each takes a meter of its own."""
    with simulator(tmp_path_factory.mktemp("silence")) as client:
        yield client


@pytest.fixture(scope="module")
def posts() -> Iterator[FarEnd]:
    """Where the simulator posts its results."""
    with listening() as far_end:
        far_end.behaviour = respond(200)
        yield far_end


@pytest.fixture(params=["aidon", "events", "sync"])
def street(
    request: pytest.FixtureRequest,
    db: None,
    far: Client,
    posts: FarEnd,
    settings: Settings,
) -> Iterator[Street]:
    """An open port from which nothing comes, at a head-end that restarts ports."""
    settings.HEAD_END_SECRETS = dict.fromkeys(HEAD_ENDS, SECRET)
    settings.PORTAL_BASE_URL = f"http://127.0.0.1:{posts.port}"
    made = Street(build_world(now=timezone.now()), far, posts, request.param)
    made._taken = len(posts.heard)
    made.move_in()
    HeadEnd.objects.update(profile_settings=RESETS)
    far.set_fault("F35", made.serial)
    placed = made.world.order_opening()
    made.play()
    assert made.order(placed).status == OrderStatus.COMPLETED
    far.request("DELETE", "/admin/faults")
    yield made
    far.request("DELETE", "/admin/faults")


def frames(street: Street) -> bytes:
    """What comes out of the port."""
    path = f"/meters/{street.serial}/han?frames=1&seconds=3"
    return street.far.request("GET", path).body


def ask(street: Street) -> PortRestart:
    asked = actions.try_remedy(
        customer=street.world.customer,
        metering_point=street.world.point,
        by=street.world.by,
        now=timezone.now(),
    )
    assert isinstance(asked, PortRestart)
    return asked


def restart(street: Street) -> int:
    head_end = HeadEnd.objects.get(code=street.code)
    return fulfilment.restart_ports(head_end=head_end, clock=timezone.now)


def test_f35_the_customer_has_it_started_again_and_data_flow(street: Street) -> None:
    assert frames(street) == b""
    before = Exchange.objects.count()

    asked = ask(street)
    assert [restart(street), restart(street)] == [1, 0]
    street.take_posts()
    asked.refresh_from_db()
    street.play()

    assert asked.status == CommandStatus.CONFIRMED
    assert frames(street) != b""
    assert street.effects() == ["open"]
    port = street.port
    assert (port.desired, port.reported) == (DesiredState.OPEN, ReportedState.OPEN)
    assert not Case.objects.exists()
    sent = Exchange.objects.order_by("id")[before]
    assert (sent.serial, sent.fault) == (street.serial, "")


@pytest.mark.parametrize("fault", ["REFUSE", "FAIL"])
def test_a_meter_that_refuses_is_a_case(street: Street, fault: str) -> None:
    street.far.set_fault(fault, street.serial, parameter="2.4")
    asked = ask(street)

    restart(street)
    street.take_posts()

    asked.refresh_from_db()
    assert asked.status == CommandStatus.REJECTED
    assert street.cases() == {CaseKind.PORT_SILENT}
    assert frames(street) == b""
    assert street.really() == "open"


def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_id(
    street: Street,
) -> None:
    street.far.set_fault("F07", street.serial)
    asked = ask(street)
    restart(street)
    asked.refresh_from_db()
    assert asked.status == CommandStatus.AMBIGUOUS

    street.far.request("DELETE", "/admin/faults")
    make_due()
    fulfilment.look_after_restarts(clock=timezone.now)
    make_due()
    restart(street)
    street.take_posts()

    asked.refresh_from_db()
    assert (asked.status, asked.attempts) == (CommandStatus.CONFIRMED, 2)
    assert frames(street) != b""
    assert not Case.objects.exists()
