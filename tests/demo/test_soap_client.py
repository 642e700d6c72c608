"""A SOAP library that we did not write talks to the simulator by the public WSDL."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep

from tests.demo.client import Client, new_id, signed
from tests.demo.portal import Portal
from tests.demo.waiting import eventually

BINDING = "{http://iec.ch/TC57/2011/ExecuteEndDeviceControls}EndDeviceControls_Binding"


class Signing(requests.auth.AuthBase):
    """Signs each request for the Aidon head-end."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert isinstance(request.body, bytes)
        request.headers.update(signed("aidon", request.body))
        return request


@pytest.fixture
def service(head_ends: Client, tmp_path: Path) -> Any:
    """The operations of the WSDL, at the simulator."""
    folder = Path(os.environ.get("HANPORTAL_SCHEMAS", ""))
    name = "ExecuteEndDeviceControls.wsdl"
    if not (folder / name).is_file():
        pytest.skip("HANPORTAL_SCHEMAS names no folder with the IEC 61968-9 schemas")
    schema = (folder / "EndDeviceControlsMessage.xsd").resolve()
    wsdl = tmp_path / name
    wsdl.write_text(
        # The published file leaves it to the reader to find the schema.
        (folder / name)
        .read_text(encoding="utf-8")
        .replace('ControlsMessage"/>', f'ControlsMessage" schemaLocation="{schema}"/>')
    )
    session = requests.Session()
    session.auth = Signing()
    library: Any = zeep  # it ships without types
    client = library.Client(str(wsdl), transport=library.Transport(session=session))
    return client.create_service(
        BINDING, f"http://127.0.0.1:{head_ends.port}/aidon/soap"
    )


def test_a_strangers_soap_client_opens_a_port(
    head_ends: Client, portal: Portal, meter: str, service: Any
) -> None:
    correlation_id = new_id()
    header = {
        "Verb": "create",
        "Noun": "EndDeviceControls",
        "Timestamp": datetime.now(UTC),
        "AsyncReplyFlag": True,
        "ReplyAddress": portal.address(),
        "MessageID": new_id(),
        "CorrelationID": correlation_id,
    }
    control = {
        "EndDeviceControlType": {"ref": "3.23.0.26"},
        "EndDevices": [{"Names": [{"name": meter}]}],
    }

    answer = service.CreateEndDeviceControls(
        Header=header, Payload={"EndDeviceControls": [{"EndDeviceControl": [control]}]}
    )

    assert answer.Reply.Result == "OK"
    assert answer.Header.CorrelationID == correlation_id
    assert eventually(lambda: head_ends.states(meter), ["open"]) == ["open"]
