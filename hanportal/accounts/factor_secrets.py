"""What is encrypted at rest under a key derived from SECRET_KEY, a key per purpose.

Secrets of second factors, and what a caller said until it is judged. A new SECRET_KEY
needs the old one in SECRET_KEY_FALLBACKS, as for sessions.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

PURPOSE = b"han-portal/second-factor/1"
SAID = b"han-portal/said-by-caller/1"


@sensitive_variables()
def seal_secret(text: str) -> str:
    """Encrypt a secret under the newest key."""
    return _keys(PURPOSE).encrypt(text.encode()).decode()


@sensitive_variables()
def open_secret(sealed: str) -> str:
    """The secret in the clear.

    :raises cryptography.fernet.InvalidToken: changed bytes, or its key is gone.
    """
    return _keys(PURPOSE).decrypt(sealed.encode()).decode()


@sensitive_variables()
def seal_said(text: str) -> str:
    """Encrypt what a caller said, for the session's row."""
    return _keys(SAID).encrypt(text.encode()).decode()


@sensitive_variables()
def open_said(sealed: str) -> str:
    """What the caller said; nothing where its key is gone since."""
    try:
        return _keys(SAID).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def _keys(purpose: bytes) -> MultiFernet:
    return _derived(purpose, (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _derived(purpose: bytes, secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(
                        secret.encode()
                    )
                )
            )
            for secret in secrets
        ]
    )
