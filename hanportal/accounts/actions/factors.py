"""Second factors of staff: what is added, taken away and made anew."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.actions.notices import tell
from hanportal.accounts.models import NoticeKind, StaffSession, User
from hanportal.audit.log import (
    Actor,
    ActorKind,
    Json,
    Subject,
    record,
    staff_reads_chain,
)

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
LAST_STEP = "last_step"
"""Which half minute since 1970 the newest code that was taken belongs to."""


class AlreadyHasApp(Exception):  # noqa: N818 -- errors are sentences
    """A person has one authenticator app. Take the old one away first."""


class NotTheirs(Exception):  # noqa: N818 -- errors are sentences
    """The person has no such app or key, any more or ever. Again will not help."""


class LastSecondFactor(Exception):  # noqa: N818 -- errors are sentences
    """A person keeps at least one second factor. Add another one first."""


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """How and from where a person came in."""

    factor: str
    session_key: str
    device: str
    """The browser and the system, as people call them."""
    is_known_device: bool


@transaction.atomic
def record_staff_login(*, user: User, entrance: Entrance, now: datetime) -> None:
    """Write in the person's log that they came in, and by which second factor.

    A device that they have never come from is told to them.
    """
    StaffSession.objects.forget_ended(user, now=now)
    StaffSession.objects.create(
        user=user,
        session_key=entrance.session_key,
        device=entrance.device,
        factor=entrance.factor,
        began_at=now,
    )
    if not entrance.is_known_device:
        facts: dict[str, Json] = {"device": entrance.device}
        tell(user=user, kind=NoticeKind.NEW_DEVICE, now=now, facts=facts)
    _record("login.succeeded", user, entrance.factor, now=now)


@transaction.atomic
def record_confirmation(*, user: User, factor: str, now: datetime) -> None:
    """Write that a person proved again who they are, before doing something grave."""
    _record("login.confirmed", user, factor, now=now)


@transaction.atomic
def end_other_sessions(*, user: User, session_key: str, now: datetime) -> int:
    """Log a person out everywhere but here; in how many places.

    :param session_key: of the session that stays.
    """
    ended = StaffSession.objects.end_all(user, but=session_key)
    _record("login.others_ended", user, "", now=now)
    return ended


@sensitive_variables()
@transaction.atomic
def add_app(*, user: User, secret: str, now: datetime, spent_step: int = 0) -> None:
    """Let the codes of an authenticator app be a second factor.

    :param spent_step: of the code that showed that the app works; it is used up.
    :raises AlreadyHasApp: there is one.
    """
    _lock(user)
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        raise AlreadyHasApp("Take the old authenticator app away first.")
    app = TOTP.activate(user, secret).instance
    Authenticator.objects.filter(pk=app.pk).update(
        data={**app.data, LAST_STEP: spent_step}
    )
    _tell(NoticeKind.FACTOR_ADDED, user, Authenticator.Type.TOTP, now=now)
    _record("second_factor.added", user, Authenticator.Type.TOTP, now=now)


@transaction.atomic
def add_key(
    *, user: User, name: str, credential: dict[str, Any], now: datetime
) -> None:
    """Let a security key, or the device's own, be a second factor.

    :param credential: what the browser answered; its challenge has been checked.
    """
    _lock(user)
    WebAuthn.add(user, name, credential)
    _tell(NoticeKind.FACTOR_ADDED, user, Authenticator.Type.WEBAUTHN, now=now)
    _record("second_factor.added", user, Authenticator.Type.WEBAUTHN, now=now)


@transaction.atomic
def remove_factor(*, user: User, factor_id: int, now: datetime) -> None:
    """Take an app or a key away from the person who has it.

    :raises NotTheirs: it is another's, or gone.
    :raises LastSecondFactor: it is the only one.
    """
    _lock(user)
    held = Authenticator.objects.filter(user=user, type__in=STRONG)
    factor = held.filter(pk=factor_id).first()
    if factor is None:
        raise NotTheirs("The person has no such second factor.")
    if not held.exclude(pk=factor_id).exists():
        raise LastSecondFactor("Add another second factor first.")
    factor.delete()
    _tell(NoticeKind.FACTOR_REMOVED, user, factor.type, now=now)
    _record("second_factor.removed", user, factor.type, now=now)


@transaction.atomic
def new_recovery_codes(*, user: User, now: datetime) -> list[str]:
    """Ten codes that work once each, instead of all earlier ones. Shown only now."""
    _lock(user)
    kind = Authenticator.Type.RECOVERY_CODES
    Authenticator.objects.filter(user=user, type=kind).delete()
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    _tell(NoticeKind.CODES_MADE, user, kind, now=now)
    _record("second_factor.codes_made", user, kind, now=now)
    return codes


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _tell(kind: NoticeKind, user: User, factor: str, *, now: datetime) -> None:
    tell(user=user, kind=kind, now=now, facts={"factor": str(factor)})


def _record(what: str, user: User, factor: str, *, now: datetime) -> None:
    record(
        chain=staff_reads_chain(user.id),
        what=what,
        who=Actor(kind=ActorKind.STAFF, reference=user.staff_number),
        on=Subject(kind="staff", id=user.id),
        at=now,
        facts={"factor": str(factor)},
    )
