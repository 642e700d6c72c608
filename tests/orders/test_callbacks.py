"""Head-ends post their results: authenticated, stored once, answered at once."""

import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from meters.models import HeadEnd
from meters.states import ReportedState
from orders import fulfilment
from orders.fulfilment.callbacks import BATCH
from orders.models import Callback
from orders.states import CallbackOutcome, OrderStatus
from tests.orders.test_fulfilment import dispatch
from tests.orders.world import World

SECRET = "the secret shared with aidon"
EVENT = """<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:em="http://iec.ch/TC57/2011/EndDeviceEventsMessage"
    xmlns:h="http://iec.ch/TC57/2011/schema/message"
    xmlns:e="http://iec.ch/TC57/2011/EndDeviceEvents#">
  <soap:Body>
    <em:CreatedEndDeviceEvents>
      <em:Header>
        <h:Verb>created</h:Verb>
        <h:Noun>EndDeviceEvents</h:Noun>
        <h:Revision>2.0</h:Revision>
        <h:Timestamp>{at}</h:Timestamp>
        <h:Source>aidon</h:Source>
        <h:MessageID>0f3b0a5e-35ad-4c9f-8f7e-b51f6a51a002</h:MessageID>
        <h:CorrelationID>{correlation}</h:CorrelationID>
      </em:Header>
      <em:Payload>
        <e:EndDeviceEvents>
          <e:EndDeviceEvent>
            <e:mRID>b2a0f6c1-6d4e-4e0b-9e57-5d3fd2b1a003</e:mRID>
            <e:createdDateTime>{at}</e:createdDateTime>
            <e:issuerID>aidon</e:issuerID>
            <e:Assets>
              <e:Names>
                <e:name>{serial}</e:name>
                <e:NameType><e:name>EndDevice</e:name></e:NameType>
              </e:Names>
            </e:Assets>
            <e:EndDeviceEventDetails>
              <e:name>hanPortStatus</e:name>
              <e:value>Enabled</e:value>
            </e:EndDeviceEventDetails>
            <e:EndDeviceEventType ref="3.23.0.76"/>
          </e:EndDeviceEvent>
        </e:EndDeviceEvents>
      </em:Payload>
    </em:CreatedEndDeviceEvents>
  </soap:Body>
</soap:Envelope>
"""


@pytest.fixture(autouse=True)
def _shared_secret(settings: Settings) -> None:
    settings.HEAD_END_SECRETS = {"aidon": SECRET}


def opened(world: World, correlation: UUID) -> bytes:
    return EVENT.format(
        at=timezone.now().isoformat(),
        correlation=correlation,
        serial=world.port.meter.serial,
    ).encode()


def post(
    body: bytes,
    *,
    at: datetime | None = None,
    secret: str = SECRET,
    code: str = "aidon",
) -> int:
    """Post a callback as the head-end would; gives the status of the answer."""
    stamp = str(int((at or timezone.now()).timestamp()))
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    response = Client().post(
        f"/hes/{code}/callback/",
        data=body,
        content_type="text/xml; charset=utf-8",
        headers={
            "X-HES-Timestamp": stamp,
            "X-HES-Signature": f"sha256={signed.hexdigest()}",
        },
    )
    return response.status_code


def work_off(world: World) -> int:
    return fulfilment.work_off_callbacks(clock=world.clock)


def test_a_result_is_stored_then_applied(world: World) -> None:
    order = world.order_opening()
    dispatch(world)

    status = post(opened(world, world.newest_command().id))

    assert status == 200
    assert world.fresh_port().reported == ReportedState.UNKNOWN
    assert work_off(world) == 1
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED
    assert Callback.objects.get().outcome == CallbackOutcome.APPLIED
    assert work_off(world) == 0


def test_the_same_message_twice_is_answered_twice_and_stored_once(
    world: World,
) -> None:
    body = opened(world, UUID(int=1))

    assert [post(body), post(body)] == [200, 200]
    assert Callback.objects.count() == 1


def test_what_waited_for_long_is_still_read(world: World) -> None:
    world.order_opening()
    dispatch(world)
    post(opened(world, world.newest_command().id))
    world.now += timedelta(days=2)

    work_off(world)

    assert Callback.objects.get().outcome == CallbackOutcome.APPLIED


