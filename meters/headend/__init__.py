"""The way to head-end systems: what others may import, and who talks to which."""

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
    Purpose,
    RawCallback,
    Recorder,
    Report,
    Submission,
)
from meters.headend.cim import CimAdapter
from meters.headend.profile import STRICT, CimProfile
from meters.headend.transport import Endpoint
from meters.models import HeadEnd

__all__ = [
    "Answer",
    "CallbackBatch",
    "CallbackRefused",
    "Capabilities",
    "Clock",
    "Fault",
    "HeadEndAdapter",
    "HeadEndError",
    "Health",
    "IdSource",
    "Outgoing",
    "PortCommand",
    "Purpose",
    "RawCallback",
    "Recorder",
    "Report",
    "Submission",
    "adapter_for",
]

CIM_PROFILES: dict[str, CimProfile] = {HeadEnd.Profile.CIM_STRICT: STRICT}


def adapter_for(
    head_end: HeadEnd, *, recorder: Recorder, clock: Clock, new_id: IdSource
) -> HeadEndAdapter:
    """The adapter that the head-end's profile asks for.

    Its secret is settings.HEAD_END_SECRETS[code]. Without one the adapter sends
    nothing and refuses callbacks, saying which environment variable to set.
    """
    profile = CIM_PROFILES[head_end.profile]
    return CimAdapter(
        code=head_end.code,
        endpoint=Endpoint(
            url=head_end.endpoint,
            connect_timeout=head_end.connect_timeout_seconds,
            read_timeout=head_end.read_timeout_seconds,
            max_concurrency=head_end.max_concurrency,
            max_response_bytes=profile.max_message_bytes,
            max_retry_after=profile.max_retry_after,
        ),
        secret=settings.HEAD_END_SECRETS.get(head_end.code, ""),
        secret_setting=f"HEAD_END_SECRET_{head_end.code.upper()}",
        reply_address=f"{settings.PORTAL_BASE_URL}/hes/{head_end.code}/callback/",
        profile=profile,
        recorder=recorder,
        clock=clock,
        new_id=new_id,
    )
