"""Names that both directions of the wire share, as docs/head-end-wire.md has them."""

from typing import Final

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
COMMON: Final = "http://iec.ch/TC57/2011/schema/message"
CONTROLS: Final = "http://iec.ch/TC57/2011/EndDeviceControls#"
EVENTS: Final = "http://iec.ch/TC57/2011/EndDeviceEvents#"

CREATED_EVENTS_ACTION: Final = (
    "http://iec.ch/TC57/2011/EndDeviceEvents/CreatedEndDeviceEvents"
)
EDITIONS: Final = ("2011", "2017")
"""The years of the messages; what stands in them is the same."""

CONTENT_TYPE: Final = "text/xml; charset=utf-8"

CONTROL_OPEN: Final = "3.23.0.26"
CONTROL_CLOSE: Final = "3.23.0.22"
EVENT_OPEN: Final = "3.23.0.76"
EVENT_CLOSED: Final = "3.23.0.66"
EVENT_OPEN_FAILED: Final = "3.23.0.221"
EVENT_CLOSE_FAILED: Final = "3.23.0.220"
EVENT_PROCESSED: Final = "3.23.0.44"
EVENT_EXPIRED: Final = "3.23.0.64"
EVENT_IN_PROGRESS: Final = "3.23.0.225"
CONTROL_RESET: Final = "3.23.0.214"
"""A guess like the others: nothing public says how a port is started again."""

STATUS_DETAIL: Final = "hanPortStatus"
ERROR_DETAIL: Final = "errorCode"
STATUS_WORDS: Final = {"open": "Enabled", "closed": "Disabled"}


def controls_message(edition: str) -> str:
    """The namespace of messages about controls."""
    return f"http://iec.ch/TC57/{edition}/EndDeviceControlsMessage"


def events_message(edition: str) -> str:
    """The namespace of messages about events."""
    return f"http://iec.ch/TC57/{edition}/EndDeviceEventsMessage"


HEADER_ORDER: Final = (
    "Verb",
    "Noun",
    "Revision",
    "ReplayDetection",
    "Context",
    "Timestamp",
    "Source",
    "AsyncReplyFlag",
    "ReplyAddress",
    "AckRequired",
    "User",
    "MessageID",
    "CorrelationID",
    "Comment",
    "Property",
)

REASONS: Final = {
    "1.1": "The message can't be read",
    "1.2": "An element is invalid",
    "1.4": "An element is missing",
    "2.4": "Invalid meter",
    "2.5": "Unknown noun",
    "2.9": "Unknown verb",
    "2.12": "Invalid usage point: the port can't be opened from here",
    "2.13": "Meter and usage point don't belong together",
    "3.1": "Too many items",
    "3.2": "Too many requests are pending",
    "4.1": "The meter did not answer in time",
    "5.1": "Busy, try later",
    "5.2": "Not attempted",
    "5.3": "Attempted and failed",
    "6.1": "Cancelled by a rule",
    "6.2": "On hold",
    "7.1": "Not allowed",
}
