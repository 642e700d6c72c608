"""A staff login: the password, then the second factor. Tries are counted first.

Every try is counted in PostgreSQL before it is judged, per person and per network
address; a success lets the person's count begin anew. Too many, and nothing is judged
until the window has passed. A device that the person has come from before is counted
by itself, so that strangers who guess lock nobody out of it. Only the database has to
be up for this: no cache that is down opens the door or shuts it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.actions.factors import LAST_STEP, STRONG
from hanportal.accounts.devices import Device
from hanportal.accounts.factor_secrets import open_secret
from hanportal.accounts.models import CompanyLogin, Tries, User, login_name
from hanportal.accounts.password_codes import whose_code

SECONDS_A_CODE = 30
STEPS_OFF = (-1, 0, 1)
"""A watch may be this many codes slow or fast."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a try comes from."""

    address: str
    """As limits count it."""
    device: Device | None


class TooManyTries(Exception):  # noqa: N818 -- errors are sentences
    """Nothing is judged now. Trying again helps when the window has passed."""


@sensitive_variables()
def right_password(
    email: str, password: str, *, origin: Origin, now: datetime
) -> User | None:
    """The staff member whose login name and password these are; None otherwise.

    A name that nobody has takes as long as one with a wrong password, and counts the
    same.

    :raises TooManyTries: for this name, or from this network address.
    """
    user = User.objects.staff_by_email(email)
    name = _counted_as("password", login_name(email), user=user, origin=origin)
    _count(name, origin=origin, now=now)
    if user is None or not user.has_usable_password():
        # Hashing is what takes time: do it also where there is nothing to compare.
        make_password(password)
        return None
    if not check_password(password, user.password) or _uses_company_login(user):
        return None
    Tries.objects.forget(name)
    return user


def right_one_time_code(
    email: str, code: str, *, origin: Origin, now: datetime
) -> User | None:
    """The staff member whose address and one-time code these are; None otherwise.

    :raises TooManyTries: for this name, or from this network address.
    """
    name = _key("one_time_code", login_name(email))
    _count(name, origin=origin, now=now)
    user = whose_code(email, code)
    if user is not None:
        Tries.objects.forget(name)
    return user


def has_second_factor(user: User) -> bool:
    """True when an app or a key is set up; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type__in=STRONG).exists())


@sensitive_variables()
def spend_code(user: User, code: str, *, origin: Origin, now: datetime) -> str | None:
    """Which kind of second factor this code belongs to; None if it is wrong.

    A code works once: the same one again is wrong.

    :raises TooManyTries: for this person, or from this network address.
    """
    name = _counted_as("second_factor", str(user.pk), user=user, origin=origin)
    _count(name, origin=origin, now=now)
    digits = "".join(code.split())
    with transaction.atomic():
        factors = Authenticator.objects.select_for_update().filter(user=user)
        for factor in factors.exclude(type=Authenticator.Type.WEBAUTHN).order_by("id"):
            if _spends(factor, digits, now=now):
                factor.record_usage()
                Tries.objects.forget(name)
                return str(factor.type)
    return None


def has_key(user: User) -> bool:
    """True when the person has set up a security key."""
    return bool(
        Authenticator.objects.filter(
            user=user, type=Authenticator.Type.WEBAUTHN
        ).exists()
    )


def key_challenge(user: User) -> dict[str, Any]:
    """What the browser asks the person's security keys to sign."""
    challenge: dict[str, Any] = webauthn.begin_authentication(user)
    return challenge


def right_key(user: User, answer: Any, *, origin: Origin, now: datetime) -> bool:
    """True when one of the person's security keys signed this session's challenge.

    :raises TooManyTries: for this person, or from this network address.
    """
    name = _counted_as("second_factor", str(user.pk), user=user, origin=origin)
    _count(name, origin=origin, now=now)
    try:
        # Judges the shape, then the challenge, the origin and the signature.
        webauthn.parse_authentication_response(answer)
        factor = webauthn.complete_authentication(user, answer)
    except (ValidationError, ValueError, KeyError, AttributeError):
        return False
    factor.record_usage()
    Tries.objects.forget(name)
    return True


def new_key_challenge(user: User) -> dict[str, Any]:
    """What the browser asks a security key to make its key pair for."""
    challenge: dict[str, Any] = webauthn.begin_registration(user, passwordless=False)
    return challenge


def is_new_key(answer: Any) -> bool:
    """True when a security key answered this session's challenge to make a pair."""
    try:
        webauthn.parse_registration_response(answer)
        webauthn.complete_registration(answer)
    except (ValidationError, ValueError, KeyError, AttributeError, TypeError):
        return False
    return True


def new_app_secret() -> str:
    """A secret for an authenticator app: 160 random bits in base32."""
    return str(generate_totp_secret())


def app_picture(user: User, secret: str) -> str:
    """The secret as an SVG that an authenticator app reads with its camera."""
    adapter = get_adapter()
    picture: str = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return picture[picture.index("<svg") :]


def _spends(factor: Authenticator, code: str, *, now: datetime) -> bool:
    if factor.type == Authenticator.Type.RECOVERY_CODES:
        return bool(factor.wrap().validate_code(code))
    step = matching_step(open_secret(factor.data["secret"]), code, now=now)
    if step is None or step <= factor.data.get(LAST_STEP, 0):
        return False
    Authenticator.objects.filter(pk=factor.pk).update(
        data={**factor.data, LAST_STEP: step}
    )
    return True


@sensitive_variables()
def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """Which half minute since 1970 this code of an authenticator app belongs to."""
    current = int(now.timestamp()) // SECONDS_A_CODE
    for step in (current + off for off in STEPS_OFF):
        if constant_time_compare(format_hotp_value(hotp_value(secret, step)), code):
            return step
    return None


def _uses_company_login(user: User) -> bool:
    """True for whom the company's login is the only one."""
    return bool(
        settings.STAFF_OIDC_ONLY and CompanyLogin.objects.filter(user=user).exists()
    )


def _counted_as(kind: str, name: str, *, user: User | None, origin: Origin) -> str:
    if origin.device is not None and origin.device.is_of(user):
        return _key(f"{kind}_on_device", origin.device.name)
    return _key(kind, name)


def _count(name: str, *, origin: Origin, now: datetime) -> None:
    allowed = {
        name: settings.STAFF_LOGIN_TRIES,
        _key("address", origin.address): settings.STAFF_LOGIN_TRIES_PER_ADDRESS,
    }
    window = settings.STAFF_LOGIN_WINDOW
    tried = {
        key: Tries.objects.count_one(key, window=window, now=now) for key in allowed
    }
    if any(tried[key] > most for key, most in allowed.items()):
        raise TooManyTries("Too many tries. Wait a quarter of an hour and try again.")


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}\x00{value}".encode()).hexdigest()
