"""What we send: the wire page's very examples, valid under the public schemas."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from lxml import etree

from meters.headend.cim_messages import (
    acknowledgement_message,
    control_message,
    read_back_message,
)
from meters.headend.profile_data import STRICT
from meters.states import DesiredState
from tests.headend.doubles import COMMAND_ID, NOW, SERIAL, command

REPLY_ADDRESS = "http://127.0.0.1:8000/hes/aidon/callback/"
SOAP_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"

schemas = pytest.mark.skipif(
    "HANPORTAL_SCHEMAS" not in os.environ,
    reason="HANPORTAL_SCHEMAS does not name the folder of the public schemas",
)


def names(xml: bytes) -> list[tuple[str, str, str | None]]:
    """Every element in order: its full name, its text and what it refers to."""
    return [
        (str(element.tag), (element.text or "").strip(), element.get("ref"))
        for element in etree.fromstring(xml).iter()
    ]


def example(page: str, root: str) -> bytes:
    """The wire page's example of a message."""
    blocks = re.findall(r"```xml\n(.*?)```", page, flags=re.DOTALL)
    found = [b for b in blocks if f":{root}>" in b and "soap:Envelope" in b]
    return str(found[0]).encode()


def open_message(desired: DesiredState = DesiredState.OPEN) -> bytes:
    return control_message(
        command(desired=desired),
        profile=STRICT,
        message_id=UUID("0195f3b2-7c1e-7a55-9a0e-3f6d1c2b4a01"),
        now=datetime(2026, 3, 2, 8, 15, 0, 123000, tzinfo=UTC),
        reply_address=REPLY_ADDRESS,
    )


def test_a_command_is_the_wire_pages_example(wire_page: str) -> None:
    assert names(open_message()) == names(example(wire_page, "CreateEndDeviceControls"))


def test_a_read_back_is_the_wire_pages_example(wire_page: str) -> None:
    ours = read_back_message(
        SERIAL,
        profile=STRICT,
        message_id=UUID("0195f3b7-1000-7aaa-8bbb-0c0d0e0f0a0b"),
        now=datetime(2026, 3, 2, 8, 20, tzinfo=UTC),
    )

    assert names(ours) == names(example(wire_page, "GetEndDeviceEvents"))


def test_the_reply_to_a_callback_is_the_wire_pages_example(wire_page: str) -> None:
    ours = acknowledgement_message(
        profile=STRICT,
        message_id=UUID("0195f3b2-a0f7-7c2c-b0de-11a2b3c4d5e6"),
        correlation_id=COMMAND_ID,
        now=datetime(2026, 3, 2, 8, 15, 9, 430000, tzinfo=UTC),
    )

    assert names(ours) == names(example(wire_page, "EndDeviceEventsResponseMessage"))


@pytest.mark.parametrize(
    ("desired", "control_type"),
    [(DesiredState.OPEN, "3.23.0.26"), (DesiredState.CLOSED, "3.23.0.22")],
)
def test_a_command_sets_the_state_that_is_desired(
    desired: DesiredState, control_type: str
) -> None:
    refs = [ref for _, _, ref in names(open_message(desired))]

    assert [ref for ref in refs if ref] == [control_type]


@schemas
@pytest.mark.parametrize("desired", DesiredState)
def test_a_command_is_valid_under_the_public_schemas(desired: DesiredState) -> None:
    folder = Path(os.environ["HANPORTAL_SCHEMAS"])
    schema = etree.XMLSchema(etree.parse(folder / "EndDeviceControlsMessage.xsd"))
    body = etree.fromstring(open_message(desired)).find(SOAP_BODY)
    assert body is not None

    schema.assertValid(body[0])


@schemas
def test_every_header_is_valid_under_the_public_schemas() -> None:
    folder = Path(os.environ["HANPORTAL_SCHEMAS"])
    schema = etree.XMLSchema(etree.parse(folder / "Message.xsd"))
    read_back = read_back_message(
        SERIAL, profile=STRICT, message_id=COMMAND_ID, now=NOW
    )
    reply = acknowledgement_message(
        profile=STRICT, message_id=COMMAND_ID, correlation_id=COMMAND_ID, now=NOW
    )

    for message in (open_message(), read_back, reply):
        body = etree.fromstring(message).find(SOAP_BODY)
        assert body is not None
        header = body[0][0]
        # The wrapper belongs to the message, its type to the envelope's schema.
        header.tag = "{http://iec.ch/TC57/2011/schema/message}Header"
        schema.assertValid(etree.fromstring(etree.tostring(header)))


def test_a_serial_that_xml_can_not_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="XML compatible"):
        read_back_message("7359\x00", profile=STRICT, message_id=COMMAND_ID, now=NOW)


def test_markup_in_a_serial_stays_text() -> None:
    ours = read_back_message("<a>&amp;", profile=STRICT, message_id=COMMAND_ID, now=NOW)

    assert [text for _, text, _ in names(ours)].count("<a>&amp;") == 1
