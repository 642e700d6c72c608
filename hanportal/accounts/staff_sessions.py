"""A staff member's session: half-way in after the password, in after the second factor.

A session is bound to the user whose second factor opened it. Somebody who has only
given a password is not logged in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from hanportal.accounts.models import User

BACKEND = "hanportal.accounts.backends.EidBackend"
SECOND_FACTOR_KEY = "second_factor"
HALF_WAY_KEY = "half_way_in"
HALF_WAY_LASTS = timedelta(minutes=5)
WRITTEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class HalfWay:
    """Whose password was right, and where the person is going."""

    user: User
    next_page: str


def begin_half_way(
    request: HttpRequest, user: User, *, next_page: str, now: datetime
) -> None:
    """Remember that the password was right, under a new session key."""
    logout(request)
    request.session[HALF_WAY_KEY] = {
        "user": str(user.pk),
        "hash": user.get_session_auth_hash(),
        "next": next_page,
        "at": now.isoformat(),
    }


def half_way(request: HttpRequest, *, now: datetime) -> HalfWay | None:
    """Who gave a right password in this browser a short while ago, if anyone."""
    kept = request.session.get(HALF_WAY_KEY)
    if not kept or datetime.fromisoformat(kept["at"]) + HALF_WAY_LASTS <= now:
        return None
    user = User.objects.staff().filter(pk=kept["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != kept["hash"]:
        return None
    return HalfWay(user=user, next_page=kept["next"])


def enter(request: HttpRequest, user: User, *, factor: str, now: datetime) -> str:
    """Log in a person whose password and second factor were both right.

    :returns: the key of the new session.
    """
    request.session.pop(HALF_WAY_KEY, None)
    login(request, user, backend=BACKEND)
    mark(request.session, user, factor=factor, now=now)
    if request.session.session_key is None:
        request.session.create()
    return str(request.session.session_key)


def leave(request: HttpRequest) -> None:
    """End the session, whoever is in it and however far."""
    logout(request)


def mark(session: SessionBase, user: User, *, factor: str, now: datetime) -> None:
    """Write into a session which second factor opened it, for whom and when."""
    session[SECOND_FACTOR_KEY] = {
        "user": str(user.pk),
        "factor": factor,
        "at": now.isoformat(),
        "began_at": now.isoformat(),
        "seen_at": now.isoformat(),
    }
    # In seconds, so that it counts anew from each time that the session is written.
    session.set_expiry(int(settings.STAFF_IDLE_FOR.total_seconds()))


def confirm(session: SessionBase, *, factor: str, now: datetime) -> None:
    """Write that the person gave a second factor again. The session's end stays."""
    session[SECOND_FACTOR_KEY] = {
        **session[SECOND_FACTOR_KEY],
        "factor": factor,
        "at": now.isoformat(),
    }


def has_second_factor(request: HttpRequest) -> bool:
    """True when this session was opened with its user's second factor."""
    kept = request.session.get(SECOND_FACTOR_KEY)
    return kept is not None and kept["user"] == str(request.user.pk)


def is_over(session: SessionBase, *, now: datetime) -> bool:
    """True when nobody has used the session for a while, or it lasted a day's work.

    A session without these times is from before they were kept: it is over.
    """
    kept = session.get(SECOND_FACTOR_KEY) or {}
    if not {"began_at", "seen_at"} <= kept.keys():
        return True
    began_at = datetime.fromisoformat(kept["began_at"])
    seen_at = datetime.fromisoformat(kept["seen_at"])
    return (
        began_at + settings.STAFF_SESSION_LASTS <= now
        or seen_at + settings.STAFF_IDLE_FOR <= now
    )


def touch(session: SessionBase, *, now: datetime) -> None:
    """Write that the session is in use; once a minute is often enough."""
    kept = session[SECOND_FACTOR_KEY]
    if datetime.fromisoformat(kept["seen_at"]) + WRITTEN_EVERY <= now:
        session[SECOND_FACTOR_KEY] = {**kept, "seen_at": now.isoformat()}


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """True while the second factor was given so recently that grave things are done."""
    kept = request.session.get(SECOND_FACTOR_KEY)
    if kept is None:
        return False
    return datetime.fromisoformat(kept["at"]) + settings.STAFF_FRESH_FOR > now
