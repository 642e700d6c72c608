"""Second factors of staff: what is added, taken away and made anew."""

from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.models import User
from hanportal.audit.log import Actor, ActorKind, Subject, record, staff_reads_chain

STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
LAST_STEP = "last_step"
"""Which half minute since 1970 the newest code that was taken belongs to."""


class AlreadyHasApp(Exception):  # noqa: N818 -- errors are sentences
    """A person has one authenticator app. Take the old one away first."""


class NotTheirs(Exception):  # noqa: N818 -- errors are sentences
    """The person has no such app or key, any more or ever. Again will not help."""


class LastSecondFactor(Exception):  # noqa: N818 -- errors are sentences
    """A person keeps at least one second factor. Add another one first."""


@transaction.atomic
def record_staff_login(*, user: User, factor: str, now: datetime) -> None:
    """Write in the person's log that they came in, and by which second factor."""
    _record("login.succeeded", user, factor, now=now)


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
    _record("second_factor.removed", user, factor.type, now=now)


@transaction.atomic
def new_recovery_codes(*, user: User, now: datetime) -> list[str]:
    """Ten codes that work once each, instead of all earlier ones. Shown only now."""
    _lock(user)
    kind = Authenticator.Type.RECOVERY_CODES
    Authenticator.objects.filter(user=user, type=kind).delete()
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    _record("second_factor.codes_made", user, kind, now=now)
    return codes


def _lock(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _record(what: str, user: User, factor: str, *, now: datetime) -> None:
    record(
        chain=staff_reads_chain(user.id),
        what=what,
        who=Actor(kind=ActorKind.STAFF, reference=user.staff_number),
        on=Subject(kind="staff", id=user.id),
        at=now,
        facts={"factor": str(factor)},
    )
