"""CIM profiles as data: names, codes and what they mean at one kind of head-end.

Nothing public assigns a code to "HAN port" and reply codes are used inconsistently,
so every code is a setting of a profile and none is known anywhere else. The profiles
that exist are in profile_data; what one head-end does differently, in its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from meters.headend.base import Fault
from meters.states import DesiredState, ReportedState


@dataclass(frozen=True, kw_only=True)
class Namespaces:
    """The XML namespaces of one edition of the messages."""

    soap: str = "http://schemas.xmlsoap.org/soap/envelope/"
    header: str = "http://iec.ch/TC57/2011/schema/message"
    controls: str = "http://iec.ch/TC57/2011/EndDeviceControls#"
    events: str = "http://iec.ch/TC57/2011/EndDeviceEvents#"
    controls_message: str = "http://iec.ch/TC57/2011/EndDeviceControlsMessage"
    events_message: str = "http://iec.ch/TC57/2011/EndDeviceEventsMessage"


class Authentication(StrEnum):
    """How a callback proves whose it is."""

    HMAC = "hmac"
    MTLS = "mtls"


@dataclass(frozen=True, kw_only=True)
class EventMeaning:
    """What an event type says: a state reached, a fault, or both left open."""

    state: ReportedState | None = None
    fault: Fault | None = None


@dataclass(frozen=True, kw_only=True)
class CimProfile:
    """Everything in which two CIM head-ends may differ."""

    name: str
    namespaces: Namespaces = Namespaces()
    revision: str = "2.0"
    context: str = "PRODUCTION"
    source: str = "HAN-portal"
    user_id: str = "hanportal"
    meter_name_type: str = "EndDevice"
    soap_action_create: str = (
        "http://iec.ch/TC57/2011/EndDeviceControls/CreateEndDeviceControls"
    )
    soap_action_get: str = "http://iec.ch/TC57/2011/EndDeviceEvents/GetEndDeviceEvents"
    soap_action_cancel: str = (
        "http://iec.ch/TC57/2011/EndDeviceControls/CancelEndDeviceControls"
    )

    asynchronous: bool = True
    """False: the answer itself is the result, and nothing is sent to us."""
    sends_reply_address: bool = True
    """False: our callback address was registered there beforehand."""
    maximum_execution: timedelta | None = None
    """How long the head-end may go on trying; None leaves it to the head-end."""
    reads_back: bool = True
    cancels: bool = False
    reset_type: str = ""
    """The control type that starts a silent port again; empty: there is none."""
    reset_reason: str = "HAN port restarted"

    control_types: Mapping[DesiredState, str]
    reasons: Mapping[DesiredState, str]
    event_types: Mapping[str, EventMeaning]
    status_detail: str = "hanPortStatus"
    status_values: Mapping[str, ReportedState]
    error_detail: str = "errorCode"

    reply_codes: Mapping[str, Fault | None]
    """None: no fault."""
    acknowledged_code: str = "0.3"
    """"Received, the result follows": in an acknowledgement no fault."""
    reply_families: Mapping[str, Fault]
    """The fault of a code that is not listed, by the number before its dot."""
    soap_fault_codes: Mapping[str, Fault]
    """By the local name of the faultcode, where no reply code is given."""

    callback_authentication: Authentication = Authentication.HMAC
    client_certificates: frozenset[str] = frozenset()
    """SHA-256 fingerprints, in lower-case hex, of those who may call back by mTLS."""

    naive_times: ZoneInfo | None = None
    """What a time without a zone is taken to be. None: it is not relied on, because a
    state that is dated an hour wrong can hide a newer one."""
    max_message_bytes: int = 1024 * 1024
    replay_window: timedelta = timedelta(seconds=300)
    max_retry_after: timedelta = timedelta(hours=6)

    def fault_of_code(self, code: str) -> Fault | None:
        """The fault that a reply code stands for; None is success.

        A code nobody knows is AMBIGUOUS: it came from something that got the
        message, and it is never a success.
        """
        if code in self.reply_codes:
            return self.reply_codes[code]
        return self.reply_families.get(code.partition(".")[0], Fault.AMBIGUOUS)
