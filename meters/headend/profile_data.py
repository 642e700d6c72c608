"""The CIM profiles that exist: `strict`, `events` and `synchronous`.

Where public tables say something it is followed; the rest are defaults that a
head-end's row overrides (profile_settings).
"""

from collections.abc import Mapping
from dataclasses import replace

from meters.headend.base import Fault
from meters.headend.profile import CimProfile, EventMeaning, Namespaces
from meters.states import DesiredState, ReportedState

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

EVENTS = replace(
    STRICT,
    name="cim-events",
    namespaces=Namespaces(
        controls_message="http://iec.ch/TC57/2017/EndDeviceControlsMessage",
        events_message="http://iec.ch/TC57/2017/EndDeviceEventsMessage",
    ),
    sends_reply_address=False,
)
"""The edition of 2017: the callback address was registered there beforehand."""

SYNCHRONOUS = replace(STRICT, name="cim-synchronous", asynchronous=False)
"""The answer is the result."""