def test_a_result_that_belongs_to_nobody_is_kept(world: World) -> None:
    post(opened(world, UUID(int=1)))

    work_off(world)

    assert Callback.objects.get().outcome == CallbackOutcome.ORPHANED


def test_what_a_meter_says_by_itself_is_read_back_before_it_is_believed(
    world: World,
) -> None:
    world.order_opening()
    dispatch(world)

    post(opened(world, UUID(int=1)))
    work_off(world)

    port = world.fresh_port()
    assert port.reported == ReportedState.UNKNOWN
    assert port.read_back_due_at is not None


def test_a_result_waits_while_our_own_secret_is_missing(
    world: World, settings: Settings
) -> None:
    post(opened(world, UUID(int=1)))
    settings.HEAD_END_SECRETS = {}

    assert work_off(world) == 0
    assert Callback.objects.get().outcome == ""


def test_what_is_amiss_with_us_is_said_in_the_log_alone(
    world: World, settings: Settings
) -> None:
    settings.HEAD_END_SECRETS = {}

    with capture_logs() as logged:
        answer = Client().post(
            "/hes/aidon/callback/", data=b"<a/>", content_type="text/xml"
        )

    assert (answer.status_code, answer.content.decode()) == (
        503,
        "Not taken now. Send it again later.",
    )
    assert [entry for entry in logged if entry["event"] == "callback_refused"] == [
        {
            "event": "callback_refused",
            "log_level": "warning",
            "head_end": "aidon",
            "status": 503,
            "reason": "Head-end aidon has no secret: set HEAD_END_SECRET_AIDON.",
        }
    ]


def test_a_forged_result_is_refused_and_opens_nothing(world: World) -> None:
    world.order_opening()
    dispatch(world)

    status = post(opened(world, world.newest_command().id), secret="a guess")

    assert status == 401
    assert not Callback.objects.exists()


def test_a_replayed_result_is_refused(world: World) -> None:
    old = timezone.now() - timedelta(hours=1)

    assert post(opened(world, UUID(int=1)), at=old) == 401


def test_another_head_end_cannot_speak_for_this_meter(
    world: World, settings: Settings
) -> None:
    settings.HEAD_END_SECRETS = {"kaifa": SECRET}
    other = type(world.head_end).objects.create(
        code="kaifa",
        name="Kaifa",
        profile=world.head_end.profile,
        endpoint="http://127.0.0.1:1/soap",
    )
    order = world.order_opening()
    dispatch(world)

    assert post(opened(world, world.newest_command().id), code=other.code) == 200
    work_off(world)

    order.refresh_from_db()
    assert order.status == OrderStatus.IN_PROGRESS
    assert Callback.objects.get().outcome == CallbackOutcome.ORPHANED


def test_an_unknown_head_end_is_not_there(world: World) -> None:
    assert post(b"<x/>", code="nobody") == 404


def test_only_posts_are_answered(world: World) -> None:
    assert Client().get("/hes/aidon/callback/").status_code == 405


def test_what_meters_say_is_kept_while_their_head_end_is_switched_off(
    world: World,
) -> None:
    order = world.order_opening()
    dispatch(world)
    HeadEnd.objects.update(is_active=False)

    status = post(opened(world, world.newest_command().id))
    work_off(world)

    assert status == 200
    order.refresh_from_db()
    assert order.status == OrderStatus.COMPLETED


def test_a_head_end_without_its_secret_holds_up_no_other(world: World) -> None:
    world.order_opening()
    dispatch(world)
    without = HeadEnd.objects.create(
        code="kaifa",
        name="Kaifa",
        profile=HeadEnd.Profile.CIM_STRICT,
        endpoint="http://127.0.0.1:1/soap",
    )
    Callback.objects.bulk_create(
        Callback(
            head_end=without,
            digest=str(number),
            headers={},
            body=b"<later/>",
            received_at=timezone.now(),
        )
        for number in range(BATCH)
    )
    post(opened(world, world.newest_command().id))

    assert work_off(world) == 1
