"""National ids under lock and key: found by a keyed hash, readable with another key.

The hash is HMAC-SHA256, the seal AES-256-GCM bound to the customer's number, so that a
sealed value copied to another row does not open. Both rings of keys are versioned
together; the newest version seals, and look-ups try them all.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.views.decorators.debug import sensitive_variables

from hanportal.accounts.identifiers import validate_national_id

KEY_BYTES = 32
NONCE_BYTES = 12


class InvalidNationalId(ValueError):  # noqa: N818 -- errors are sentences
    """The value is no fødselsnummer or D-number. Trying again does not help.

    The message never repeats the value.
    """


class NationalIdDoesNotOpen(Exception):  # noqa: N818 -- errors are sentences
    """The seal was broken, belongs to another customer, or its key is gone."""


@dataclass(frozen=True)
class SealedNationalId:
    """What is stored of a national id."""

    hash: str
    """HMAC-SHA256 in lower-case hex; equal numbers have equal hashes."""
    sealed: bytes
    """Nonce, ciphertext and tag of AES-256-GCM."""
    key_version: int


@dataclass(frozen=True)
class _Key:
    version: int
    hashing: bytes
    cipher: AESGCM

    def __repr__(self) -> str:
        return f"<key of national ids, version {self.version}>"


@sensitive_variables("number")
def seal_national_id(number: str, *, customer_number: str) -> SealedNationalId:
    """Seal a number for one customer with the newest keys.

    :raises InvalidNationalId: the value is no national id.
    """
    try:
        validate_national_id(number)
    except ValidationError as error:
        # `from None`: the chained error's traceback would carry the number's frame.
        raise InvalidNationalId(error.messages[0]) from None
    key = _keyring()[-1]
    nonce = os.urandom(NONCE_BYTES)
    sealed = key.cipher.encrypt(nonce, number.encode(), customer_number.encode())
    return SealedNationalId(
        hash=_hash(number, key), sealed=nonce + sealed, key_version=key.version
    )


def open_national_id(sealed: bytes, *, customer_number: str, key_version: int) -> str:
    """The number in the clear. Whoever shows it records that it was shown.

    :raises NationalIdDoesNotOpen: wrong customer, changed bytes, or no such key.
    """
    nonce, ciphertext = bytes(sealed[:NONCE_BYTES]), bytes(sealed[NONCE_BYTES:])
    for key in _keyring():
        if key.version == key_version:
            try:
                opened = key.cipher.decrypt(nonce, ciphertext, customer_number.encode())
            except (InvalidTag, ValueError):
                break
            return opened.decode()
    raise NationalIdDoesNotOpen(
        "The sealed national id does not open for this customer and key version."
    )


@sensitive_variables("number")
def national_id_hashes(number: str) -> Mapping[int, str]:
    """The number's hash under each key version, for looking it up."""
    return {key.version: _hash(number, key) for key in _keyring()}


def newest_key_version() -> int:
    """The version that new seals get."""
    return _keyring()[-1].version


@sensitive_variables("number")
def _hash(number: str, key: _Key) -> str:
    return hmac.new(key.hashing, number.encode(), hashlib.sha256).hexdigest()


def _keyring() -> tuple[_Key, ...]:
    return _read_keys(
        settings.NATIONAL_ID_HASH_KEYS, settings.NATIONAL_ID_ENCRYPTION_KEYS
    )


@lru_cache(maxsize=4)
def _read_keys(hash_keys: str, encryption_keys: str) -> tuple[_Key, ...]:
    hashing = _read_versions(hash_keys, "NATIONAL_ID_HASH_KEYS")
    encrypting = _read_versions(encryption_keys, "NATIONAL_ID_ENCRYPTION_KEYS")
    if hashing.keys() != encrypting.keys():
        raise ImproperlyConfigured(
            "NATIONAL_ID_HASH_KEYS and NATIONAL_ID_ENCRYPTION_KEYS must have the same "
            "versions."
        )
    if set(hashing.values()) & set(encrypting.values()):
        raise ImproperlyConfigured(
            "A key of NATIONAL_ID_HASH_KEYS is used in NATIONAL_ID_ENCRYPTION_KEYS too."
        )
    return tuple(
        _Key(version, hashing[version], AESGCM(encrypting[version]))
        for version in sorted(hashing)
    )


def _read_versions(setting: str, name: str) -> dict[int, bytes]:
    keys: dict[int, bytes] = {}
    for entry in filter(None, setting.split(",")):
        version, _, encoded = entry.strip().partition(":")
        try:
            number, key = int(version), base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            number, key = 0, b""
        if number < 1 or len(key) != KEY_BYTES or number in keys:
            # The setting itself is secret: say what is expected, never what was read.
            raise ImproperlyConfigured(
                f'{name} must read "1:<base64 of 32 bytes>,2:…", each version once.'
            )
        keys[number] = key
    if not keys:
        raise ImproperlyConfigured(f"{name} holds no key.")
    return keys
