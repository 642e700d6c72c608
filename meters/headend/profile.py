"""CIM profiles as data: names, codes and what they mean at one kind of head-end.

Nothing public assigns a code to "HAN port" and reply codes are used inconsistently,
so every code is a setting of a profile and none is known anywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
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


REPLY_CODES: Mapping[str, Fault | None] = {
    "0": None,
    "0.0": None,
    "0.1": Fault.NOT_FINAL,
    # Partial, and nothing more will come: what is missing is unknown.
    "0.2": Fault.AMBIGUOUS,
    "0.3": Fault.NOT_FINAL,
    "2.4": Fault.REJECTED,
    "2.5": Fault.CONTRACT,
    "2.9": Fault.CONTRACT,
    "2.12": Fault.REJECTED,
    "2.13": Fault.REJECTED,
    "3.1": Fault.THROTTLED,
    "3.2": Fault.THROTTLED,
    "4.1": Fault.UNREACHABLE,
    "5.1": Fault.THROTTLED,
    "5.3": Fault.UNREACHABLE,
    "6.1": Fault.REJECTED,
    "6.2": Fault.NOT_FINAL,
    "6.3": Fault.NOT_FINAL,
    "6.4": Fault.NOT_FINAL,
    "6.5": Fault.REJECTED,
}

# Family 6 is left out on purpose: it holds both "later" and "never", so a code of it
# that is not listed must be read back.
REPLY_FAMILIES: Mapping[str, Fault] = {
    "1": Fault.CONTRACT,
    "2": Fault.CONTRACT,
    "3": Fault.THROTTLED,
    "4": Fault.UNREACHABLE,
    "5": Fault.UNREACHABLE,
    "7": Fault.AUTH,
}

SOAP_FAULT_CODES: Mapping[str, Fault] = {
    "Client": Fault.CONTRACT,
    "MustUnderstand": Fault.CONTRACT,
    "VersionMismatch": Fault.CONTRACT,
    "FailedAuthentication": Fault.AUTH,
    "InvalidSecurity": Fault.AUTH,
    "InvalidSecurityToken": Fault.AUTH,
    "Server": Fault.AMBIGUOUS,
}

EVENT_TYPES: Mapping[str, EventMeaning] = {
    "3.23.0.76": EventMeaning(state=ReportedState.OPEN),
    "3.23.0.66": EventMeaning(state=ReportedState.CLOSED),
    # Tried and failed, like reply code 5.3, unless an error code says more.
    "3.23.0.221": EventMeaning(fault=Fault.UNREACHABLE),
    "3.23.0.220": EventMeaning(fault=Fault.UNREACHABLE),
    "3.23.0.44": EventMeaning(),
    "3.23.0.79": EventMeaning(fault=Fault.AMBIGUOUS),
    "3.23.0.64": EventMeaning(fault=Fault.UNREACHABLE),
    "3.23.0.10": EventMeaning(fault=Fault.REJECTED),
    "3.23.0.225": EventMeaning(fault=Fault.NOT_FINAL),
    "3.23.0.34": EventMeaning(fault=Fault.NOT_FINAL),
}

STRICT = CimProfile(
    name="cim-strict",
    control_types={
        DesiredState.OPEN: "3.23.0.26",
        DesiredState.CLOSED: "3.23.0.22",
    },
    reasons={
        DesiredState.OPEN: "HAN port requested open",
        DesiredState.CLOSED: "HAN port requested closed",
    },
    event_types=EVENT_TYPES,
    status_values={
        "Enabled": ReportedState.OPEN,
        "Disabled": ReportedState.CLOSED,
    },
    reply_codes=REPLY_CODES,
    reply_families=REPLY_FAMILIES,
    soap_fault_codes=SOAP_FAULT_CODES,
)
