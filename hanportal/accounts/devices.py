"""Devices that staff have logged in from before, known by a signed cookie.

A known device has tries of its own, so that strangers who guess can't lock a person
out of it; and a login from any other is told to the person. The cookie opens nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_noop
from uuid6 import uuid7

from hanportal.accounts.models import User

COOKIE = "staff-device"
REMEMBERED_FOR = timedelta(days=180)
SALT = "hanportal.accounts.devices"

BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Chrome says that it is Safari too, and Edge that it is both; so in this order."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, kw_only=True)
class Device:
    """A browser that a person has logged in from before."""

    person: str
    """The person's id."""
    name: str

    def is_of(self, user: User | None) -> bool:
        """True when it is this person who logged in from it."""
        return user is not None and self.person == str(user.pk)


def shown_device(request: HttpRequest) -> Device | None:
    """The device that the request's cookie proves; None without one of ours."""
    kept = request.COOKIES.get(_cookie_name(), "")
    try:
        value = TimestampSigner(salt=SALT).unsign(kept, max_age=REMEMBERED_FOR)
    except BadSignature:
        return None
    person, _, name = value.partition(":")
    return Device(person=person, name=name)


def remember_device(response: HttpResponseBase, user: User) -> None:
    """Let the browser show from now on that this person logged in from it."""
    value = f"{user.pk}:{uuid7().hex}"
    response.set_cookie(
        _cookie_name(),
        TimestampSigner(salt=SALT).sign(value),
        max_age=REMEMBERED_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def describe_device(request: HttpRequest) -> str:
    """The browser and the system, as people call them: "Firefox på Windows".

    It is kept like this, and translated where it is shown.
    """
    said = request.headers.get("User-Agent", "")
    browser = _first(BROWSERS, said) or gettext_noop("Ukjent nettleser")
    system = _first(SYSTEMS, said)
    return f"{browser} på {system}" if system else browser


def _first(known: tuple[tuple[str, str], ...], said: str) -> str:
    return next((name for sign, name in known if sign in said), "")


def _cookie_name() -> str:
    """Bound to the host wherever the session's is."""
    prefix = "__Host-" if settings.SESSION_COOKIE_SECURE else ""
    return f"{prefix}{COOKIE}"
