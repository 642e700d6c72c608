"""What every way in has in common: where a try comes from, and the door that opens."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

from hanportal.accounts.actions import Entrance, record_staff_login
from hanportal.accounts.addresses import client_address
from hanportal.accounts.devices import (
    describe_device,
    remember_device,
    shown_device,
)
from hanportal.accounts.models import User
from hanportal.accounts.staff_login import Origin
from hanportal.accounts.staff_sessions import enter

Answer = TypeVar("Answer", bound=HttpResponse)


def origin_of(request: HttpRequest) -> Origin:
    """Where a try of a password or a code comes from."""
    return Origin(address=client_address(request), device=shown_device(request))


def let_in(
    request: HttpRequest,
    user: User,
    *,
    factor: str,
    now: datetime,
    answer: Callable[[], Answer],
) -> Answer:
    """Open the session, write it down, and remember the device.

    :param answer: made once the person is in.
    """
    device = shown_device(request)
    is_known = device is not None and device.is_of(user)
    entrance = Entrance(
        factor=factor,
        session_key=enter(request, user, factor=factor, now=now),
        device=describe_device(request),
        is_known_device=is_known,
    )
    record_staff_login(user=user, entrance=entrance, now=now)
    response = answer()
    if not is_known:
        remember_device(response, user)
    return response
