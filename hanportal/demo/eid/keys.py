"""The provider's signing keys and the JSON Web Signatures made with them."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ES256_HALF_BYTES = 32


def encode(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode_json(value: Mapping[str, Any]) -> str:
    """A JSON object as a part of a token."""
    return encode(json.dumps(value, separators=(",", ":")).encode())


def _encode_number(number: int) -> str:
    return encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


class RsaKey:
    """Signs with RS256."""

    algorithm = "RS256"

    def __init__(self) -> None:
        self.id = uuid4().hex
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256."""
        return self._private.sign(data, padding.PKCS1v15(), hashes.SHA256())

    def public(self) -> dict[str, str]:
        """The key as a JSON Web Key."""
        numbers = self._private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": self.algorithm,
            "kid": self.id,
            "n": _encode_number(numbers.n),
            "e": _encode_number(numbers.e),
        }


class EcKey:
    """Signs with ES256."""

    algorithm = "ES256"

    def __init__(self) -> None:
        self.id = uuid4().hex
        self._private = ec.generate_private_key(ec.SECP256R1())

    def sign(self, data: bytes) -> bytes:
        """ECDSA on P-256 with SHA-256, as two numbers of equal length."""
        r, s = decode_dss_signature(self._private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(ES256_HALF_BYTES, "big") + s.to_bytes(ES256_HALF_BYTES, "big")

    def public(self) -> dict[str, str]:
        """The key as a JSON Web Key."""
        numbers = self._private.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": self.algorithm,
            "kid": self.id,
            "x": encode(numbers.x.to_bytes(ES256_HALF_BYTES, "big")),
            "y": encode(numbers.y.to_bytes(ES256_HALF_BYTES, "big")),
        }


KINDS: dict[str, type[RsaKey] | type[EcKey]] = {"RS256": RsaKey, "ES256": EcKey}


class KeyRing:
    """The key that signs now, and those whose tokens may still be about."""

    def __init__(self, algorithm: str, *, rotate_after: int = 0) -> None:
        self._make = KINDS[algorithm]
        self._rotate_after = rotate_after
        self._signed = 0
        self.keys = [self._make()]

    def rotate(self) -> None:
        """Sign with a new key from now on; the one before stays published."""
        self.keys = [self._make(), self.keys[0]]
        self._signed = 0

    def published(self) -> dict[str, list[dict[str, str]]]:
        """The JSON Web Key Set."""
        return {"keys": [key.public() for key in self.keys]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A signed token in compact form."""
        if self._rotate_after and self._signed >= self._rotate_after:
            self.rotate()
        self._signed += 1
        return sign_with(self.keys[0], claims)


def sign_with(key: RsaKey | EcKey, claims: Mapping[str, Any]) -> str:
    """A token signed with one certain key."""
    header = {"alg": key.algorithm, "typ": "JWT", "kid": key.id}
    signed = f"{encode_json(header)}.{encode_json(claims)}"
    return f"{signed}.{encode(key.sign(signed.encode()))}"
