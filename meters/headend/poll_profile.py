"""The poll shape as data: what one head-end of that kind may do differently."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from meters.headend.base import Fault
from meters.headend.profile import Authentication
from meters.states import DesiredState

_SCHEMAS = "http://www.opensmartgridplatform.org/schemas"


@dataclass(frozen=True, kw_only=True)
class PollNamespaces:
    """The XML namespaces of one edition of the messages."""

    soap: str = "http://schemas.xmlsoap.org/soap/envelope/"
    configuration: str = f"{_SCHEMAS}/smartmetering/sm-configuration/2014/10"
    common: str = f"{_SCHEMAS}/common/2014/10"
    notification: str = f"{_SCHEMAS}/smartmetering/sm-notification/2014/10"


@dataclass(frozen=True, kw_only=True)
class PollProfile:
    """Everything in which two head-ends that are polled may differ."""

    name: str
    namespaces: PollNamespaces = PollNamespaces()
    organisation: str = "HAN-portal"
    application: str = "HAN-portal"
    user: str = "hanportal"
    soap_action: str = ""
    words: Mapping[DesiredState, str]
    """How a state is written in Enabled."""
    results: Mapping[str, Fault | None]
    """By the word in Result; None: it was carried out."""
    faults: Mapping[str, Fault]
    """By the message, or else the code, of a fault's detail."""
    not_ready: frozenset[str]
    """Messages and results that mean both "too early" and "never heard of it"."""
    poll_for: timedelta = timedelta(hours=1)
    """How long a result is asked for before its command counts as lost."""
    callback_authentication: Authentication = Authentication.HMAC
    client_certificates: frozenset[str] = frozenset()
    max_message_bytes: int = 1024 * 1024
    replay_window: timedelta = timedelta(seconds=300)
    max_retry_after: timedelta = timedelta(hours=6)


POLL = PollProfile(
    name="poll",
    words={DesiredState.OPEN: "ON", DesiredState.CLOSED: "OFF"},
    results={
        "OK": None,
        # Tried and failed, as far as the word goes.
        "NOT_OK": Fault.UNREACHABLE,
    },
    faults={
        "UNKNOWN_DEVICE": Fault.REJECTED,
        "INACTIVE_DEVICE": Fault.REJECTED,
        "UNREGISTERED_DEVICE": Fault.REJECTED,
        "UNSUPPORTED_DEVICE_ACTION": Fault.REJECTED,
        "DEVICE_IN_MAINTENANCE": Fault.NOT_FINAL,
        "CONNECTION_ERROR": Fault.UNREACHABLE,
        "UNAUTHORIZED": Fault.AUTH,
        "UNKNOWN_ORGANISATION": Fault.AUTH,
        "VALIDATION_ERROR": Fault.CONTRACT,
    },
    not_ready=frozenset({"UNKNOWN_CORRELATION_UID", "NOT_FOUND"}),
)
"""After Grid eXchange Fabric; codes and namespaces are settings like any other."""
