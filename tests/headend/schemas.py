"""The schemas that messages are held against: the public ones, and our own."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from lxml import etree

OURS = Path(settings.BASE_DIR) / "docs" / "schemas"
SOAP_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"
PUBLIC_EDITION = b"/2011/"

public_schemas = pytest.mark.skipif(
    "HANPORTAL_SCHEMAS" not in os.environ,
    reason="HANPORTAL_SCHEMAS does not name the folder of the public schemas",
)


def public(name: str) -> etree.XMLSchema:
    """A public schema."""
    folder = Path(os.environ["HANPORTAL_SCHEMAS"])
    return etree.XMLSchema(etree.parse(folder / name))


def ours() -> etree.XMLSchema:
    """Our description of messages about events, in the edition of 2011."""
    return etree.XMLSchema(etree.parse(OURS / "EndDeviceEventsMessage.xsd"))


def message_in(soap: bytes) -> etree._Element:
    """The message in an envelope; one of 2017 as it would have been in 2011."""
    dated = soap
    for noun in (b"EndDeviceControlsMessage", b"EndDeviceEventsMessage"):
        dated = dated.replace(b"/2017/" + noun, PUBLIC_EDITION + noun)
    body = etree.fromstring(dated).find(SOAP_BODY)
    assert body is not None
    (message,) = body
    return etree.fromstring(etree.tostring(message))
