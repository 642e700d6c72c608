"""A SOAP library that we did not write posts results to the portal, by our own WSDL."""

from types import SimpleNamespace
from typing import Any

import pytest
import zeep
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from uuid6 import uuid7

from meters.headend.signing import signature_headers
from meters.models import HeadEnd
from meters.networks import require_networks
from orders import fulfilment
from orders.models import Callback
from orders.states import OrderStatus
from tests.headend.schemas import OURS
from tests.orders.test_fulfilment import dispatch
from tests.orders.world import World

SECRET = "shared with aidon"
CERTIFICATE = "ab" * 32
BINDING = "{urn:hanportal:EndDeviceEvents}ReceiveBinding"
ADDRESS = "/hes/aidon/callback/"


library: Any = zeep  # it ships without types


class ToThePortal(library.Transport):  # type: ignore[misc]
    """Posts to the portal's own code instead of to a socket."""

    def __init__(self, **proof: str) -> None:
        super().__init__()
        self.proof = proof

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Any:
        """Sign as the head-end does, unless a certificate is to prove it."""
        del headers
        signature = signature_headers(secret=SECRET, body=message, now=timezone.now())
        is_signed = "X-HES-Client-Certificate" not in self.proof
        proof = self.proof | (signature if is_signed else {})
        answer = Client().post(
            address,
            data=message,
            content_type="text/xml; charset=utf-8",
            headers=proof,
        )
        return SimpleNamespace(
            status_code=answer.status_code,
            content=answer.content,
            headers={"Content-Type": answer["Content-Type"]},
            encoding="utf-8",
        )


def posted(world: World, **proof: str) -> Any:
    """Post the result of the newest command; the portal's reply, as zeep reads it."""
    client = library.Client(
        str(OURS / "EndDeviceEvents.wsdl"), transport=ToThePortal(**proof)
    )
    service = client.create_service(BINDING, ADDRESS)
    command = world.newest_command()
    header = {
        "Verb": "created",
        "Noun": "EndDeviceEvents",
        "Timestamp": timezone.now(),
        "Source": "aidon",
        "MessageID": str(uuid7()),
        "CorrelationID": str(command.id),
    }
    event = {
        "mRID": str(uuid7()),
        "createdDateTime": timezone.now(),
        "issuerID": "aidon",
        "Assets": {"Names": {"name": command.port.meter.serial}},
        "EndDeviceEventDetails": [{"name": "hanPortStatus", "value": "Enabled"}],
        "EndDeviceEventType": {"ref": "3.23.0.76"},
    }
    payload = {"EndDeviceEvents": {"EndDeviceEvent": [event]}}
    return service.CreatedEndDeviceEvents(Header=header, Payload=payload)


@pytest.fixture(autouse=True)
def _secrets(settings: Settings) -> None:
    settings.HEAD_END_SECRETS = {"aidon": SECRET}
    settings.HEAD_END_PROXY_SECRET = "our proxy"


def test_a_strangers_result_completes_the_order(world: World) -> None:
    order = world.order_opening()
    dispatch(world)

    reply = posted(world)
    fulfilment.work_off_callbacks(clock=world.clock)

    order.refresh_from_db()
    assert reply.Reply.Result == "OK"
    assert reply.Header.CorrelationID == str(world.newest_command().id)
    assert order.status == OrderStatus.COMPLETED


def test_a_client_certificate_proves_as_much_where_that_is_agreed(
    world: World,
) -> None:
    HeadEnd.objects.update(
        profile_settings={
            "callback_authentication": "mtls",
            "client_certificates": [CERTIFICATE],
        }
    )
    world.head_end.refresh_from_db()
    order = world.order_opening()
    dispatch(world)
    proof = {
        "X-HES-Client-Certificate": CERTIFICATE,
        "X-HES-Proxy-Secret": "our proxy",
    }

    reply = posted(world, **proof)
    fulfilment.work_off_callbacks(clock=world.clock)

    order.refresh_from_db()
    assert (reply.Reply.Result, order.status) == ("OK", OrderStatus.COMPLETED)
    assert "our proxy" not in str(Callback.objects.get().headers)


@pytest.mark.parametrize(
    "proof",
    [
        {"X-HES-Client-Certificate": CERTIFICATE},
        {
            "X-HES-Client-Certificate": CERTIFICATE,
            "X-HES-Proxy-Secret": "somebody's guess",
        },
        {"X-HES-Client-Certificate": "cd" * 32, "X-HES-Proxy-Secret": "our proxy"},
    ],
    ids=["past the proxy", "a guess", "another certificate"],
)
def test_a_certificate_that_nobody_vouches_for_proves_nothing(
    world: World, proof: dict[str, str]
) -> None:
    HeadEnd.objects.update(
        profile_settings={
            "callback_authentication": "mtls",
            "client_certificates": [CERTIFICATE],
        }
    )
    world.order_opening()
    dispatch(world)

    with pytest.raises(library.exceptions.TransportError) as refused:
        posted(world, **proof)

    assert refused.value.status_code == 401
    assert Callback.objects.count() == 0


FROM_THE_PROXY = {"X-HES-Proxy-Secret": "our proxy"}


@pytest.mark.parametrize(
    ("networks", "said", "is_taken"),
    [
        ([], {}, True),
        (["127.0.0.0/8"], {}, True),
        (["10.20.0.0/16", "2001:db8:7::/48"], {}, False),
        (["10.20.0.0/16"], {"X-HES-Client-Address": "10.20.3.4"}, False),
        (
            ["10.20.0.0/16"],
            {"X-HES-Client-Address": "10.20.3.4", **FROM_THE_PROXY},
            True,
        ),
        (
            ["10.20.0.0/16"],
            {"X-HES-Client-Address": "::ffff:10.20.3.4", **FROM_THE_PROXY},
            True,
        ),
        (
            ["2001:db8:7::/48"],
            {"X-HES-Client-Address": "2001:db8:7::9", **FROM_THE_PROXY},
            True,
        ),
        (
            ["127.0.0.0/8"],
            {"X-HES-Client-Address": "10.20.3.4", **FROM_THE_PROXY},
            False,
        ),
        (["127.0.0.0/8"], {"X-HES-Client-Address": "", **FROM_THE_PROXY}, False),
        (["10.20.0.0/16"], {**FROM_THE_PROXY}, False),
    ],
)
def test_callbacks_come_from_the_networks_that_are_listed(
    world: World, networks: list[str], said: dict[str, str], *, is_taken: bool
) -> None:
    HeadEnd.objects.update(callback_networks=networks)
    world.order_opening()
    dispatch(world)

    if is_taken:
        assert posted(world, **said).Reply.Result == "OK"
    else:
        with pytest.raises(library.exceptions.TransportError) as refused:
            posted(world, **said)
        assert refused.value.status_code == 403
    assert Callback.objects.count() == int(is_taken)


@pytest.mark.parametrize(
    "written", ["10.20.0.0/16", ["10.20.0.1/16"], ["everywhere"], [16], {"a": "b"}]
)
def test_what_is_no_list_of_networks_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        require_networks(written)
