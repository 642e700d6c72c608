"""Secrets of second factors, encrypted at rest under a key derived from SECRET_KEY.

A new SECRET_KEY needs the old one in SECRET_KEY_FALLBACKS, as for sessions.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

PURPOSE = b"han-portal/second-factor/1"


@sensitive_variables()
def seal_secret(text: str) -> str:
    """Encrypt a secret under the newest key."""
    return _keys().encrypt(text.encode()).decode()


@sensitive_variables()
def open_secret(sealed: str) -> str:
    """The secret in the clear.

    :raises cryptography.fernet.InvalidToken: changed bytes, or its key is gone.
    """
    return _keys().decrypt(sealed.encode()).decode()


def _keys() -> MultiFernet:
    return _derived((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _derived(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(
                        secret.encode()
                    )
                )
            )
            for secret in secrets
        ]
    )
