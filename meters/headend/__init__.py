"""The way to head-end systems: what others may import, and who talks to which."""

from typing import TypedDict

from django.conf import settings

from meters.headend.base import (
    Answer,
    CallbackBatch,
    CallbackRefused,
    Capabilities,
    Clock,
    Fault,
    HeadEndAdapter,
    HeadEndError,
    Health,
    IdSource,
    Outgoing,
    PortCommand,
    PortReset,
    Purpose,
    RawCallback,
    Recorder,
    Report,
    Submission,
)
from meters.headend.cim import CimAdapter
from meters.headend.client_certificates import address_of, vouched_for
from meters.headend.client_tls import CertificateUnusable, ClientFiles, context_for
from meters.headend.fitters import (
    LARGEST_FILE,
    HandedIn,
    Refused,
    ResultsUnreadable,
    WorkItem,
    WorkResult,
    read_results,
    reported,
    wish,
    written_list,
)
from meters.headend.manual import ManualAdapter
from meters.headend.poll import PollAdapter
from meters.headend.poll_profile import POLL, PollProfile
from meters.headend.profile import CimProfile
from meters.headend.profile_data import EVENTS, STRICT, SYNCHRONOUS
from meters.headend.profile_settings import (
    ProfileInvalid,
    cim_profile,
    poll_profile,
    require_none,
)
from meters.headend.transport import Endpoint
from meters.headend.unusable import UnusableAdapter
from meters.models import HeadEnd

__all__ = [
    "LARGEST_FILE",
    "Answer",
    "CallbackBatch",
    "CallbackRefused",
    "Capabilities",
    "Clock",
    "Fault",
    "HandedIn",
    "HeadEndAdapter",
    "HeadEndError",
    "Health",
    "IdSource",
    "Outgoing",
    "PortCommand",
    "PortReset",
    "ProfileInvalid",
    "Purpose",
    "RawCallback",
    "Recorder",
    "Refused",
    "Report",
    "ResultsUnreadable",
    "Submission",
    "WorkItem",
    "WorkResult",
    "adapter_for",
    "address_of",
    "profile_of",
    "reaches_meters",
    "read_results",
    "reads_back",
    "reported",
    "restarts_ports",
    "vouched_for",
    "wish",
    "written_list",
]

CIM_PROFILES: dict[str, CimProfile] = {
    HeadEnd.Profile.CIM_STRICT: STRICT,
    HeadEnd.Profile.CIM_EVENTS: EVENTS,
    HeadEnd.Profile.CIM_SYNCHRONOUS: SYNCHRONOUS,
}


def profile_of(head_end: HeadEnd) -> CimProfile | PollProfile | None:
    """Its profile with its own settings laid over it; None where it needs none.

    :raises ProfileInvalid: the settings are not what they should be.
    """
    if head_end.profile in CIM_PROFILES:
        base = CIM_PROFILES[head_end.profile]
        return cim_profile(base, head_end.profile_settings)
    if head_end.profile == HeadEnd.Profile.POLL:
        return poll_profile(POLL, head_end.profile_settings)
    require_none(head_end.profile_settings)
    return None


def reads_back(head_end: HeadEnd) -> bool:
    """Whether its meters can be read back; False where its settings can't be used."""
    try:
        profile = profile_of(head_end)
    except ProfileInvalid:
        return False
    return isinstance(profile, CimProfile) and profile.reads_back


def restarts_ports(head_end: HeadEnd) -> bool:
    """Whether it starts silent ports again; False where its settings can't be used."""
    try:
        profile = profile_of(head_end)
    except ProfileInvalid:
        return False
    return isinstance(profile, CimProfile) and bool(profile.reset_type)


def reaches_meters(head_end: HeadEnd) -> bool:
    """Whether anything but a work list stands there, with settings that can be used."""
    try:
        return profile_of(head_end) is not None
    except ProfileInvalid:
        return False


def adapter_for(
    head_end: HeadEnd, *, recorder: Recorder, clock: Clock, new_id: IdSource
) -> HeadEndAdapter:
    """The adapter that the head-end's profile asks for.

    Its secret is settings.HEAD_END_SECRETS[code]. Without one the adapter sends
    nothing and refuses callbacks, saying which environment variable to set.
    """
    try:
        profile = profile_of(head_end)
    except ProfileInvalid as error:
        return UnusableAdapter(
            reason=f"The settings of head-end {head_end.code} can't be used: {error}"
        )
    if profile is None:
        return ManualAdapter(code=head_end.code, recorder=recorder, new_id=new_id)
    try:
        endpoint = _endpoint(head_end, profile)
    except CertificateUnusable as error:
        return UnusableAdapter(
            reason=f"The client certificate of head-end {head_end.code}: {error}"
        )
    common: _Common = {
        "code": head_end.code,
        "endpoint": endpoint,
        "secret": settings.HEAD_END_SECRETS.get(head_end.code, ""),
        "secret_setting": f"HEAD_END_SECRET_{head_end.code.upper()}",
        "recorder": recorder,
        "clock": clock,
        "new_id": new_id,
    }
    if isinstance(profile, PollProfile):
        return PollAdapter(**common, profile=profile)
    address = f"{settings.PORTAL_BASE_URL}/hes/{head_end.code}/callback/"
    return CimAdapter(**common, reply_address=address, profile=profile)


class _Common(TypedDict):
    code: str
    endpoint: Endpoint
    secret: str
    secret_setting: str
    recorder: Recorder
    clock: Clock
    new_id: IdSource


def _endpoint(head_end: HeadEnd, profile: CimProfile | PollProfile) -> Endpoint:
    return Endpoint(
        url=head_end.endpoint,
        connect_timeout=head_end.connect_timeout_seconds,
        read_timeout=head_end.read_timeout_seconds,
        max_concurrency=head_end.max_concurrency,
        max_response_bytes=profile.max_message_bytes,
        max_retry_after=profile.max_retry_after,
        tls=context_for(
            ClientFiles(**settings.HEAD_END_CLIENT_FILES.get(head_end.code, {})),
            url=head_end.endpoint,
        ),
    )
