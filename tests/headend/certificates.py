"""Certificates for the tests: an authority, and what it signs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

A_YEAR = timedelta(days=365)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass(frozen=True)
class Files:
    """A certificate and its key, as PEM."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates, and is its own."""

    def __init__(self, folder: Path, name: str) -> None:
        """Keep its files in this folder."""
        self._folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = folder / f"{name}.pem"
        self.certificate.write_bytes(
            self._signed(self._key.public_key(), name, is_authority=True, starts=None)
        )

    def issue(
        self, name: str, *, starts: datetime | None = None, password: bytes = b""
    ) -> Files:
        """A certificate for 127.0.0.1 that holds for a year."""
        key = ec.generate_private_key(ec.SECP256R1())
        files = Files(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        files.certificate.write_bytes(
            self._signed(key.public_key(), name, is_authority=False, starts=starts)
        )
        sealing = (
            serialization.BestAvailableEncryption(password)
            if password
            else serialization.NoEncryption()
        )
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing
            )
        )
        return files

    def _signed(
        self,
        key: ec.EllipticCurvePublicKey,
        name: str,
        *,
        is_authority: bool,
        starts: datetime | None,
    ) -> bytes:
        begins = starts or datetime.now(UTC) - timedelta(days=1)
        ours = self._key.public_key()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(self._name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + A_YEAR)
            .add_extension(
                x509.BasicConstraints(ca=is_authority, path_length=None), critical=True
            )
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ours), critical=False
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)
